"""Measurements, one command: `python -m benchmarks`."""
