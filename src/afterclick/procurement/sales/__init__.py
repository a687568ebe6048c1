"""Past sales, from a file or from the office, as demand per item and period."""
