"""Builds the straight-line functions of a codec: statements in Python, from the classes of the model."""
