"""Who sells to the shop: price lists, lead times, reliability, and the choice among vendors."""
