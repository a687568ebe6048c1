"""Product pages of shops into facts: what is sold, for how much, and where on the page each of these stands."""
