"""Columns of the runs table: params by path, metrics by name, context and summary."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from aim.errors import InvalidValueError
from aim.explore.encoding import read_json
from aim.explore.pages.goals import goal_of
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list
from aim.index.sql.interrupt import checkpoint, take_in
from aim.index.sql.params import storable_text
from aim.schema.jsonvalues import from_json
from aim.schema.paths import ParamPath, read_path

__all__ = [
    "SUMMARIES",
    "MetricColumn",
    "find_metrics",
    "find_paths",
    "param_cell",
    "params_of",
    "parse_metric_column",
]

SUMMARIES: Final = ("last", "min", "max", "first", "count")


@dataclass(frozen=True, slots=True)
class MetricColumn:
    """One summary of one metric."""

    name: str
    context: str
    """In its canonical form."""
    summary: str
    """One of SUMMARIES, or empty: the value at `step`."""
    step: int = 0


def parse_metric_column(text: str) -> MetricColumn | None:
    """``metric:<name>|<context>|last``, also ``metrics.<name>|<context>.last`` of a sort key; None for a param.

    Besides SUMMARIES: ``best`` (``best:min``, ``best:max``), see :mod:`aim.explore.pages.goals`; ``at:<step>``.
    """
    if text.startswith("metric:"):
        parts = text[len("metric:") :].rsplit("|", 2)
        column = _metric_column(*parts) if len(parts) == 3 else None
        if column is None:
            raise InvalidValueError(f"{text!r:.200} is not a column: metric:<name>|<context as JSON>|last")
        return column
    if text.startswith("metrics."):
        body, _, summary = text[len("metrics.") :].removeprefix("metric:").rpartition(".")
        name, bar, context = body.rpartition("|")
        if bar and summary in SUMMARIES:
            return MetricColumn(name, context, summary)
    return None


def _metric_column(name: str, context: str, what: str) -> MetricColumn | None:
    if what in SUMMARIES:
        return MetricColumn(name, context, what)
    if what == "best":
        goal = goal_of(name)
        if goal is None:
            raise InvalidValueError(
                f"cannot tell whether lower or higher is better for {name!r:.200}: add best:min or best:max"
            )
        return MetricColumn(name, context, goal)
    if what in ("best:min", "best:max"):
        return MetricColumn(name, context, what[len("best:") :])
    if re.fullmatch(r"at:-?\d{1,18}", what):
        return MetricColumn(name, context, "", int(what[len("at:") :]))
    return None


def find_paths(connection: Connection, names: Iterable[str]) -> dict[str, list[tuple[int, list[str]]]]:
    """The params that names stand for: (path id, keys).

    A name is a whole path (see :func:`aim.schema.paths.spell_path`), or, if there is none, a path without its set
    (``lr`` for ``params.lr`` and ``hparams.lr``), or either of them behind ``params.``, as queries have it. Where a
    name is the exact spelling of a path, it is that one; else keys with dots count, so there may be several.
    """
    wanted = {name: read_path(name) for name in names}
    found: dict[str, list[tuple[int, list[str]]]] = {name: [] for name in wanted}
    c = t.path.c
    for column, set_keys, prefix in ((c.full, 0, ""), (c.tail, 1, ""), (c.full, 0, "params."), (c.tail, 1, "params.")):
        asked: dict[str, list[tuple[str, ParamPath]]] = {}
        for name, path in wanted.items():
            if not found[name] and name.startswith(prefix):
                asked_for = read_path(name.removeprefix(prefix)) if prefix else path
                asked.setdefault(storable_text(asked_for.dotted), []).append((name, asked_for))
        texts = list(asked)
        for start in range(0, len(texts), 500):
            rows = select(c.id, c.path, column.label("text")).where(column.in_(texts[start : start + 500]))
            for row in connection.execute(rows.order_by(c.id)).all():
                keys = from_json(row.path)
                for name, path in asked[row.text]:
                    if path.stands_for(keys[set_keys:]):
                        found[name].append((row.id, keys))
        for name, path in (one for same in asked.values() for one in same):
            if len(found[name]) > 1:
                found[name] = [one for one in found[name] if tuple(one[1][set_keys:]) == path.keys] or found[name]
    return found


def param_cell(params: Mapping[str, Any], paths: Sequence[tuple[int, list[str]]]) -> tuple[bool, Any]:
    """(whether the run has it, the value)."""
    for _, keys in paths:
        here: Any = params
        for key in keys:
            if isinstance(here, dict) and key in here:
                here = here[key]
            else:
                break
        else:
            return True, here
    return False, None


def find_metrics(connection: Connection, columns: Iterable[MetricColumn]) -> dict[tuple[str, str], tuple[int, int]]:
    """(name id, context id) by (name, context) of the columns whose name and context exist."""
    names = {column.name for column in columns}
    contexts = {column.context for column in columns}
    name, context = t.metric_name.c, t.context.c
    name_ids = _ids_by_text(connection, name.id, name.name, names)
    context_ids = _ids_by_text(connection, context.id, context.context, contexts)
    return {
        (column.name, column.context): (name_ids[column.name], context_ids[column.context])
        for column in columns
        if column.name in name_ids and column.context in context_ids
    }


def _ids_by_text(connection: Connection, number: Any, text: Any, wanted: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    texts = list(wanted)
    for start in range(0, len(texts), 500):
        rows = connection.execute(select(text, number).where(text.in_(texts[start : start + 500]))).all()
        found.update((row[0], row[1]) for row in rows)
    return found


def params_of(connection: Connection, run_ids: Sequence[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    """(run id, nested params) of runs; those without are left out."""
    c = t.run_params.c
    for start in range(0, len(run_ids), 1_000):
        statement = select(c.run_id, c.params).where(in_list(c.run_id, run_ids[start : start + 1_000]))
        for run_id, text in connection.execute(statement).all():
            take_in(len(text))
            checkpoint()
            yield run_id, read_json(text)
