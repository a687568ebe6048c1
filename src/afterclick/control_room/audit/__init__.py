"""The audit's pages, and the bot that writes the head of the log down outside the office."""
