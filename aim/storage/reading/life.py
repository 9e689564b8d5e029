"""When a writer gave its last sign of life, and how long a run paused between its attempts. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Final

from aim.schema.limits import usable_time
from aim.schema.records import POINT_RECORD, POINT_RECORD_BYTES, RESERVED_SEQUENCE_IDS
from aim.storage.reading.streams import list_streams_in, open_stream
from aim.storage.repo import files
from aim.storage.repo.extents import read_at
from aim.storage.repo.layout import repo_of_run

__all__ = ["LastPoint", "last_point_at", "pauses_s"]

LastPoint = Callable[[str], float | None]
"""Gives the time of the last point of a writer, by its id; Unix seconds, None if it has none."""

_TAIL_RECORDS: Final = 128
"""How many records are read: the last ones may be torn, or a hole that a power cut left."""


def last_point_at(run_dir: str, writer: str, base: files.Base | None = None) -> float | None:
    """The time of the last point of a writer, Unix seconds; None if it has none, or none that can be read.

    Args:
        run_dir: The directory of its run.
        writer: Its id.
        base: An open folder above the directory, or the root of its repo.
    """
    try:
        with files.open_folder(base or repo_of_run(run_dir), run_dir) as folder:
            streams = [s for s in list_streams_in(folder, is_lenient=True) if s.writer == writer and s.kind == "points"]
            for stream in reversed(streams):
                at = _last_time(stream.path, folder)
                if at is not None:
                    return at
    except OSError:  # the status of the run is known all the same
        pass
    return None


def _last_time(path: str, folder: files.Folder) -> float | None:
    fd = open_stream(path, folder)
    try:
        size = os.fstat(fd).st_size
        stop = size - size % POINT_RECORD_BYTES
        start = max(0, stop - _TAIL_RECORDS * POINT_RECORD_BYTES)
        data = read_at(fd, start, stop - start)
    finally:
        os.close(fd)
    data = data[: len(data) - len(data) % POINT_RECORD_BYTES]
    times = [
        at
        for sequence, _, _, time, _ in POINT_RECORD.iter_unpack(data)
        if sequence not in RESERVED_SEQUENCE_IDS and (at := usable_time(time)) is not None
    ]
    return max(times, default=None)


def pauses_s(spans: Iterable[tuple[float, float]]) -> float:
    """The seconds in which none of some spans (begin, end) was, between the first begin and the last end."""
    total, until = 0.0, None
    for begin, end in sorted(spans):
        if until is not None and begin > until:
            total += begin - until
        until = end if until is None else max(until, end)
    return total
