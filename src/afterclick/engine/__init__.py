"""How work is done: bots over batches, durable stages, the one door out, the inbox, triggers and the runtime."""
