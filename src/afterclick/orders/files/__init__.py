"""Orders from files: CSV, XLSX and Parquet, each line in exactly one class."""
