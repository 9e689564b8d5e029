"""Reading run directories: events and points, the status of a run, and run directories as a source of the index."""
