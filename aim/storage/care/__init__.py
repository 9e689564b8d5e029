"""Looking after a repo: deleting, restoring, copying and moving runs, checking and repairing files."""
