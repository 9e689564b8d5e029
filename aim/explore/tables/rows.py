"""Runs as rows of the API, read from the index in as few statements as there are tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from aim.explore.tables.columns import find_paths, params_of, parse_metric_column
from aim.explore.tables.expression_cells import EXPRESSION_PREFIX, expression_of, expression_values
from aim.explore.tables.metric_cells import fill_metric_cells
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list
from aim.query.answering.rows import RUN_COLUMNS, RunDetails
from aim.schema.jsonvalues import to_json
from aim.schema.statuses import UNCERTAIN

__all__ = ["load_details", "open_statuses", "row_of", "run_rows", "whole_float_params", "whole_floats"]


def load_details(view: View, run_ids: Sequence[int], now: float) -> dict[int, tuple[str, RunDetails]]:
    """(hash, fields) by run id; runs that went away are left out."""
    live = view.live()
    found: dict[int, tuple[str, RunDetails]] = {}
    with view.connect() as connection:
        for start in range(0, len(run_ids), 1_000):
            wanted = in_list(t.run.c.id, run_ids[start : start + 1_000])
            for row in connection.execute(select(*(t.run.c[name] for name in RUN_COLUMNS)).where(wanted)).all():
                standing = live.get(row.hash) if row.ended_at is None else None
                found[row.id] = (row.hash, RunDetails(row, standing, now))
    return found


def open_statuses(view: View) -> dict[int, tuple[str, float | None]]:
    """(status, end) of the runs that are not known to have ended."""
    live = view.live()
    with view.connect() as connection:
        rows = connection.execute(select(t.run.c.id, t.run.c.hash).where(t.run.c.ended_at.is_(None))).all()
    found: dict[int, tuple[str, float | None]] = {}
    for run_id, run_hash in rows:
        standing = live.get(run_hash)
        found[run_id] = (UNCERTAIN, None) if standing is None else (standing.value, standing.ended_at)
    return found


def row_of(run_hash: str, details: RunDetails) -> dict[str, Any]:
    """The fields of a run that :mod:`aim.schema.run_fields` has in rows, without params and metrics."""
    # written out: built from the table it takes twice as long, of tables of a thousand rows; a test compares both
    return {
        "hash": run_hash,
        "name": details.name,
        "experiment": details.experiment,
        "status": details.status or UNCERTAIN,
        "created_at": details.created_at,
        "ended_at": details.ended_at,
        "duration": details.duration,
        "tags": details.tags,
        "archived": details.is_archived,
        "source": details.source,
        "description": details.description,
        "lost_points": details.lost_points,
    }


def run_rows(
    view: View, run_ids: Sequence[int], columns: Sequence[str], now: float, *, is_listed: bool = False
) -> list[dict[str, Any]]:
    """The rows of runs, in the order given, with the values of some columns.

    Args:
        view, run_ids, now: As everywhere.
        columns: Param paths, metric columns, and expressions on metrics behind ``expr:``.
        is_listed: The values as ``cells`` in the order of `columns`, see :class:`aim.web.models.runs.RunsSearch`.
    """
    names = list(dict.fromkeys(columns))
    parsed = {at: parse_metric_column(name) if name.startswith("metric:") else None for at, name in enumerate(names)}
    metric_columns = {at: column for at, column in parsed.items() if column is not None}
    expressions = {at: text for at, name in enumerate(names) if (text := expression_of(name)) is not None}
    param_columns = {names[at]: at for at, column in parsed.items() if column is None and at not in expressions}
    details = load_details(view, run_ids, now)
    cells: dict[int, list[Any]] = {run_id: [None] * len(names) for run_id in run_ids if run_id in details}
    with view.connect() as connection:
        if metric_columns:
            fill_metric_cells(view, connection, cells, metric_columns)
        for at, text in expressions.items():
            for run_id, value in expression_values(view, connection, text, list(cells)).items():
                cells[run_id][at] = value
        if param_columns:
            wanted = _wanted(param_columns, find_paths(connection, param_columns))
            for run_id, params in params_of(connection, list(cells)):
                _fill(cells[run_id], params, wanted)
    places = [names.index(name) for name in columns] if len(names) < len(columns) else None
    rows = []
    for run_id, values in cells.items():
        row = row_of(*details[run_id])
        if is_listed:
            row["cells"] = values if places is None else [values[place] for place in places]
        else:
            row["params"] = {name: _plain(values[at]) for name, at in param_columns.items() if values[at] is not None}
            row["metrics"] = {names[at]: values[at] for at in (*metric_columns, *expressions) if values[at] is not None}
        rows.append(row)
    return rows


def whole_floats(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[tuple[int, int, str]]:
    """(row, place among its cells, JSON) of params that hold a float without a fraction: JavaScript reads 1.0 as 1.

    Args:
        rows: As :func:`run_rows` lists them.
        columns: Theirs.
    """
    places = [place for place, name in enumerate(columns) if not name.startswith(("metric:", EXPRESSION_PREFIX))]
    found = []
    for at, row in enumerate(rows):
        cells = row["cells"]
        for place in places:
            value = cells[place]
            if _has_whole_float(value):
                found.append((at, place, to_json(value)))
    return found


def whole_float_params(runs: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, list[str], str]]:
    """(hash, keys, JSON) of the params of runs that hold a float without a fraction, see :func:`whole_floats`."""
    found: list[tuple[str, list[str], str]] = []
    for run_hash, run in runs.items():
        _find_whole_floats(run_hash, run["params"], [], found)
    return found


def _find_whole_floats(
    run_hash: str, params: Mapping[str, Any], above: list[str], found: list[tuple[str, list[str], str]]
) -> None:
    for key, value in params.items():
        kind = type(value)
        if kind is float:
            if value.is_integer():
                found.append((run_hash, [*above, key], repr(value)))
        elif kind is dict:
            _find_whole_floats(run_hash, value, [*above, key], found)
        elif kind is list and _has_whole_float(value):
            found.append((run_hash, [*above, key], to_json(value)))


def _has_whole_float(value: Any) -> bool:
    if type(value) is float:
        return value.is_integer()
    if type(value) is list:
        return any(map(_has_whole_float, value))
    return type(value) is dict and any(map(_has_whole_float, value.values()))


_NONE: Final = {"$none": True}
"""A param that is None, where null stands for one that the run lacks."""


def _plain(value: Any) -> Any:
    return None if value is _NONE else value


@dataclass(slots=True)
class _Wanted:
    """The cells that want the value at some place of the params, and what is wanted below it."""

    places: list[int] = field(default_factory=list)
    below: dict[str, _Wanted] = field(default_factory=dict)


def _wanted(columns: Mapping[str, int], paths: Mapping[str, list[tuple[int, list[str]]]]) -> _Wanted:
    """Columns as a tree: one walk through the params of a run then finds them all."""
    root = _Wanted()
    for name, found in paths.items():
        for _, keys in found:
            here = root
            for key in keys:
                here = here.below.setdefault(key, _Wanted())
            here.places.append(columns[name])
    return root


def _fill(cells: list[Any], params: Mapping[str, Any], wanted: _Wanted) -> None:
    for key, place in wanted.below.items():
        value = params.get(key, _ABSENT)
        if value is not _ABSENT:
            for at in place.places:
                if cells[at] is None:  # of several places with one name the first counts
                    cells[at] = _NONE if value is None else value
            if place.below and isinstance(value, dict):
                _fill(cells, value, place)


_ABSENT: Final = object()
