"""A Realtime Database for the tests: our own server around the engine of Google's JavaScript SDK, run by node.

It is installed from npm the first time that it is needed, into a folder that git ignores.
"""
