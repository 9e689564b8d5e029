"""The tables of the index, the database that holds them, and how values become rows and columns."""
