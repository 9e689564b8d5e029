"""The names that AimQL knows: fields, functions, methods. One table each; the parser and its suggestions read them."""

from __future__ import annotations

from typing import Final

from aim.schema import run_fields

__all__ = ["FUNCTIONS", "METHODS", "METRIC_FIELDS", "NUMERIC_METRIC_FIELDS", "RESERVED", "ROOTS", "RUN_FIELDS"]

RUN_FIELDS: Final = {spelling: field.name for field in run_fields.RUN_FIELDS for spelling in field.queried_as}
"""Field as written after ``run.`` -> canonical name, of the table in :mod:`aim.schema.run_fields`.

Times are Unix seconds, `duration` is seconds, `tags` and `metrics` (the names of the run's metrics) are lists of
strings.
"""

NUMERIC_METRIC_FIELDS: Final = (
    "first",
    "last",
    "min",
    "max",
    "count",
    "first_step",
    "last_step",
    "first_time",
    "last_time",
    "last_epoch",
    "nan_count",
    "inf_count",
    "hidden_points",
)
"""Numbers known of every sequence without reading its points."""

METRIC_FIELDS: Final = ("name", *NUMERIC_METRIC_FIELDS)
"""What may follow ``metric.`` (besides ``context``)."""

FUNCTIONS: Final = {
    "abs": (1, 1),
    "all": (1, 1),
    "any": (1, 1),
    "datetime": (1, 6),
    "isinf": (1, 1),
    "isnan": (1, 1),
    "len": (1, 1),
    "max": (1, None),
    "min": (1, None),
    "now": (0, 0),
    "round": (1, 2),
    "sorted": (1, 1),
    "sum": (1, 1),
}
"""Function -> (fewest, most) arguments; None: any number."""

METHODS: Final = {
    "startswith": (1, 1),
    "endswith": (1, 1),
    "contains": (1, 1),
    "lower": (0, 0),
    "upper": (0, 0),
}
"""Method -> (fewest, most) arguments."""

ROOTS: Final = ("run", "metric", "context", "params", "experiment")
"""Names with a fixed meaning at the beginning of a dotted name."""

RESERVED: Final = frozenset({"and", "or", "not", "in", "is", "if", "None", "True", "False", "none", "true", "false"})
"""Names that are words of the language and so neither params nor strings when written bare."""
