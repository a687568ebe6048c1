"""Scouts: bots that read what vendors and competitors ask for their goods, and how far each figure may be trusted."""
