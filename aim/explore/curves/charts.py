"""The points of sequences for a chart, as binary frames; and one point in full."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from aim.errors import RunNotFoundError
from aim.explore.curves.axes import find_partners, find_starts, metric_of, positions
from aim.explore.curves.expressions import read_points, resolve_expression_ids
from aim.explore.curves.frames import FrameBuilder
from aim.explore.curves.ids import resolve_ids
from aim.explore.view import View
from aim.index.points.buckets import Curve, CurveCutter
from aim.index.points.smoothing import Smoothing, common_distance, median_distance
from aim.schema.names import parse_context

__all__ = ["Attempts", "ChartRequest", "frames", "read_point"]

Attempts = Literal["latest", "all"]
"""``all``: with the points of earlier attempts that a later one recorded again."""

FIRST_BATCH_POINTS: Final = 50_000
"""The first frame is small, so that something is drawn at once."""
BATCH_POINTS: Final = 1_000_000
"""Points read for one frame: 16 MB of columns."""
BATCH_SEQUENCES: Final = 500


@dataclass(frozen=True, slots=True)
class ChartRequest:
    """Which sequences, along which axis, how fine.

    Attributes:
        sequences: Ids, as :func:`aim.explore.curves.sequences.find_sequences` gives them.
        x: ``step``, ``epoch``, ``time``, ``relative_time`` or ``metric:<name>``.
        attempts: See :data:`Attempts`.
        buckets: Columns that the visible range is divided into; a pixel each.
        range: The visible range of x; None: all of it.
        since: Instead of `range`: by sequence, from which x on.
        exact_below: Sequences of up to this many points are sent as they are, even if they are more than `buckets`.
        smoothing: Gives smoothed curves too; without a distance, over that of the densest of the sequences.
        is_log: The x axis is logarithmic.
        is_precise: Values as float64 always.
        is_y_log: The y axis is logarithmic.
    """

    sequences: Sequence[str]
    x: str = "step"
    attempts: Attempts = "latest"
    buckets: int = 1024
    range: tuple[float, float] | None = None
    since: Mapping[str, float] | None = None
    exact_below: int = 0
    smoothing: Smoothing | None = None
    is_log: bool = False
    is_precise: bool = False
    is_y_log: bool = False


def read_point(
    view: View,
    sequence: str,
    at: float,
    *,
    x: str = "step",
    attempts: Attempts = "latest",
    until: float | None = None,
) -> dict[str, Any]:
    """One point in full, the first of those nearest to `at` on the axis `x`: ``POST /metrics/point`` of the API.

    Raises:
        RunNotFoundError: there is no such sequence, or none of its points has a place on this axis.
    """
    row = next((row for _, row in _resolved(view, [sequence])), None)
    if row is None:
        raise RunNotFoundError("this sequence is not there (any more)")
    (column,) = read_points(view, [row], epochs=True, times=True, attempts=attempts)
    steps, values, epochs, times = column.steps, column.values, column.epochs, column.times
    assert steps is not None and values is not None and epochs is not None and times is not None
    name = metric_of(x)
    partner = _read_partners(view, name, [row], attempts).get(row.id) if name is not None else None
    with view.connect() as connection:
        starts = find_starts(connection, [row])
    places = positions(x, column, row, partner, starts=starts)
    distance = np.abs(places - at)
    if not np.isfinite(distance).any():
        raise RunNotFoundError(f"no point of this sequence has a {x}")
    place = int(np.nanargmin(distance))
    epoch = float(epochs[place])
    end = None
    if until is not None:
        inside = places[(places >= places[place]) & (places < until) & np.isfinite(values)]
        end = float(inside.max()) if len(inside) else None
    return {
        "step": int(steps[place]),
        "epoch": None if epoch != epoch else epoch,
        "time": float(times[place]),
        "relative_time": float(times[place] - starts[row.hash]),
        "value": float(values[place]),
        "end": end,
    }


def frames(view: View, request: ChartRequest) -> Iterator[bytes]:
    """The frames of an answer, see :mod:`aim.explore.curves.frames`: ``POST /metrics/frame`` of the API.

    What is wrong with the request is found here, not while they are sent.
    """
    ids = list(dict.fromkeys(request.sequences))
    chosen = _resolved(view, ids)
    known = {text for text, _ in chosen}
    return _frames(view, request, chosen, [text for text in ids if text not in known])


def _batches(chosen: Sequence[tuple[str, Any]]) -> Iterator[Sequence[tuple[str, Any]]]:
    begin = points = 0
    limit = FIRST_BATCH_POINTS
    for number, (_, row) in enumerate(chosen):
        if number > begin and (points + row.count > limit or number - begin >= BATCH_SEQUENCES):
            yield chosen[begin:number]
            begin, points, limit = number, 0, BATCH_POINTS
        points += row.count
    if begin < len(chosen) or not chosen:
        yield chosen[begin:]


def _frames(
    view: View, request: ChartRequest, chosen: Sequence[tuple[str, Any]], missing: list[str]
) -> Iterator[bytes]:
    edges: tuple[float, float] | None = None
    if request.x == "step" and chosen:  # one grid for all, so that equal steps stay equal
        low, high = min(row.min_step for _, row in chosen), max(row.max_step for _, row in chosen)
        if request.is_log and low <= 0:
            low = min(1, high)  # no positive step is smaller
        edges = (float(low), float(high))
    index = view.index
    path = index.path
    batches = list(_batches(chosen))
    told: dict[str, Any] = {}
    if request.smoothing is not None:
        smoothing = request.smoothing
        if smoothing.distance is None:
            distance = index.with_repair(lambda: _find_distance(view, request, batches))
            smoothing = replace(smoothing, distance=distance)
            request = replace(request, smoothing=smoothing)
        told = {"smoothing_distance": smoothing.distance}
    for number, batch in enumerate(batches):
        is_last = number == len(batches) - 1
        more = {**told, "missing": missing} if is_last else told

        def work(
            batch: Sequence[tuple[str, Any]] = batch, is_last: bool = is_last, more: dict[str, Any] = more
        ) -> bytes:
            if index.path != path:  # rebuilt meanwhile, e.g. because it was damaged: the ids are others
                batch = _resolved(view, [text for text, _ in batch])
            return _frame(view, request, batch, edges, complete=is_last, **more)

        yield index.with_repair(work)


def _find_distance(view: View, request: ChartRequest, batches: Sequence[Sequence[tuple[str, Any]]]) -> float | None:
    """The distance to smooth over: one for all, so that curves that were sampled differently can be compared."""
    distances: list[float] = []
    known: npt.NDArray[Any] | None = None
    for batch in batches:
        # found again by their text: a repair in between gives new numbers
        rows = _resolved(view, [text for text, _ in batch])
        for x in _read_positions(view, request, rows)[1]:
            if x is known:
                continue
            known = x
            placed = x[np.isfinite(x)] if x.dtype.kind == "f" else x
            is_sorted = (placed[1:] >= placed[:-1]).all()
            distances.append(median_distance(placed if is_sorted else np.sort(placed)))
    return common_distance(distances)


def _read_positions(
    view: View, request: ChartRequest, batch: Sequence[tuple[str, Any]]
) -> tuple[list[Any], Iterator[npt.NDArray[Any]]]:
    """The columns of sequences, and the x of their points."""
    name = metric_of(request.x)
    columns = read_points(
        view,
        [row for _, row in batch],
        steps=request.x == "step" or name is not None,
        epochs=request.x == "epoch",
        times=request.x in ("time", "relative_time"),
        attempts=request.attempts,
    )
    partners = _read_partners(view, name, [row for _, row in batch], request.attempts) if name is not None else {}
    starts: dict[str, float] = {}
    if request.x == "relative_time":
        with view.connect() as connection:
            starts = find_starts(connection, [row for _, row in batch])
    return columns, (
        positions(request.x, column, row, partners.get(row.id), starts=starts)
        for (_, row), column in zip(batch, columns, strict=True)
    )


def _resolved(view: View, ids: Sequence[str]) -> list[tuple[str, Any]]:
    with view.connect() as connection:
        found = resolve_ids(connection, ids) | resolve_expression_ids(connection, ids)
    return [(text, found[text]) for text in ids if text in found]


def _frame(
    view: View,
    request: ChartRequest,
    batch: Sequence[tuple[str, Any]],
    edges: tuple[float, float] | None,
    *,
    complete: bool,
    **more: Any,
) -> bytes:
    columns, places = _read_positions(view, request, batch)
    builder = FrameBuilder()
    since = request.since or {}
    cutters: dict[float | None, CurveCutter] = {}
    entries: list[dict[str, Any]] = []
    for (text, row), column, x in zip(batch, columns, places, strict=True):
        assert column.values is not None
        # a new point may change every value of an expression: all of it is sent again
        begin = since.get(text) if row.id >= 0 else None
        cutter = cutters.get(begin)
        if cutter is None:
            cutter = cutters[begin] = CurveCutter(
                buckets=request.buckets,
                x_range=request.range if begin is None else (begin, math.inf),
                edges_range=edges,
                exact_below=request.exact_below,
                smoothing=request.smoothing,
                log_x=request.is_log,
                log_y=request.is_y_log,
            )
        curve = cutter.cut(x, column.values)
        entry = _entry(builder, text, row, curve, is_precise=request.is_precise)
        resumed = [float(x[at]) for at in getattr(column, "begins", ()) if math.isfinite(x[at])]
        if resumed:
            entry["resumed"] = resumed
        entries.append(entry if begin is None else {**entry, "before": curve.before})
    return builder.encode(entries, complete=complete, **more)


def _read_partners(view: View, name: str, rows: Sequence[Any], attempts: Attempts) -> dict[int, Any]:
    with view.connect() as connection:
        numbers = find_partners(connection, name, rows)
    ids = list(dict.fromkeys(numbers.values()))
    columns = dict(zip(ids, view.index.read_columns(ids, is_shared=True, attempts=attempts), strict=True))
    return {row_id: columns[number] for row_id, number in numbers.items()}


_EXACT_STEP_MAX: Final = 2**53


def _count_rounded(x: np.ndarray[Any, Any]) -> tuple[int, int]:
    """How many steps beyond 2**53 are not a float64, and how many share one with the step before.

    A chart shows the former somewhere else than they are, and has one place for the latter.
    """
    if x.dtype.kind not in "iu" or len(x) == 0 or (x[0] >= -_EXACT_STEP_MAX and x[-1] <= _EXACT_STEP_MAX):
        return 0, 0
    places = x.astype(np.float64)
    with np.errstate(invalid="ignore"):  # 2**63, which the last steps round to, is not an int64
        rounded = np.count_nonzero((places.astype(x.dtype) != x) | (places >= 2.0**63))
    return int(rounded), int(np.count_nonzero((x[1:] != x[:-1]) & (places[1:] == places[:-1])))


def _entry(builder: FrameBuilder, text: str, row: Any, curve: Curve, *, is_precise: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": text,
        "run": row.hash,
        "name": row.name,
        "context": parse_context(row.context),
        "x": builder.add_x(curve.x),
        "last": builder.add_values(curve.last, exact=is_precise),
        "total": curve.total,
        "exact": curve.buckets is None,
        "nonfinite": curve.nonfinite,
        "nonfinite_total": curve.nonfinite_total,
    }
    if curve.unplaced:
        entry["unplaced"] = curve.unplaced
    rounded, merged = _count_rounded(curve.x) if curve.buckets is None else (0, 0)
    if rounded:
        entry |= {"rounded": rounded, "exact": False}
    if merged:
        entry["merged"] = merged
    if curve.buckets is not None:
        entry["first"] = builder.add_values(curve.buckets.first, exact=is_precise)
        entry["min"] = builder.add_values(curve.buckets.low, exact=is_precise)
        entry["max"] = builder.add_values(curve.buckets.high, exact=is_precise)
        entry["count"] = builder.add_counts(curve.buckets.count)
        if curve.buckets.positive is not None and curve.buckets.hidden is not None:
            entry["positive"] = builder.add_values(curve.buckets.positive, exact=is_precise)
            entry["hidden"] = builder.add(curve.buckets.hidden, "u4")
    if curve.smooth is not None:
        stays = curve.smooth is curve.last
        entry["smooth"] = entry["last"] if stays else builder.add_values(curve.smooth, exact=is_precise)
    return entry
