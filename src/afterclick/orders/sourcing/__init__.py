"""Which warehouse sends what: needs, costs, and the cheapest cover."""
