"""Sensors and scanners as evidence of what is on the shelves, never as the record of it."""
