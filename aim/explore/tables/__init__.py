"""Tables of runs: which columns there are, their cells, order, spread, and remembered search results."""
