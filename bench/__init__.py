"""Measurements by hand: `python -m bench.NAME`; they use the servers and the small jurisdiction of the tests."""
