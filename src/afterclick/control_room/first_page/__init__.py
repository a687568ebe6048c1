"""The first page: what needs a person, what is at risk, and today against a usual day."""
