"""Importing what another tool recorded: with its times, into run directories, one stream at a time.

A *stream* is one file of the other tool. Each time that more of it is imported, a new writer does so, and notes first
where it begins and at its end how far it came. An import that was killed in the middle is continued: the points that
its writer had written are counted, and that many are skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aim.schema import events as ev
from aim.schema import run_edits
from aim.schema.records import POINT_RECORD_BYTES
from aim.sdk.recording.opening import repo_for_writing
from aim.storage.reading.events import read_run
from aim.storage.reading.streams import list_streams
from aim.storage.repo.import_lock import import_lock
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import find_repo, named_repo, resolve_repo, working_directory
from aim.storage.writing.open_run import open_run
from aim.storage.writing.request import RunRequest
from aim.version import __version__

if TYPE_CHECKING:
    from aim.storage.writing.sequence import WriterSequence

__all__ = ["ImportedRun", "StreamWriter", "Watermark", "find_target", "import_lock"]

_KIND = "import"


@dataclass(frozen=True, slots=True)
class Watermark:
    """How much of a stream a run holds."""

    offset: int = 0
    """Where in the other tool's file to continue."""
    skip: int = 0
    """How many points from there on are in the run already."""
    mark: str = ""
    """Shows whether the file is the one that was read."""


def find_target(repo: str | os.PathLike[str] | None, *, dry_run: bool = False) -> RepoLayout:
    """The repo to import into, chosen as by :class:`aim.Session`; created if there is none, except in a dry run.

    Raises:
        RepoError: it cannot be created or opened.
    """
    if not dry_run:
        return repo_for_writing(repo)
    repo = named_repo(repo)
    return (find_repo() or resolve_repo(working_directory())) if repo is None else resolve_repo(repo)


class ImportedRun:
    """A run that another tool recorded.

    Args:
        layout: Where to write it, see :func:`find_target`.
        run_hash: 24 hex digits, the same in every import of the run.
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
        """Whether nothing of it was imported before."""
        return not self._state.writers

    def holds(self, stream: str) -> bool:
        """Whether an earlier import began to import a stream."""
        return any(value.get("stream") == stream for value in self._imports())

    def watermark(self, stream: str, mark: str) -> Watermark:
        """How much of a file earlier imports took in.

        Args:
            stream: Name of the stream.
            mark: Of the file that is there now. What was read of another file of this name does not count.
        """
        found = Watermark(mark=mark)
        latest = (0, False)
        for value in self._imports():
            offset, writer, is_done = value.get("offset"), str(value.get("writer")), bool(value.get("is_done"))
            if value.get("stream") != stream or value.get("mark") != mark or not isinstance(offset, int):
                continue
            # In the order of the writers: the times of events are those of the other tool, and need not rise.
            order = (_ordinal(writer), is_done)
            if order < latest:
                continue
            latest = order
            if is_done:
                found = Watermark(offset, 0, mark)
            else:
                skip = value.get("skip") if isinstance(value.get("skip"), int) else 0
                found = Watermark(offset, int(skip or 0) + self._points_of(writer), mark)
        return found

    def _imports(self) -> Iterator[dict[str, Any]]:
        return (value for value in self._state.records.get(_KIND, ()) if isinstance(value, dict))

    def _points_of(self, writer: str) -> int:
        streams = list_streams(self._layout.run_dir(self.hash))
        return sum(s.size_bytes // POINT_RECORD_BYTES for s in streams if s.writer == writer and s.kind == "points")

    def open_stream(self, stream: str, begin: Watermark, *, attempt: int = 1, started_at: float) -> StreamWriter:
        """Begin to write what comes next of a stream.

        Args:
            stream: Name of the stream, unique in the run.
            begin: From where on.
            attempt: Streams of a later attempt replace the points of earlier ones at the same steps.
            started_at: When the other tool began to write it, Unix seconds.
        """
        return StreamWriter(self, stream, begin, attempt, started_at)


def _ordinal(writer: str) -> int:
    """Writers of a run are counted; imports come one after another, so a later one has a higher number."""
    number = writer.partition("-")[0]
    return int(number) if number.isdecimal() else 0


class StreamWriter:
    """Writes points of one stream, until :meth:`done`, or :meth:`give_up`."""

    def __init__(self, run: ImportedRun, stream: str, begin: Watermark, attempt: int, started_at: float) -> None:
        self._run = run
        self._stream = stream
        self._mark = begin.mark
        self._now = started_at
        layout = run._layout
        request = RunRequest(
            run.hash,
            name=run.name,
            experiment=run.experiment,
            is_new=run.is_new,
            attempt=attempt,
            is_import=True,
            aim_version=__version__,
        )
        self._writer = open_run(layout, request, clock=lambda: self._now)
        if request.is_new:
            self._writer.event(run_edits.set_source(run.source))
        run._state = read_run(layout.run_dir(run.hash), run.hash).state
        self._note(begin.offset, skip=begin.skip, is_done=False)

    def _note(self, offset: int, *, skip: int = 0, is_done: bool) -> None:
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
            OSError: they could not be written; the import can be continued later.
        """
        self._writer.append_records(records, sequences)
        if self._writer.losses.lost_points:
            raise self._writer.points.error or OSError(5, "points could not be written", self._writer.run_dir)

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Merge params into those of the run."""
        self._writer.event({"type": ev.PARAMS, "path": [], "value": dict(params)})

    def done(self, offset: int, ended_at: float) -> None:
        """Everything up to `offset` is written; `ended_at`: the time of the last of it, Unix seconds."""
        self._now = max(self._now, ended_at)
        self._note(offset, is_done=True)
        self._writer.close("finished")

    def give_up(self) -> None:
        """Leave it as it is, for a later import to continue."""
        self._writer.close("interrupted")
