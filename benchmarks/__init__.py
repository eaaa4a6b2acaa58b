"""Measures this SDK side by side with other software: `python -m benchmarks`."""
