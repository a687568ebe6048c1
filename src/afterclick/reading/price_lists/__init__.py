"""Price lists and product feeds of vendors, in whatever format they come, into lines that can be compared."""
