"""Everything after the click: the autonomous back office of an online shop."""

__version__ = "0.1.0"
