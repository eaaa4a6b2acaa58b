"""The servers that are measured, each run as a process of its own: it prints its port and ends with its stdin."""
