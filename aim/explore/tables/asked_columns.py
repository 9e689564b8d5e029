"""Columns of a table of runs as people write them: ``name``, ``lr``, ``min loss.val``, ``last(loss.val) * 2``."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection

from aim.errors import InvalidValueError
from aim.explore.pages.goals import Goal, goal_of
from aim.explore.pages.headline import read_headlines
from aim.explore.tables.available_columns import list_metrics, list_params
from aim.explore.tables.columns import SUMMARIES, find_paths, parse_metric_column
from aim.explore.tables.expression_cells import EXPRESSION_PREFIX
from aim.explore.tables.rows import open_statuses, run_rows
from aim.explore.tables.sorting import sorted_ids
from aim.explore.view import View
from aim.schema.names import parse_context
from aim.schema.run_fields import RUN_FIELDS
from aim.storage.repo.layout import RepoLayout

__all__ = [
    "AskedColumn",
    "FoundRuns",
    "find_runs",
    "known_columns",
    "last_values",
    "metric_goal",
    "read_columns",
    "split_columns",
    "values_of",
]

_SUMMARY: Final = re.compile(rf"(?P<summary>{'|'.join(SUMMARIES)}|best)\s+(?P<metric>\S.*)\Z")
_OPERATOR: Final = re.compile(r"[()+*<>=]|\s[-/]\s")
_FIELD_NAMES: Final = {
    name: field.name for field in RUN_FIELDS if field.is_in_rows for name in (field.name, *field.queried_as)
}
_SHORT_FIELD_NAMES: Final = {"created": "created_at", "ended": "ended_at", "run": "name"}


@dataclass(frozen=True, slots=True)
class AskedColumn:
    """One column that somebody asked for.

    Attributes:
        title: As it was asked for.
        key: Its name for :func:`aim.explore.tables.rows.run_rows` and as a sort key.
        is_field: It is a field of runs, see :mod:`aim.schema.run_fields`.
    """

    title: str
    key: str
    is_field: bool = False

    @property
    def is_number(self) -> bool:
        """It is a metric or an expression: always a number."""
        return self.key.startswith(("metric:", EXPRESSION_PREFIX))


@dataclass(frozen=True, slots=True)
class FoundRuns:
    """The ids of the runs that a search found, in its order, and why it may have found none."""

    ids: list[int]
    hints: Sequence[str]


def split_columns(text: str) -> list[str]:
    """The parts of a list with commas; those inside of brackets and quotes do not count."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth <= 0:
            parts.append("")
            continue
        parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def read_columns(view: View, texts: Sequence[str]) -> list[AskedColumn]:
    """The columns that texts ask for.

    A text is a field of runs; a param, by its path or the end of it; a metric (its last value) as queries write it,
    ``loss.val`` for the context that has the value val; one of last, min, max, first, count, best before a metric; or
    an expression on metrics.

    Raises:
        InvalidValueError: no run has what a text names, or it has several contexts.
    """
    with view.connect() as connection:
        metrics = list_metrics(connection, None)
        return [_read(connection, metrics, text.strip()) for text in texts]


def _read(connection: Connection, metrics: list[dict[str, Any]], text: str) -> AskedColumn:
    if text.startswith(("metric:", EXPRESSION_PREFIX)):
        parse_metric_column(text)
        return AskedColumn(text, text)
    match = _SUMMARY.match(text)
    if match is None:
        name = text.removeprefix("run.")
        field = _SHORT_FIELD_NAMES.get(name) or _FIELD_NAMES.get(name)
        if field is not None:
            return AskedColumn(text, field, is_field=True)
        if find_paths(connection, [text])[text]:
            return AskedColumn(text, text)
    metric, summary = (match["metric"], match["summary"]) if match is not None else (text, "last")
    found = _find_metric(metrics, metric)
    if found is not None:
        name, context = found
        goal = goal_of(name) if summary == "best" else None
        if summary == "best" and goal is None:
            raise InvalidValueError(f"cannot tell whether lower or higher {metric!r:.80} is better: say min or max")
        return AskedColumn(text, f"metric:{name}|{context}|{goal or summary}")
    if match is None and _OPERATOR.search(text):
        return AskedColumn(text, EXPRESSION_PREFIX + text)
    raise _unknown(metrics, metric)


def _find_metric(metrics: list[dict[str, Any]], text: str) -> tuple[str, str] | None:
    """(name, context) of the one metric that a text means."""
    exact = [(metric["name"], metric["context"]) for metric in metrics if metric["name"] == text]
    if len(exact) > 1:
        exact = [one for one in exact if one[1] == "{}"] or exact
    name, _, value = text.rpartition(".")
    found = exact or [
        (metric["name"], metric["context"])
        for metric in metrics
        if metric["name"] == name and value in map(str, parse_context(metric["context"]).values())
    ]
    if len(found) > 1:
        some = ", ".join(_spelled(*one) for one in found[:5])
        raise InvalidValueError(f"{text!r:.80} has {len(found)} contexts ({some}): name one of them")
    return found[0] if found else None


def _spelled(name: str, context: str) -> str:
    values = [str(value) for value in parse_context(context).values()]
    return ".".join((name, *values)) if len(values) < 2 else f"{name} {context}"


def _unknown(metrics: list[dict[str, Any]], text: str) -> InvalidValueError:
    names = list(dict.fromkeys(_spelled(metric["name"], metric["context"]) for metric in metrics))
    some = f"; metrics are {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}" if names else ""
    return InvalidValueError(f"no run has a field, param or metric {text!r:.80}{some}")


def metric_goal(layout: RepoLayout, column: AskedColumn) -> Goal | None:
    """Whether lower or higher is better: as it was declared for an experiment, else by the name of the metric."""
    parsed = parse_metric_column(column.key) if column.key.startswith("metric:") else None
    if parsed is None:
        return None
    declared = {
        choice["goal"]
        for choice in read_headlines(layout).values()
        if choice["name"] == parsed.name and "goal" in choice
    }
    goal: Goal | None = declared.pop() if len(declared) == 1 else goal_of(parsed.name)
    return goal


def find_runs(
    view: View,
    query: str = "",
    *,
    sort: Sequence[tuple[AskedColumn, bool]] = (),
    archived: Literal["auto", "include", "only"] = "auto",
) -> FoundRuns:
    """The runs that a query finds: newest first, or in the order of (column, descending), those without a value last.

    Raises:
        QueryError: the query cannot be parsed.
    """
    found = view.engine.run_ids(query, archived=archived)
    ids = list(reversed(found.ids))
    if sort:
        with view.connect() as connection:
            keys = [(column.key, descending) for column, descending in sort]
            ids = sorted_ids(view, connection, ids, keys, open_statuses(view), time.time())
    return FoundRuns(ids, found.hints)


def values_of(view: View, run_ids: Sequence[int], columns: Sequence[AskedColumn]) -> list[dict[str, Any]]:
    """The runs as rows: their fields, and ``values`` in the order of the columns; None where a run has none."""
    keys = [column.key for column in columns if not column.is_field]
    rows = run_rows(view, run_ids, keys, time.time())
    for row in rows:
        row["values"] = [
            row[column.key] if column.is_field else row["metrics"].get(column.key, row["params"].get(column.key))
            for column in columns
        ]
    return rows


def known_columns(view: View, run_ids: Sequence[int]) -> list[str]:
    """All params of some runs, and the last value of all their metrics: keys of columns."""
    with view.connect() as connection:
        params = [param["path"] for param in list_params(connection, set(run_ids))]
        metrics = [f"metric:{one['name']}|{one['context']}|last" for one in list_metrics(connection, set(run_ids))]
    return [*params, *metrics]


def last_values(view: View, run_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """By run hash, the last value of each metric: ``{"name", "context", "last"}``."""
    with view.connect() as connection:
        keys = {
            f"metric:{one['name']}|{one['context']}|last": (one["name"], parse_context(one["context"]))
            for one in list_metrics(connection, set(run_ids))
        }
    return {
        row["hash"]: [
            {"name": keys[key][0], "context": keys[key][1], "last": value} for key, value in row["metrics"].items()
        ]
        for row in run_rows(view, run_ids, list(keys), time.time())
    }
