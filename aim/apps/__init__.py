"""Apps on top of the recorded data."""
