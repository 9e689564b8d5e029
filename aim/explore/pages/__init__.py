"""What single pages show: a run, headline metrics, runs near a wrong address, logs read in place."""
