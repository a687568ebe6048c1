"""The vault: secrets that are encrypted at rest, lent to one bot for one stage, and kept out of all that is written."""
