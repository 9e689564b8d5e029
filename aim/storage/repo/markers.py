"""Markers: one small file per writer that has not ended, so that ended runs need not be read.

A marker is made at open in ``active/`` and renamed into ``closed/<UTC day>/`` at close. It is 512 bytes from the
start, so rewriting it (the loss ledger of a full disk) needs no space. Its mtime is the writer's heartbeat.
"""

from __future__ import annotations

import os
import time
from typing import Any, Final

from aim.schema.jsonvalues import from_json, to_json
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.process import boot_id, host_name, pid_namespace, process_start

__all__ = ["CLOSED_MARKER_DAYS", "MARKER_BYTES", "MarkerFile", "closed_day", "parse_marker"]

MARKER_BYTES: Final = 512

CLOSED_MARKER_DAYS: Final = 90
"""How long markers of ended writers are kept: older ones may be pruned.

An index learns from them which runs ended since it looked last, so one that last looked longer ago than this compares
every run directory instead.
"""


def closed_day(unix_s: float) -> str:
    """The day folder under ``closed/`` for a time: the UTC date."""
    return time.strftime("%Y-%m-%d", time.gmtime(unix_s))


def parse_marker(data: bytes) -> dict[str, Any]:
    """The fields of a marker; {} if it is torn or empty."""
    try:
        fields = from_json(data.decode("ascii"))
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


class MarkerFile:
    """The writing side of one marker. Methods raise OSError; the caller decides what that means.

    Args:
        layout: The repo.
        run_hash, writer: Whose marker.
        opened_at: Unix seconds.
    """

    __slots__ = ("_fields", "_layout", "name", "path")

    def __init__(self, layout: RepoLayout, run_hash: str, writer: str, opened_at: float) -> None:
        self._layout = layout
        self.name = f"{run_hash}.{writer}"
        self.path = os.path.join(layout.active, self.name)
        pid = os.getpid()
        self._fields: dict[str, Any] = {
            "host": host_name()[:100],
            "boot": boot_id(),
            "pid_ns": pid_namespace(),
            "pid": pid,
            "start": process_start(pid),
            "opened_at": opened_at,
        }

    def _bytes(self) -> bytes:
        text = to_json(self._fields)
        if len(text) >= MARKER_BYTES:  # a name or a cause of unusual length: the counts matter more
            text = to_json({key: value for key, value in self._fields.items() if key != "causes"})
        return text.ljust(MARKER_BYTES - 1).encode("ascii") + b"\n"

    def write(self, **fields: Any) -> None:
        """Write the marker with `fields` added to it; the file is made if it is not there."""
        self._fields.update(fields)
        fd = files.open_file(self._layout.root, self.path, os.O_WRONLY | os.O_CREAT)
        try:
            # so that a copy, made with the whole repo or run, is not taken for the marker of a live process
            self._fields["inode"] = f"{os.fstat(fd).st_ino:x}"
            data = self._bytes()
            if os.write(fd, data) != len(data):
                raise OSError(28, "the marker was written only in part", self.path)
        finally:
            os.close(fd)

    def beat(self) -> None:
        """Show that the writer lives; a marker that was removed is written again."""
        try:
            files.touch(self._layout.root, self.path)
        except FileNotFoundError:
            files.make_folders(self._layout.root, self._layout.active)
            self.write()

    def retire(self, closed_at: float) -> None:
        """Move the marker to ``closed/``."""
        root, day = self._layout.root, os.path.join(self._layout.closed, closed_day(closed_at))
        try:
            files.rename(root, self.path, os.path.join(day, self.name))
        except FileNotFoundError:
            files.make_folders(root, day)
            files.rename(root, self.path, os.path.join(day, self.name))
