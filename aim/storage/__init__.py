"""The run directory: layout, writer, reader, status."""
