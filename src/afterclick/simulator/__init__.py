"""A whole pretend company and its surroundings, seeded, with faults: for the demo, the tests and the benchmarks."""
