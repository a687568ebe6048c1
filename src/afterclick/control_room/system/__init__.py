"""The pages about the office itself: its settings, the systems that it is connected to, and its secrets."""
