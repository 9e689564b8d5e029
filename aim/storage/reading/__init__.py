"""Reading run directories: events and points, how a run stands, and both as a source of the index."""
