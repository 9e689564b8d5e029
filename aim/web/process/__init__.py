"""The server process: starting and stopping, its lease, logs and memory."""
