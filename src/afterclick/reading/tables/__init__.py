"""Tables from files: CSV, XLSX and Parquet, a row at a time as texts, whatever their origin or intent."""
