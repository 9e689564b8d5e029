"""A sequence as its writer sees it: its id, and the steps that it gives out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aim.schema.runstate import SequenceIdentity

__all__ = ["WriterSequence"]


class WriterSequence:
    """A sequence of one writer.

    Attributes:
        id: Unique in the writer, from 1 on.
        holds, name, context: See :class:`aim.schema.runstate.SequenceDeclaration`.
        is_declared: Whether its declaration is in the events file.
    """

    __slots__ = ("context", "high", "holds", "id", "is_declared", "name", "steps")

    def __init__(self, number: int, identity: SequenceIdentity, first_step: int) -> None:
        self.id = number
        self.holds, self.name, self.context = identity
        self.is_declared = False
        self.high = first_step
        """One after the highest step seen: what the next automatic step would be."""
        self.steps: Iterator[int] | None = None
        """Gives the automatic steps; None: to be created from `high` on. A C iterator, so that a signal handler that
        tracks between two bytecodes of track cannot take the same step."""

    def next_step(self) -> int:
        """Take the next automatic step."""
        while (steps := self.steps) is None:
            high = self.high
            made = itertools.count(high)
            # no call from here on: a handler that tracks comes before (then we look again) or after, never between
            if self.steps is None and self.high == high:
                self.steps = made
        step = next(steps)
        if step >= self.high:  # not so if a signal handler tracked since
            self.high = step + 1
        return step

    def skip_to(self, step: int) -> None:
        """Let the next automatic step be `step`, unless it would be a later one anyway."""
        if step > self.high:
            self.high = step
            self.steps = None
