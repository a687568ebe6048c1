"""Purchase orders: from the need to the receipt, and the documents in between."""
