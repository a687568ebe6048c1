"""Demand forecasts with their uncertainty, from past sales."""
