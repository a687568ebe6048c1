"""Order documents, webhooks and what becomes of them on arrival."""
