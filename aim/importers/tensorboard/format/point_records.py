"""Points of event files as records of Aim's format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from aim.importers.tensorboard.format.event_file import Piece
from aim.schema.records import NO_EPOCH, POINT_FIELDS

__all__ = ["POINT_DTYPE", "PointRecords", "longest_silence", "time_span"]

POINT_DTYPE: Final = np.dtype(POINT_FIELDS)
_LAST_TIME: Final = 1e11  # in the year 5138; calendars end at 9999


class PointRecords:
    """Turns the pieces of one file into records, in the order of the file wherever its pieces start.

    Attributes:
        tags: Tag to sequence id, from 1, in the order of their first points.
    """

    def __init__(self) -> None:
        self.tags: dict[str, int] = {}

    def of(self, piece: Piece) -> npt.NDArray[np.void]:
        """(n,) records of POINT_FIELDS, without epochs."""
        new = [(int(points.ordinals[0]), tag) for tag, points in piece.points.items() if tag not in self.tags]
        for _, tag in sorted(new):
            self.tags[tag] = len(self.tags) + 1
        records = np.empty(sum(len(points.ordinals) for points in piece.points.values()), POINT_DTYPE)
        ordinals = np.empty(len(records), np.int64)
        begin = 0
        # by id, so that the order of several points in one event does not depend on where pieces start
        for tag in sorted(piece.points, key=self.tags.__getitem__):
            points = piece.points[tag]
            part = slice(begin, begin + len(points.ordinals))
            begin = part.stop
            ordinals[part] = points.ordinals
            block = records[part]
            block["sequence"] = self.tags[tag]
            block["step"] = points.steps
            block["time"] = points.times
            block["value"] = points.values
        records["epoch"] = NO_EPOCH
        return records[_order(ordinals, piece.records)]


def time_span(parts: Iterable[npt.NDArray[np.float64]]) -> tuple[float, float] | None:
    """The first and the last plausible time, Unix seconds; None if there is none.

    A writer of event files may give any number as the time. The points keep it; the start and end of a run come from
    plausible times only.
    """
    spans = []
    for times in parts:
        can_be = times[(times > 0) & (times < _LAST_TIME)]
        if len(can_be):
            spans.append((float(can_be.min()), float(can_be.max())))
    return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None


def longest_silence(parts: Iterable[npt.NDArray[np.float64]], before: float | None) -> float:
    """About the longest time between two consecutive times, in seconds; 0.0 if there are fewer than two.

    It is that of the tag with the most points: ordering the points of all tags would take a quarter of the time of
    reading them.

    Args:
        parts: Of each tag, in the order of the file, Unix seconds. Implausible ones are ignored.
        before: One more, earlier time; None: there is none.
    """
    times = max(parts, key=len, default=np.empty(0))
    times = times[(times > 0) & (times < _LAST_TIME)]
    if before is not None:
        times = np.append(before, times)
    return max(0.0, float(np.diff(times).max())) if len(times) > 1 else 0.0


def _order(ordinals: npt.NDArray[np.int64], records: int) -> npt.NDArray[np.intp]:
    """Positions that put points in the order of their events."""
    counts = np.bincount(ordinals, minlength=records)
    if len(ordinals) and counts.max() > 1:
        return np.argsort(ordinals, kind="stable")
    rank = np.cumsum(counts) - 1
    order = np.empty(len(ordinals), np.intp)
    order[rank[ordinals]] = np.arange(len(ordinals))
    return order
