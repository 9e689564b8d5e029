"""What a run's markers say, taken along into another repo: the ledger and the end of writers that ended wordlessly."""

from __future__ import annotations

import os
from contextlib import suppress

from aim.schema.runstate import RunState
from aim.storage.reading.standing import run_markers
from aim.storage.reading.status import Marker, find_closed_marker, read_active_markers
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.markers import closed_day

__all__ = ["carry_markers"]

_LIMIT_BYTES = 4096
"""More than a marker has."""


def carry_markers(source: RepoLayout, target: RepoLayout, state: RunState, *, is_moved: bool = False) -> None:
    """Give the markers of a run's writers without an end to the repo that it was copied or moved to.

    What cannot be written is left out: the run is there, and has crashed at a time that is not known.

    Args:
        source, target: From where and to where.
        state: The run's merged events.
        is_moved: The run directory itself, within a file system: who writes to it goes on doing so, and his marker gets
            a name in the other repo too, so that it beats for both.
    """
    for marker in run_markers(state, read_active_markers(source), lambda *name: find_closed_marker(source, *name)):
        with suppress(OSError):
            if is_moved and os.path.dirname(marker.path) == source.active:
                files.link(
                    source.root, marker.path, target.marker_path(marker.run, marker.writer), new_root=target.root
                )
            else:
                _copy(source, target, marker)


def _copy(source: RepoLayout, target: RepoLayout, marker: Marker) -> None:
    data = files.read_bytes(source.root, marker.path, _LIMIT_BYTES)
    day = os.path.join(target.closed, closed_day(marker.mtime))
    files.make_folders(target.root, day)
    path = os.path.join(day, os.path.basename(marker.path))
    fd = files.open_file(target.root, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        files.write_fd(fd, data)
        os.utime(fd if os.utime in os.supports_fd else path, (marker.mtime, marker.mtime))
    finally:
        os.close(fd)
