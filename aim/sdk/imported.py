"""Writing down what another tool recorded: with its times, in the run directories, a stream at a time.

A *stream* is one file of the other tool. Each time that more of it is taken in, a writer of its own does it, and says
first where it begins and at its end how far it came. An import that was killed in the middle is gone on with: what its
writer had written is counted, and that many points are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aim.schema import events as ev
from aim.schema.records import POINT_RECORD_BYTES
from aim.sdk.session import repo_for_writing
from aim.storage.layout import RepoLayout, stream_name
from aim.storage.open_run import open_new_run, open_resumed_run
from aim.storage.reader import read_run
from aim.storage.repo_files import find_repo, resolve_repo, working_directory
from aim.version import __version__

if TYPE_CHECKING:
    from aim.storage.writer import WriterSequence

__all__ = ["ImportedRun", "StreamWriter", "Watermark", "find_target"]

_KIND = "import"


@dataclass(frozen=True, slots=True)
class Watermark:
    """How much of a stream a run holds."""

    offset: int = 0
    """Where in the other tool's file to go on."""
    skip: int = 0
    """How many points from there on are in the run already."""
    mark: str = ""
    """What tells whether the file is the one that was read."""


def find_target(repo: str | os.PathLike[str] | None, *, dry_run: bool = False) -> RepoLayout:
    """The repo to import into, chosen as by :class:`aim.Session`; made if there is none, save for a dry run.

    Raises:
        RepoError: it cannot be made or opened.
    """
    if not dry_run:
        return repo_for_writing(repo)
    if repo is None:
        repo = os.environ.get("AIM_REPO") or None
    return (find_repo() or resolve_repo(working_directory())) if repo is None else resolve_repo(repo)


class ImportedRun:
    """A run that another tool recorded.

    Args:
        layout: Where to write it, see :func:`find_target`.
        run_hash: 24 hex digits that stand for it, the same in every import of it.
        name, experiment: What it is called if it is new.
        source: Which tool recorded it; ``run.source`` in queries.
    """

    def __init__(
        self,
        layout: RepoLayout,
        run_hash: str,
        *,
        name: str,
        experiment: str,
        source: str,
    ) -> None:
        self._layout = layout
        self.hash = run_hash
        self.name = name
        self.experiment = experiment
        self.source = source
        self._state = read_run(self._layout.run_dir(run_hash), run_hash).state

    @property
    def is_new(self) -> bool:
        """Whether nothing of it was taken in before."""
        return not self._state.writers

    def watermark(self, stream: str) -> Watermark:
        """How much of a stream was taken in by earlier imports."""
        found = Watermark()
        for value in self._state.records.get(_KIND, ()):
            if not isinstance(value, dict) or value.get("stream") != stream:
                continue
            offset, mark = value.get("offset"), value.get("mark")
            if not isinstance(offset, int) or not isinstance(mark, str):
                continue
            if value.get("is_done"):
                found = Watermark(offset, 0, mark)
            else:
                skip = value.get("skip") if isinstance(value.get("skip"), int) else 0
                found = Watermark(offset, int(skip or 0) + self._points_of(str(value.get("writer"))), mark)
        return found

    def _points_of(self, writer: str) -> int:
        path = Path(self._layout.run_dir(self.hash)) / stream_name(writer, "points")
        return path.stat().st_size // POINT_RECORD_BYTES if path.is_file() else 0

    def open_stream(self, stream: str, begin: Watermark, *, attempt: int = 1, started_at: float) -> StreamWriter:
        """Begin to write what comes next of a stream.

        Args:
            stream: Name of the stream, unique in the run.
            begin: From where on.
            attempt: Streams of a later attempt replace the points of earlier ones at the same steps.
            started_at: When the other tool began to write it, Unix seconds.
        """
        return StreamWriter(self, stream, begin, attempt, started_at)


class StreamWriter:
    """Writes points of one stream, until :meth:`done`, or :meth:`give_up`."""

    def __init__(self, run: ImportedRun, stream: str, begin: Watermark, attempt: int, started_at: float) -> None:
        self._run = run
        self._stream = stream
        self._mark = begin.mark
        self._now = started_at
        layout = run._layout
        if run.is_new:
            self._writer = open_new_run(
                layout,
                run.hash,
                name=run.name,
                experiment=run.experiment,
                aim_version=__version__,
                clock=lambda: self._now,
            )
            self._writer.event({"type": ev.SET, "field": "source", "value": run.source})
        else:
            self._writer = open_resumed_run(
                layout, run.hash, attempt=attempt, aim_version=__version__, clock=lambda: self._now
            )
        run._state = read_run(layout.run_dir(run.hash), run.hash).state
        self._say(begin.offset, skip=begin.skip, is_done=False)

    def _say(self, offset: int, *, skip: int = 0, is_done: bool) -> None:
        value = {
            "stream": self._stream,
            "writer": self._writer.id,
            "offset": offset,
            "mark": self._mark,
            **({"skip": skip} if skip else {}),
            **({"is_done": True} if is_done else {}),
        }
        self._writer.event({"type": ev.RECORD, "kind": _KIND, "value": value})

    def sequence(self, name: str, context: Mapping[str, Any] | None) -> WriterSequence:
        """Declare a sequence; its ``id`` is for the records.

        Raises:
            InvalidValueError: the name or the context cannot be recorded.
        """
        return self._writer.sequence(name, context)

    def write(self, records: bytes, sequences: list[WriterSequence]) -> None:
        """Append whole records, see ``POINT_FIELDS`` in :mod:`aim.schema.records`.

        Raises:
            OSError: they could not be written; the import can be gone on with later.
        """
        self._writer.append_records(records, sequences)
        if self._writer.lost_points:
            raise self._writer.points.error or OSError(5, "points could not be written", self._writer.run_dir)

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Merge params into those of the run."""
        self._writer.event({"type": ev.PARAMS, "path": [], "value": dict(params)})

    def done(self, offset: int, ended_at: float) -> None:
        """Everything up to `offset` is written; `ended_at`: the time of the last of it, Unix seconds."""
        self._now = max(self._now, ended_at)
        self._say(offset, is_done=True)
        self._writer.close("finished")

    def give_up(self) -> None:
        """Leave it as it is, for a later import to go on with."""
        self._writer.close("interrupted")
