"""The pages of the register: every bot, and each one's story."""
