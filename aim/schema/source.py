"""What the index reads: the Source protocol. Run directories are one source, other tools' logs are others.

A source presents runs; a run has *streams* of several kinds. Of ``events`` streams only the size matters here: what
they say comes merged, from :meth:`Source.read_run`. Streams of every other kind (``points`` ...) are presented as the
records of :mod:`aim.schema.records`, addressed by byte offsets, whatever the files behind them look like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aim.schema.runstate import LossLedger, RunState

__all__ = ["RunReading", "RunStanding", "Scan", "Source", "SourceReport", "StreamListing"]


class StreamListing(Protocol):
    """One stream, with its size when it was listed."""

    @property
    def key(self) -> str:
        """Unique in its run."""
        ...

    @property
    def writer(self) -> str:
        """The writer it belongs to: the streams of a writer with the same kind continue each other by `part`."""
        ...

    @property
    def kind(self) -> str:
        """``events``, ``points`` ...: the index treats every kind but ``events`` alike."""
        ...

    @property
    def part(self) -> int:
        """From 1."""
        ...

    @property
    def size_bytes(self) -> int:
        """How long it was."""
        ...


class RunStanding(Protocol):
    """How a run stands: running, stalled, finished, failed, interrupted or crashed."""

    @property
    def value(self) -> str:
        """One of the words above."""
        ...

    @property
    def ended_at(self) -> float | None:
        """Unix seconds; None while it runs."""
        ...

    @property
    def error_type(self) -> str:
        """Of a failed run, the exception's class; else empty."""
        ...

    @property
    def error_message(self) -> str:
        """Of a failed run; else empty."""
        ...

    @property
    def pauses_s(self) -> float:
        """Seconds in which no process recorded, between an attempt and the one that resumed it."""
        ...

    @property
    def is_active(self) -> bool:
        """Whether points may still come."""
        ...


@dataclass(frozen=True, slots=True)
class Scan:
    """Where something may have changed since the last look."""

    now: float
    """The source's own present, Unix seconds."""
    live: frozenset[str]
    """Runs that somebody writes to: looked at every time."""
    ended: frozenset[tuple[str, str]]
    """(run, writer) that ended, of the times that may hold new ones."""
    present: Mapping[str, str] | None
    """All runs with a mark that changes when their place was taken by another; None if none came, went or changed."""
    compare_all: bool
    """Too much time has passed to know: look at every run."""
    memory: dict[str, Any]
    """What to hand to the next scan once all this is dealt with. Plain JSON."""


@dataclass(frozen=True, slots=True)
class RunReading:
    """A run as its events tell it."""

    state: RunState
    points: Sequence[StreamListing]
    """Listed before the events were read, so that every point within these sizes has its declaration in `state`."""
    events: Sequence[StreamListing]
    """Listed likewise; what was read may be more, never less."""
    loss: LossLedger
    ended_writers: frozenset[str]
    """Writers that append no more, and all of whose files are there."""
    unreadable_lines: int = 0
    """Lines of events files that are no events."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What lies in the files of other tools and is not shown, as of the last looks."""

    places: Sequence[str] = ()
    """The folders that are read in place; of one run, its own."""
    runs: int = 0
    """How many were found there."""
    not_shown: Mapping[str, int] = field(default_factory=dict)
    """What Aim has no place for yet: kind, in the plural ("images"), to how many."""
    problems: Sequence[str] = ()
    """What could not be read, a line each, with its place."""


class Source(Protocol):
    """A provider of runs. Methods other than :meth:`scan` may be called from several threads."""

    @property
    def name(self) -> str:
        """Which source this is, e.g. ``runs``; unique in a repo."""
        ...

    def scan(self, memory: Mapping[str, Any]) -> Scan:
        """Find out where to look. `memory` is what an earlier scan returned, {} the first time."""
        ...

    def list_streams(self, run_hash: str) -> Sequence[StreamListing]:
        """The streams of a run, the parts of each writer in their order; none if there is no such run."""
        ...

    def file_identity(self, run_hash: str) -> str:
        """The mark of :attr:`Scan.present` for one run; empty if there is no such run."""
        ...

    def read_run(self, run_hash: str) -> RunReading:
        """List the streams of a run, then read its events.

        Raises:
            RunUnreadableError: the run is to be left out, and why.
        """
        ...

    def standing(self, state: RunState) -> RunStanding:
        """How the run stands, as of the last scan."""
        ...

    def read_points(self, run_hash: str, key: str, start: int, stop: int) -> Any:
        """Whole records between two offsets as a structured array of POINT_FIELDS; short where the stream ends.

        Raises:
            OSError: the stream cannot be read.
        """
        ...

    def next_extent(self, run_hash: str, key: str, start: int, stop: int) -> tuple[int, int]:
        """Where in a stream, from `start` on, something stands that is not a hole of zeros: (begin, end).

        Both are `stop` if nothing does; `start` and `stop` where holes are not known of.
        """
        ...

    def report(self, run_hash: str | None = None) -> SourceReport:
        """What is not shown of one run, or of all."""
        ...

    def read_head(self, run_hash: str, key: str, size: int) -> bytes:
        """The first `size` bytes, fewer if there are fewer; they tell whether the stream was replaced.

        Raises:
            OSError: the stream is there and cannot be read.
        """
        ...
