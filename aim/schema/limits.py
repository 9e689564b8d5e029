"""How much of what others may have written is read: each limit with its unit and its reason.

A repo may hold what a stranger, a damaged disk or a faulty program wrote. A run that exceeds one of the limits on
files is left out and reported; a number beyond its limit is clamped or ignored. No limit is near to what Aim writes.
"""

from __future__ import annotations

import math
from typing import Any, Final

__all__ = [
    "MAX_CAUSES",
    "MAX_CONFIG_BYTES",
    "MAX_COUNT",
    "MAX_DAYS",
    "MAX_ERROR_CHARS",
    "MAX_EVENTS",
    "MAX_EVENTS_BYTES",
    "MAX_LINE_BYTES",
    "MAX_ORDINAL",
    "MAX_POINTS_FILE_BYTES",
    "MAX_STREAMS",
    "MAX_TIME_S",
    "MIN_TIME_S",
    "clamped_count",
    "time_after",
    "usable_time",
]

MIN_TIME_S: Final = -6e10
MAX_TIME_S: Final = 1e11
"""Unix seconds, the years 68 to 5138: what every calendar can show, in every time zone. Beyond, microseconds would be
lost. What comes after an event of the last moment has the same time, see :func:`time_after`."""

MAX_COUNT: Final = 2**53
"""Of one count of a loss ledger, and of the sum over a run: exact in JSON and in JavaScript, and fits into SQLite."""

MAX_CAUSES: Final = 100
"""Causes in one loss ledger: there are some dozen."""

MAX_ORDINAL: Final = 999_999
"""Of a writer: six digits, as in the pattern of file names."""

MAX_LINE_BYTES: Final = 64 * 2**20
"""Of one line of an events file: it is decoded as a whole. Writers give up at this size, too."""

MAX_EVENTS_BYTES: Final = 256 * 2**20
MAX_EVENTS: Final = 2_000_000
"""What the events files of one run hold together, zeros not counted: all of it is in memory at once. A job of 500 ranks
that declare 1,000 sequences each has half a million events in 100 MB."""

MAX_POINTS_FILE_BYTES: Final = 2**40
"""Of one points file: 34 billion points of one writer."""

MAX_STREAMS: Final = 250_000
"""Files of a run: a job of 10,000 ranks that was resumed ten times has 200,000."""

MAX_ERROR_CHARS: Final = 10_000
"""Of the type and message of the error that ended a run: with more, a table of runs would hold megabytes."""

MAX_DAYS: Final = 400
"""Day folders in ``closed/`` that are searched for a marker, newest first: those older than 90 days are pruned."""

MAX_CONFIG_BYTES: Final = 4 * 2**20
"""Of config.json: some thousand names of experiments and folders."""


def usable_time(value: Any) -> float | None:
    """A time in Unix seconds that a calendar can show; None if `value` is not one."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if MIN_TIME_S <= value <= MAX_TIME_S else None


def time_after(time: float) -> float:
    """A time for what comes after `time`: a microsecond later; far in the future the next float.

    At the very end it is the same: of events at the same time, that of the later writer wins.
    """
    return min(max(time + 1e-6, math.nextafter(time, math.inf)), MAX_TIME_S)


def clamped_count(value: Any) -> int:
    """A count that was read: 0 if it is not one, at most :data:`MAX_COUNT`."""
    return min(max(value, 0), MAX_COUNT) if isinstance(value, int) and not isinstance(value, bool) else 0
