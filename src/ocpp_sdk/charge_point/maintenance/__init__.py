"""Diagnostics and firmware: files that go to a server, and come from one."""
