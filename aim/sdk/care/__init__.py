"""What can be done with a repo besides recording and reading: its runs, its experiments, its health."""
