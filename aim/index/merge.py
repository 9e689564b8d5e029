"""What is shown of a sequence that several writers fed: attempts (resumed runs) and ranks. Pure functions of arrays.

Per step range the highest attempt is shown: a point of an earlier attempt is hidden if its step lies between the
lowest and the highest step of a later one. Within an attempt the points of all ranks follow in time order, then by
writer; a clock that went backwards does not reorder the points of one writer. Nothing is dropped from the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from aim.schema.records import STEP_MAX

__all__ = ["Attempts", "Piece", "every_order", "shown_order", "writer_order"]

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


def writer_order(writer: str) -> tuple[int, str]:
    """Sort key of writer ids: by ordinal."""
    ordinal = writer.partition("-")[0]
    return (int(ordinal) if ordinal.isdecimal() else 0, writer)


def shown_order(pieces: Sequence[Piece]) -> Positions:
    """Positions, in the concatenation of the pieces, of the points that are shown, in the order they are shown."""
    attempts = _by_attempt(pieces)
    if len(attempts) > 1:
        return _by_highest_attempt(np.concatenate([piece.steps for piece in pieces]), attempts)
    return next(iter(attempts.values()), np.empty(0, np.intp))


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


def _by_highest_attempt(steps: npt.NDArray[np.int64], attempts: dict[int, Positions]) -> Positions:
    # The steps are cut where the range of any attempt begins or ends; each span belongs to the highest attempt over it.
    ranges = {attempt: (int(steps[at].min()), int(steps[at].max())) for attempt, at in attempts.items()}
    cuts = sorted({low for low, _ in ranges.values()} | {high + 1 for _, high in ranges.values() if high < STEP_MAX})
    owners = [max((a for a, (low, high) in ranges.items() if low <= cut <= high), default=0) for cut in cuts]
    shown = []
    place = []
    for attempt, at in attempts.items():
        # spans side by side of one owner count as one, so that an attempt whose steps are not sorted stays as it is
        span = np.searchsorted(np.array(cuts, np.int64), steps[at], "right") - 1
        is_owner = np.array([owner == attempt for owner in owners])[span]
        shown.append(at[is_owner])
        place.append(_joined(owners)[span[is_owner]])
    return np.concatenate(shown)[np.argsort(np.concatenate(place), kind="stable")]


def _joined(owners: list[int]) -> Positions:
    """A number for each span, the same for neighbours of one owner."""
    return np.cumsum([0, *(a != b for a, b in pairwise(owners))])
