"""AimQL itself: text, tokens, syntax tree, and what a tree means for one run and one sequence."""
