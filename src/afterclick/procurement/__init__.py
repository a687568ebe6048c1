"""The procurement desk: what will sell, what to buy of it, from whom, and when."""
