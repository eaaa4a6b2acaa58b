"""A vendor's package on top of the SDK: mypy --strict must accept all of it."""
