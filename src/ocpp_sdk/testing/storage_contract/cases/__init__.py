"""The cases, one module a topic."""
