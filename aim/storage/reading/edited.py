"""Runs that another source reads in place, with the edits that were made of them: these are kept in run directories.

The files of other tools are never changed. Names, tags, notes and the like of their runs are events in
``runs/<hash>/``, applied over what the source presents; the run directories by themselves do not present such runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from aim.schema.names import DEFAULT_EXPERIMENT
from aim.schema.runstate import RunState, merge_params
from aim.schema.source import RunReading, RunStanding, Scan, Source, SourceReport, StreamListing
from aim.storage.reading.source import RunDirectorySource
from aim.storage.repo.layout import RepoLayout

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Copied", "EditedSource", "OwnRuns"]


@runtime_checkable
class Copied(Protocol):
    """A source whose runs may have been copied into the repo."""

    def copies(self) -> Mapping[str, str]:
        """The hash of each run to that of its copy."""
        ...


class EditedSource:
    """A source whose runs can be edited. See :class:`aim.schema.source.Source`.

    Args:
        source: Reads the runs; its scans alone decide which runs are presented.
        layout: The repo that holds the edits.
        problems: What is wrong with how the repo names what the source reads, one per line; part of its report.
    """

    def __init__(self, source: Source, layout: RepoLayout, *, problems: Sequence[str] = ()) -> None:
        self._source = source
        self._problems = tuple(problems)
        self._edits = RunDirectorySource(layout)
        self._hashes: frozenset[str] = frozenset()
        self._copied: frozenset[str] = frozenset()
        """Runs of which an import made a copy in this repo: it is shown in their place."""

    @property
    def name(self) -> str:
        """That of the source."""
        return self._source.name

    @property
    def hashes(self) -> frozenset[str]:
        """The runs that the source presented in its last full scan."""
        return self._hashes

    def scan(self, memory: Mapping[str, Any]) -> Scan:
        """See :meth:`aim.schema.source.Source.scan`."""
        inner = self._source.scan(_part(memory, "source"))
        edits = self._edits.scan(_part(memory, "edits"))
        if inner.present is not None:
            copies = self._source.copies() if isinstance(self._source, Copied) else {}
            self._copied = frozenset(
                run_hash
                for run_hash in inner.present
                if run_hash in copies and self._edits.file_identity(copies[run_hash])
            )
            self._hashes = frozenset(inner.present) - self._copied
        present = None
        if inner.present is not None or edits.present is not None:
            present = {run_hash: self.file_identity(run_hash) for run_hash in self._hashes}
        return Scan(
            now=inner.now,
            live=(inner.live - self._copied) | (edits.live & self._hashes),
            ended=frozenset(name for name in inner.ended if name[0] not in self._copied)
            | {name for name in edits.ended if name[0] in self._hashes},
            present=present,
            compare_all=inner.compare_all,
            memory={"source": inner.memory, "edits": edits.memory},
        )

    def file_identity(self, run_hash: str) -> str:
        """See :meth:`aim.schema.source.Source.file_identity`."""
        mark = self._source.file_identity(run_hash) if run_hash not in self._copied else ""
        return f"{mark}+{self._edits.file_identity(run_hash)}" if mark else ""

    def list_streams(self, run_hash: str) -> list[StreamListing]:
        """See :meth:`aim.schema.source.Source.list_streams`."""
        found = list(self._source.list_streams(run_hash)) if run_hash not in self._copied else []
        return [*found, *_events_only(self._edits.list_streams(run_hash))] if found else []

    def read_run(self, run_hash: str) -> RunReading:
        """See :meth:`aim.schema.source.Source.read_run`."""
        reading = self._source.read_run(run_hash)
        edits = self._edits.read_run(run_hash)
        if not edits.state.writers or not reading.state.writers:
            return reading
        _overlay_edits(reading.state, edits.state)
        return replace(
            reading,
            events=[*reading.events, *edits.events],
            loss=reading.loss.plus(edits.loss),
            ended_writers=reading.ended_writers | edits.ended_writers,
            unreadable_lines=reading.unreadable_lines + edits.unreadable_lines,
        )

    def standing(self, state: RunState) -> RunStanding:
        """See :meth:`aim.schema.source.Source.standing`."""
        return self._source.standing(state)

    def read_points(self, run_hash: str, key: str, start: int, stop: int) -> npt.NDArray[np.void]:
        """See :meth:`aim.schema.source.Source.read_points`."""
        points: npt.NDArray[np.void] = self._source.read_points(run_hash, key, start, stop)
        return points

    def next_extent(self, run_hash: str, key: str, start: int, stop: int) -> tuple[int, int]:
        """See :meth:`aim.schema.source.Source.next_extent`."""
        return self._source.next_extent(run_hash, key, start, stop)

    def read_head(self, run_hash: str, key: str, size: int) -> bytes:
        """See :meth:`aim.schema.source.Source.read_head`."""
        is_edit = any(stream.key == key for stream in self._edits.list_streams(run_hash))
        return (self._edits if is_edit else self._source).read_head(run_hash, key, size)

    def report(self, run_hash: str | None = None) -> SourceReport:
        """See :meth:`aim.schema.source.Source.report`."""
        found: SourceReport = self._source.report(run_hash)
        if run_hash is not None:
            return found
        copied = len(self._copied)
        runs = "1 run of these logs was converted" if copied == 1 else f"{copied} runs of these logs were converted"
        shown = (f"{runs} into this repo: shown once, as converted",) if copied else ()
        return replace(found, problems=(*self._problems, *shown, *found.problems))


class OwnRuns(RunDirectorySource):
    """The run directories without those that hold edits of runs of other sources.

    Args:
        layout: The repo.
        others: Tells the runs of the other sources, whose scans come first.
    """

    def __init__(self, layout: RepoLayout, others: Callable[[], frozenset[str]]) -> None:
        super().__init__(layout)
        self._others = others

    def scan(self, memory: Mapping[str, Any]) -> Scan:
        """See :meth:`aim.schema.source.Source.scan`."""
        found, others = super().scan(memory), self._others()
        return replace(
            found,
            live=found.live - others,
            ended=frozenset(name for name in found.ended if name[0] not in others),
            present=None
            if found.present is None
            else {run_hash: mark for run_hash, mark in found.present.items() if run_hash not in others},
        )


def _part(memory: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = memory.get(key)
    return part if isinstance(part, dict) else {}


def _events_only(streams: Sequence[StreamListing]) -> list[StreamListing]:
    return [stream for stream in streams if stream.kind == "events"]


def _overlay_edits(state: RunState, edits: RunState) -> None:
    state.name = edits.name or state.name
    state.description = edits.description or state.description
    if edits.experiment != DEFAULT_EXPERIMENT:
        state.experiment = edits.experiment
    state.is_archived = edits.is_archived
    state.tags = list(dict.fromkeys([*state.tags, *edits.tags]))
    state.notes += edits.notes
    merge_params(state.params, edits.params)
    state.writers.update(edits.writers)
    state.last_event_at = max(state.last_event_at or 0.0, edits.last_event_at or 0.0) or None
