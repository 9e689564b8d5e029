"""The words for how a run stands: what they are, which of them a run may still leave, which a person may set.

A status is derived whenever it is asked for (:mod:`aim.storage.reading.standing`); only how a writer ended is stored.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ACTIVE",
    "CRASHED",
    "ENDED_WORST_FIRST",
    "FAILED",
    "FINISHED",
    "INTERRUPTED",
    "REPORTABLE",
    "RUNNING",
    "STALLED",
    "STATUSES",
    "UNCERTAIN",
]

RUNNING: Final = "running"
STALLED: Final = "stalled"
"""Silent, but not known to be over: suspended, waiting for a disk, or on a host whose processes cannot be seen."""
FINISHED: Final = "finished"
FAILED: Final = "failed"
INTERRUPTED: Final = "interrupted"
CRASHED: Final = "crashed"
"""Ended without saying so, e.g. killed or by a power cut. Only readers conclude it, no process reports it."""

STATUSES: Final = (RUNNING, STALLED, FINISHED, FAILED, INTERRUPTED, CRASHED)

ACTIVE: Final = (RUNNING, STALLED)
"""Points may still come."""

ENDED_WORST_FIRST: Final = (FAILED, CRASHED, INTERRUPTED, FINISHED)

REPORTABLE: Final = (FINISHED, FAILED, INTERRUPTED)
"""How a process, or a person in its place, may say that a run ended."""

UNCERTAIN: Final = STALLED
"""Of a run that has no stored end and whose markers have not been read yet."""
