"""Runs as rows of the API, read from the index in as few statements as there are tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from aim.index import tables as t
from aim.index.among import among
from aim.query.rows import RUN_COLUMNS, RunDetails
from aim.web.columns import MetricColumn, find_paths, params_of, parse_metric_column
from aim.web.metric_cells import metric_cells
from aim.web.service import View

__all__ = ["load_details", "open_statuses", "row_of", "run_rows"]


def load_details(view: View, run_ids: Sequence[int], now: float) -> dict[int, tuple[str, RunDetails]]:
    """(hash, fields) by run id; runs that went away are left out."""
    live = view.live()
    found: dict[int, tuple[str, RunDetails]] = {}
    with view.connect() as connection:
        for start in range(0, len(run_ids), 1_000):
            wanted = among(t.run.c.id, run_ids[start : start + 1_000])
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
        found[run_id] = ("stalled", None) if standing is None else (standing.value, standing.ended_at)
    return found


def row_of(run_hash: str, details: RunDetails) -> dict[str, Any]:
    """The fields of a run, without params and metrics."""
    return {
        "hash": run_hash,
        "name": details.name,
        "experiment": details.experiment,
        "status": details.status or "stalled",
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
        columns: Param paths and metric columns.
        is_listed: The values as ``cells`` in the order of `columns`, see :class:`aim.web.models.runs.RunsSearch`.
    """
    metric_columns: dict[str, MetricColumn] = {}
    param_columns: list[str] = []
    for text in columns:
        column = parse_metric_column(text) if text.startswith("metric:") else None
        if column is None:
            param_columns.append(text)
        else:
            metric_columns[text] = column
    details = load_details(view, run_ids, now)
    params: dict[int, dict[str, Any]] = {}
    with view.connect() as connection:
        cells = metric_cells(view, connection, run_ids, metric_columns) if metric_columns else {}
        if param_columns:
            wanted = _wanted(find_paths(connection, param_columns))
            for run_id, value in params_of(connection, run_ids):
                _fill(params.setdefault(run_id, {}), value, wanted)
    rows = []
    for run_id in run_ids:
        found = details.get(run_id)
        if found is not None:
            row = row_of(*found)
            if is_listed:
                row["cells"] = _listed(columns, params.get(run_id, {}), cells.get(run_id, {}))
            else:
                row["params"] = params.get(run_id, {})
                row["metrics"] = cells.get(run_id, {})
            rows.append(row)
    return rows


_NONE: Final = {"$none": True}


def _listed(columns: Sequence[str], params: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Any]:
    listed: list[Any] = []
    for name in columns:
        if name in metrics:
            listed.append(metrics[name])
        elif name in params:
            value = params[name]
            listed.append(_NONE if value is None else value)
        else:
            listed.append(None)
    return listed


@dataclass(slots=True)
class _Wanted:
    """Which columns want the value at some place of the params, and what is wanted below it."""

    columns: list[str] = field(default_factory=list)
    below: dict[str, _Wanted] = field(default_factory=dict)


def _wanted(paths: Mapping[str, list[tuple[int, list[str]]]]) -> _Wanted:
    """Columns as a tree: one walk through the params of a run then finds them all."""
    root = _Wanted()
    for name, places in paths.items():
        for _, keys in places:
            here = root
            for key in keys:
                here = here.below.setdefault(key, _Wanted())
            here.columns.append(name)
    return root


def _fill(cells: dict[str, Any], params: Mapping[str, Any], wanted: _Wanted) -> None:
    for key, place in wanted.below.items():
        value = params.get(key, _ABSENT)
        if value is not _ABSENT:
            for name in place.columns:
                if name not in cells:  # of several places with one name the first counts
                    cells[name] = value
            if place.below and isinstance(value, dict):
                _fill(cells, value, place)


_ABSENT: Final = object()
