"""A quarter of the pretend company with its supply: what `bench/supply.py` measures and a journey tests."""
