"""The pages of rules and policy: what is in force, what is proposed, and what a change would have done."""
