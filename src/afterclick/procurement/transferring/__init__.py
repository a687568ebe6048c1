"""Transfers: what one warehouse has too much of goes where it would be bought."""
