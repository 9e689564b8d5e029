"""Points that no longer count because their writer restarted: ``SessionLog START``, which torch's `purge_step` writes.

As in TensorBoard's EventAccumulator: of everything before such an event, in its file or an earlier one of the
directory, the points from the event's step on are dropped, for every tag.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aim.importers.tensorboard.format.event_file import Piece, Points

__all__ = ["Restarts"]


class Restarts:
    """The restarts that affect one file.

    Attributes:
        own: (number of the record in the file, step) of those in it, in the order of the file.
        later: The lowest step of those in later files; None if there is none.
        dropped: How many points they drop.
    """

    def __init__(self, own: Sequence[tuple[int, int]] = (), later: int | None = None) -> None:
        self.own = list(own)
        self.later = later
        self.dropped = 0
        self._records = 0
        self._last_step: int | None = None

    @property
    def first_step(self) -> int | None:
        """The lowest step of those in the file."""
        return min((step for _, step in self.own), default=None)

    @property
    def mark(self) -> str:
        """Identifies what was dropped; empty if nothing was."""
        return f"{self.later};{self.own}" if self.dropped else ""

    @property
    def begin(self) -> int:
        """How many records were read: the number of the next one."""
        return self._records

    def reaches(self, step: int) -> bool:
        """Whether a point with this step or a higher one was read."""
        return self._last_step is not None and self._last_step >= step

    def take(self, piece: Piece) -> bool:
        """Drop from the next piece what does not count. True if a restart in it drops points of earlier pieces."""
        is_late = False
        for restart in piece.restarts:
            found = (self._records + restart.ordinal, restart.step)
            if found not in self.own:
                self.own.append(found)
                is_late = is_late or self.reaches(restart.step)
        self.drop(piece, self._records)
        self._records += piece.records
        steps = [int(points.steps.max()) for points in piece.points.values()]
        if steps:
            self._last_step = max(steps) if self._last_step is None else max(self._last_step, *steps)
        return is_late

    def drop(self, piece: Piece, begin: int) -> None:
        """Drop from a piece what does not count. Its first record has the number `begin`."""
        ahead = [(number - begin, step) for number, step in self.own if number > begin]
        if self.later is None and not ahead:
            return
        kept = {}
        for tag, points in piece.points.items():
            counts = np.ones(len(points.steps), np.bool_) if self.later is None else points.steps < self.later
            for number, step in ahead:
                counts &= (points.ordinals >= number) | (points.steps < step)
            if counts.all():
                kept[tag] = points
                continue
            self.dropped += int(len(counts) - counts.sum())
            if counts.any():
                kept[tag] = Points(
                    points.ordinals[counts], points.times[counts], points.steps[counts], points.values[counts]
                )
        piece.points = kept
