"""What a replenishment policy would have cost on past sales, beside other policies and a bound that none can beat."""
