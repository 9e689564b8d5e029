"""AimQL: query text -> syntax tree -> SQL that narrows, and a per-row evaluator that decides."""
