"""What is where: moves, counts, arrivals and opening stock."""
