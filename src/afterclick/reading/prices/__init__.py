"""Prices as people write them, in the numbers and currencies of many countries, into amounts that can be compared."""
