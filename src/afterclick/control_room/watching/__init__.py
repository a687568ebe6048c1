"""What watches the office from outside: metrics, readiness and traces."""
