"""The inbox: what rules could not decide, and what people do about it."""
