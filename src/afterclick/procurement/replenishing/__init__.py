"""How much to order and when: positions, reorder levels, order quantities, and what they would have cost."""
