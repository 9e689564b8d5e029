"""The loss ledger of a writer while it counts."""

from __future__ import annotations

import errno
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aim.schema.runstate import LossLedger

__all__ = ["Losses", "error_name", "without_frames"]


class Losses:
    """What a writer could not keep so far; the counts are those of :class:`aim.schema.runstate.LossLedger`.

    The caller holds the writer's lock. Counts are read and changed without a call between, so that a signal handler
    that counts too comes before or after.
    """

    __slots__ = ("causes", "lost_events", "lost_points", "rejected", "unsynced")

    def __init__(self) -> None:
        self.lost_points = 0
        self.lost_events = 0
        self.rejected = 0
        self.unsynced = 0
        self.causes: defaultdict[str, int] = defaultdict(int)

    def counts(self) -> dict[str, Any]:
        """The keys of a ``loss`` event."""
        return {
            "lost_points": self.lost_points,
            "lost_events": self.lost_events,
            "rejected": self.rejected,
            "unsynced": self.unsynced,
            "causes": dict(self.causes),
        }

    def counts_if_any(self) -> dict[str, Any] | None:
        """The same; None if nothing was lost."""
        if not (self.lost_points or self.lost_events or self.rejected or self.unsynced):
            return None
        return self.counts()

    def ledger(self) -> LossLedger:
        """A snapshot."""
        from aim.schema.runstate import LossLedger  # only code that reads loads it

        return LossLedger(
            self.lost_points, self.lost_events, self.rejected, self.unsynced, tuple(sorted(self.causes.items()))
        )


def error_name(error: OSError) -> str:
    """The cause that an error of the disk is counted under, e.g. "ENOSPC"."""
    return errno.errorcode.get(error.errno or 0, "EIO")


def without_frames(error: OSError) -> OSError:
    """The error to be kept: with its frames it would hold the caller's session, which ends when nobody holds it."""
    error.__traceback__ = error.__context__ = None
    return error
