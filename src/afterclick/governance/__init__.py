"""Who may do what: the cards of the bots, and the policy with its limits."""
