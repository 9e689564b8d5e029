"""Writing run directories: one writer per process, one file per stream. Needs the standard library only."""
