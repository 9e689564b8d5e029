"""Where the points of a sequence are on the x axis of a chart: at steps, epochs, times, or at another metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, select

from aim.explore.named_sequences import CONTEXT, NAME, select_sequences
from aim.index.sql import tables as t
from aim.schema.names import parse_context

__all__ = ["METRIC_PREFIX", "at_steps", "find_partners", "find_starts", "metric_of", "positions"]

METRIC_PREFIX: Final = "metric:"
"""``metric:loss`` is the axis on which a point is at the value of ``loss`` at its step."""

_BATCH: Final = 500


def metric_of(axis: str) -> str | None:
    """The name of the metric that an axis is, or None."""
    return axis[len(METRIC_PREFIX) :] if axis.startswith(METRIC_PREFIX) else None


def positions(
    axis: str, column: Any, row: Any, partner: Any = None, *, starts: Mapping[str, float] | None = None
) -> npt.NDArray[Any]:
    """The x of each point.

    Args:
        axis: ``step``, ``epoch``, ``time`` (Unix, in seconds), ``relative_time`` (in seconds since the run began)
            or ``metric:<name>``.
        column: The columns of the sequence that the axis needs.
        row: The sequence, as :func:`aim.explore.curves.ids.resolve_ids` has it.
        partner: Steps and values of the metric that is the axis; None: there is none, so no point has a place.
        starts: By hash, when the runs began, as :func:`find_starts` has it; the axis ``relative_time`` needs it.
    """
    found: npt.NDArray[Any]
    if axis == "step":
        found = column.steps
    elif axis == "epoch":
        found = column.epochs
    elif axis == "time":
        found = column.times
    elif axis == "relative_time":
        assert starts is not None
        found = column.times - starts[row.hash]
    elif partner is None:
        found = np.full(len(column.steps), np.nan)
    else:
        found = at_steps(column.steps, partner.steps, partner.values)
    return found


def at_steps(
    steps: npt.NDArray[np.int64], other_steps: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The values of another sequence at these steps, NaN where it has none; of several at one step the last."""
    found = np.full(len(steps), np.nan)
    if len(other_steps) == 0:
        return found
    if not (other_steps[1:] >= other_steps[:-1]).all():
        order = np.argsort(other_steps, kind="stable")
        other_steps, values = other_steps[order], values[order]
    at = np.searchsorted(other_steps, steps, side="right") - 1
    is_there = (at >= 0) & (other_steps[np.maximum(at, 0)] == steps)
    found[is_there] = values[at[is_there]]
    return found


def find_starts(connection: Connection, rows: Sequence[Any]) -> dict[str, float]:
    """By hash, when the runs of sequences began, in Unix seconds.

    That is when they were created; or the time of their first point if that is earlier, as it is where logs
    were read in afterwards.
    """
    s, r = t.sequence.c, t.run.c
    hashes = list({row.hash for row in rows})
    starts: dict[str, float] = {}
    for begin in range(0, len(hashes), _BATCH):
        statement = (
            select(r.hash, r.created_at, func.min(s.first_time))
            .select_from(t.sequence.join(t.run, r.id == s.run_id))
            .where(r.hash.in_(hashes[begin : begin + _BATCH]))
            .group_by(r.hash, r.created_at)
        )
        for run_hash, created_at, first_time in connection.execute(statement).all():
            starts[run_hash] = min((at for at in (created_at, first_time) if at is not None), default=0.0)
    return starts


def find_partners(connection: Connection, name: str, rows: Sequence[Any]) -> dict[int, int]:
    """For each sequence the one of the same run that is called `name`, by ids.

    Contexts must not contradict each other: of several, the one that shares most keys, then the one with fewest others.
    Where all contradict, but the run has just one of that name, there is no doubt which is meant.
    """
    s, r = t.sequence.c, t.run.c
    hashes = list({row.hash for row in rows})
    by_run: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for start in range(0, len(hashes), _BATCH):
        statement = (
            select_sequences(r.hash, s.id, CONTEXT)
            .where(name == NAME, r.hash.in_(hashes[start : start + _BATCH]))
            .order_by(s.id)
        )
        for run_hash, number, context in connection.execute(statement).all():
            by_run.setdefault(run_hash, []).append((number, parse_context(context)))
    partners: dict[int, int] = {}
    for row in rows:
        own = parse_context(row.context)
        best: tuple[int, int] | None = None
        for number, context in by_run.get(row.hash, ()):
            shared = own.keys() & context.keys()
            if any(own[key] != context[key] for key in shared):
                continue
            fit = (len(shared), -len(context))
            if best is None or fit > best:
                best = fit
                partners[row.id] = number
        if best is None and len(by_run.get(row.hash, ())) == 1:
            partners[row.id] = by_run[row.hash][0][0]
    return partners
