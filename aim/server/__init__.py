"""The logging server: the receiving end of remote recording."""
