"""From what a source holds to rows: looking at runs, and writing what is new."""
