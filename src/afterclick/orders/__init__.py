"""The orders desk: from click to ship."""
