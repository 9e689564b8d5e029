"""The points of sequences as a CSV file: every point, not the buckets of a picture, with all digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from aim.errors import IndexUnavailableError, InvalidValueError
from aim.explore.curves.axes import find_partners, find_starts, metric_of, positions
from aim.explore.curves.charts import Attempts
from aim.explore.curves.expressions import read_points, resolve_expression_ids
from aim.explore.curves.ids import resolve_ids
from aim.explore.view import View
from aim.index.points.smoothing import Smooth
from aim.index.sql import tables as t
from aim.schema.csv_cells import csv_text
from aim.schema.names import parse_context

__all__ = ["PointsFile", "export_points"]

_BATCH_POINTS: Final = 200_000
"""Points read for one part of the file."""
_RUNS_A_QUERY: Final = 500
_FIXED: Final = ("run_name", "run", "metric")
_PLACE: Final = ("step", "epoch", "time", "relative_time")


@dataclass(frozen=True, slots=True)
class PointsFile:
    """Which points, and what is written beside them.

    Attributes:
        sequences: Ids, as :func:`aim.explore.curves.sequences.find_sequences` gives them; in the order of the file.
        titles: Of further columns, for example the fields that a chart is coloured by.
        labels: The texts of those columns, one row for each of `sequences`.
        x: The axis by which points are sorted and limited, as :class:`aim.explore.curves.charts.ChartRequest` has it.
            Points without a place on it are left out. ``metric:<name>`` adds a column with the values of that metric.
        attempts: See :data:`aim.explore.curves.charts.Attempts`.
        range: Points whose x is from the first to the second number, both included; None: all.
        smoothing: Adds a column with values smoothed over all points, also those outside of `range`; None: no column.
        is_exact: Texts that begin as formulas do get no quote before them, which keeps spreadsheets from running them.
    """

    sequences: Sequence[str]
    titles: Sequence[str] = ()
    labels: Sequence[Sequence[str]] = ()
    x: str = "step"
    attempts: Attempts = "latest"
    range: tuple[float, float] | None = None
    smoothing: Smooth | None = None
    is_exact: bool = False


def export_points(view: View, wanted: PointsFile) -> Iterator[bytes]:
    """The points as CSV, in parts.

    Columns: ``run_name``, ``run`` (hash), ``metric``, one for each context key, `titles`, ``step``, ``epoch``, ``time``
    (Unix, in seconds), ``relative_time`` (in seconds since the run began), the metric that is the axis, ``value``, and
    ``smoothed``. A context key or title that is called as another column gets its kind before it: ``context.run``.
    Numbers have the digits that make the same float64 again; NaN and infinities are ``nan``, ``inf`` and ``-inf``.

    Raises:
        InvalidValueError: `labels` do not fit `titles` and `sequences`.
        IndexUnavailableError: (while parts are taken) the index was rebuilt meanwhile.
    """
    if wanted.titles and (
        len(wanted.labels) != len(wanted.sequences) or any(len(row) != len(wanted.titles) for row in wanted.labels)
    ):
        raise InvalidValueError("labels: one row for each of sequences, with one text for each of titles")
    ids = list(dict.fromkeys(wanted.sequences))
    with view.connect() as connection:
        found = resolve_ids(connection, ids) | resolve_expression_ids(connection, ids)
        chosen = [(text, found[text]) for text in ids if text in found]
        rows = [row for _, row in chosen]
        starts = find_starts(connection, rows)
        names = _run_names(view, [row.hash for row in rows])
    labels = dict(zip(wanted.sequences, wanted.labels, strict=False)) if wanted.titles else {}
    return _parts(view, wanted, chosen, starts, names, labels)


def _run_names(view: View, hashes: Sequence[str]) -> dict[str, str]:
    wanted = list(dict.fromkeys(hashes))
    names: dict[str, str] = {}
    r = t.run.c
    with view.connect() as connection:
        for begin in range(0, len(wanted), _RUNS_A_QUERY):
            statement = select(r.hash, r.name).where(r.hash.in_(wanted[begin : begin + _RUNS_A_QUERY]))
            names.update((run_hash, name or "") for run_hash, name in connection.execute(statement).all())
    return names


def _parts(
    view: View,
    wanted: PointsFile,
    chosen: Sequence[tuple[str, Any]],
    starts: Mapping[str, float],
    names: Mapping[str, str],
    labels: Mapping[str, Sequence[str]],
) -> Iterator[bytes]:
    cell = str if wanted.is_exact else csv_text
    contexts = [parse_context(row.context) for _, row in chosen]
    keys = sorted({key for context in contexts for key in context})
    metric = metric_of(wanted.x)
    tail = ["value", *(["smoothed"] if wanted.smoothing is not None else [])]
    taken = {*_FIXED, *_PLACE, *tail}
    yield _csv([[cell(title) for title in _titles(keys, wanted.titles, metric, tail, taken)]])
    path = view.index.path
    begin = 0
    while begin < len(chosen):
        if view.index.path != path:
            raise IndexUnavailableError("the index was rebuilt while points were exported; ask again")
        end, points = begin, 0
        while end < len(chosen) and (end == begin or points + chosen[end][1].count <= _BATCH_POINTS):
            points += chosen[end][1].count
            end += 1
        batch = chosen[begin:end]
        columns = read_points(view, [row for _, row in batch], epochs=True, times=True, attempts=wanted.attempts)
        partners = _partners(view, metric, [row for _, row in batch], wanted.attempts)
        for (text, row), column, context in zip(batch, columns, contexts[begin:end], strict=True):
            head = [
                cell(names.get(row.hash, "")),
                row.hash,
                cell(row.name),
                *(cell(_context_text(context.get(key))) for key in keys),
                *(cell(label) for label in labels.get(text, [""] * len(wanted.titles))),
            ]
            yield _points(head, column, row, partners.get(row.id), starts, wanted)
        begin = end


def _titles(
    keys: Sequence[str], titles: Sequence[str], metric: str | None, tail: Sequence[str], taken: set[str]
) -> list[str]:
    seen = set(taken)

    def unique(title: str, kind: str) -> str:
        name = title if title not in seen else f"{kind}.{title}"
        while name in seen:
            name += "_"
        seen.add(name)
        return name

    return [
        *_FIXED,
        *(unique(key, "context") for key in keys),
        *(unique(title, "by") for title in titles),
        *_PLACE,
        *([unique(metric, "metric")] if metric is not None else []),
        *tail,
    ]


def _partners(view: View, metric: str | None, rows: Sequence[Any], attempts: Attempts) -> dict[int, Any]:
    if metric is None:
        return {}
    with view.connect() as connection:
        numbers = find_partners(connection, metric, rows)
    ids = list(dict.fromkeys(numbers.values()))
    columns = dict(zip(ids, view.index.read_columns(ids, attempts=attempts), strict=True))
    return {row_id: columns[number] for row_id, number in numbers.items()}


def _points(
    head: Sequence[str],
    column: Any,
    row: Any,
    partner: Any,
    starts: Mapping[str, float],
    wanted: PointsFile,
) -> bytes:
    x = positions(wanted.x, column, row, partner, starts=starts)
    order = np.argsort(x, kind="stable")
    if x.dtype.kind == "f":
        order = order[np.isfinite(x[order])]
    x = x[order]
    values = column.values[order]
    smoothed = None if wanted.smoothing is None else _smoothed(wanted.smoothing, x, values)
    shown = slice(None)
    if wanted.range is not None:
        low, high = wanted.range
        shown = slice(int(np.searchsorted(x, low, side="left")), int(np.searchsorted(x, high, side="right")))
    order = order[shown]
    places: list[list[Any]] = [
        column.steps[order].tolist(),
        [repr(at) if at == at else "" for at in column.epochs[order].tolist()],
        list(map(repr, column.times[order].tolist())),
        list(map(repr, (column.times[order] - starts[row.hash]).tolist())),
    ]
    if metric_of(wanted.x) is not None:
        places.append(list(map(repr, x[shown].tolist())))
    places.append(list(map(repr, values[shown].tolist())))
    if smoothed is not None:
        places.append([repr(at) if at == at else "" for at in smoothed[shown].tolist()])
    return _csv([*head, *place] for place in zip(*places, strict=True))


def _smoothed(smooth: Smooth, x: npt.NDArray[Any], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What is not finite is passed over, as in charts, and has no smoothed value."""
    found = np.full(len(values), np.nan)
    finite = np.isfinite(values)
    if finite.any():
        found[finite] = smooth(x[finite], values[finite])
    return found


def _context_text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else repr(value)


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
