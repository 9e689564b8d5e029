"""Points that no longer count since their writer began anew: ``SessionLog START``, which torch's `purge_step` writes.

As TensorBoard's EventAccumulator has it: what stands before such an event, in its file or an earlier one of the
directory, is dropped from the step of the event on, of every tag.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aim.importers.tensorboard.format.event_file import Piece, Points

__all__ = ["Restarts"]


class Restarts:
    """The restarts that concern one file.

    Attributes:
        own: (number of the record in the file, step) of those in it, in its order.
        later: The lowest step of those in later files; None if there is none.
        dropped: How many points do not count by them.
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
        """Stands for what was dropped; empty if nothing was."""
        return f"{self.later};{self.own}" if self.dropped else ""

    @property
    def begin(self) -> int:
        """How many records were taken: the number of the next one."""
        return self._records

    def reaches(self, step: int) -> bool:
        """Whether a point was taken with this step or a higher one."""
        return self._last_step is not None and self._last_step >= step

    def take(self, piece: Piece) -> bool:
        """Drop from the next piece what does not count; True if a restart in it drops points of earlier pieces."""
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
        """Drop what does not count from a piece whose first record has the number `begin`."""
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
