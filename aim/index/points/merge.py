"""What is shown of a sequence that several writers fed: attempts (resumed runs) and ranks. Pure functions of arrays.

Attempts are laid one over the other. A point is hidden if a later attempt recorded its step again, and from where that
went back on: if it recorded two neighbouring steps again, every point from the lower of the first two on. So a training
that goes on from a checkpoint stands alone from there, while a single point, or some that are filled in, hide nothing
but what stood at their own steps. What is left keeps its order, and the attempts are merged by step.

Within an attempt every point is shown: those of all writers in time order, then by writer; a clock that went backwards
does not reorder the points of one writer. Nothing is dropped from the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from aim.schema.attempts import writer_order

__all__ = ["Attempts", "Piece", "every_order", "shown_order"]

Positions = npt.NDArray[np.intp]

Attempts = Literal["latest", "all"]
"""Which points are asked for: those that are shown, or those of all attempts."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The points of one writer (all its parts), in the order it wrote them."""

    writer: str
    attempt: int
    steps: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]


def shown_order(pieces: Sequence[Piece]) -> Positions:
    """Positions, in the concatenation of the pieces, of the points that are shown, in the order they are shown."""
    attempts = _by_attempt(pieces)
    shown, *later = (attempts[attempt] for attempt in sorted(attempts)) if attempts else [np.empty(0, np.intp)]
    if later:
        steps = np.concatenate([piece.steps for piece in pieces])
        for attempt in later:
            shown = _laid_over(steps, shown, attempt)
    return shown


def every_order(pieces: Sequence[Piece]) -> Positions:
    """Positions, in the concatenation of the pieces, of all points: by attempt, then time, then writer."""
    attempts = _by_attempt(pieces)
    return np.concatenate([np.empty(0, np.intp), *(attempts[attempt] for attempt in sorted(attempts))])


def _by_attempt(pieces: Sequence[Piece]) -> dict[int, Positions]:
    """The positions of the points of each attempt in their order; an attempt without points is not among them."""
    offsets = np.cumsum([0, *(len(piece.steps) for piece in pieces)])
    by_attempt: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        if len(piece.steps):
            by_attempt.setdefault(piece.attempt, []).append(number)
    attempts: dict[int, Positions] = {}
    for attempt, members in by_attempt.items():
        members.sort(key=lambda number: writer_order(pieces[number].writer))
        attempts[attempt] = _in_time_order([pieces[n] for n in members], [int(offsets[n]) for n in members])
    return attempts


def _in_time_order(pieces: list[Piece], offsets: list[int]) -> Positions:
    """Points of one attempt; the pieces come in the order of their writers."""
    own = [np.arange(offset, offset + len(piece.steps)) for piece, offset in zip(pieces, offsets, strict=True)]
    if len(own) == 1:
        return own[0]
    times = np.concatenate([np.maximum.accumulate(np.nan_to_num(piece.times)) for piece in pieces])
    return np.concatenate(own)[np.argsort(times, kind="stable")]


def _laid_over(steps: npt.NDArray[np.int64], below: Positions, above: Positions) -> Positions:
    """What is shown of the points `below`, and those of a later attempt, `above`."""
    earlier, later = steps[below], steps[above]
    low, high = later.min(), earlier.max()
    if low > high:
        return np.concatenate([below, above])
    reached = np.flatnonzero(earlier >= low)
    known, recorded = _distinct(earlier[reached]), _distinct(later)
    is_again = recorded[np.minimum(np.searchsorted(recorded, known), len(recorded) - 1)] == known
    neighbours = np.flatnonzero(is_again[:-1] & is_again[1:])
    is_shown = np.ones(len(below), np.bool_)
    if len(neighbours):
        begin = known[neighbours[0]]
        is_shown[reached] = earlier[reached] < begin
        reached = reached[is_shown[reached]]
    is_shown[reached] = ~is_again[np.searchsorted(known, earlier[reached])]
    kept = below[is_shown]
    before, after = np.maximum.accumulate(steps[kept]), np.maximum.accumulate(later)
    joined = np.concatenate([kept, above])
    if len(before) and before[-1] > after[0]:
        joined = joined[np.argsort(np.concatenate([before, after]), kind="stable")]
    return joined


def _distinct(steps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Each once, ascending; most are in that order already."""
    distinct = steps
    is_rise = steps[1:] > steps[:-1]
    if not is_rise.all():
        is_sorted = (steps[1:] >= steps[:-1]).all()
        distinct = steps[np.concatenate([[True], is_rise])] if is_sorted else np.unique(steps)
    return distinct
