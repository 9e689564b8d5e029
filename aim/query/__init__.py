"""AimQL: text to syntax tree to answer."""
