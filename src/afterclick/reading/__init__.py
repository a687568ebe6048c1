"""Documents and text become facts, with what is known of where they come from."""
