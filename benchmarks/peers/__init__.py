"""The other software: one module each, which reads and writes the same messages in its own way."""
