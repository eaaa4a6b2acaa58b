"""The way to the central system: boot, registration, signs of life, one request at a time."""
