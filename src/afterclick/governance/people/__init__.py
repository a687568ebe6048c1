"""The people of an office: their accounts, and how they come in."""
