"""One order's whole case: what happened, what happens next, and what a person may change."""
