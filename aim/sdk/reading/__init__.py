"""What reads back: repos, runs, query results and their arrays."""
