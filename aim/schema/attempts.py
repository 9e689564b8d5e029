"""Which attempt each writer of a run belongs to, by what the writers found when they opened. Pure.

A writer that found others recording joins their attempt: writers that overlap are parts of one. One that found none
begins the attempt that it names; ranks of one job, and processes that begin at the same moment, name the same. One that
finds only guests continues the training that they were guests of, in the same attempt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aim.schema.events import MAX_BESIDE, ROLE_TRAIN

if TYPE_CHECKING:
    from aim.schema.runstate import WriterState

__all__ = ["assign_attempts", "writer_order"]


def writer_order(writer: str) -> tuple[int, str]:
    """Sort key of writer ids: by ordinal."""
    ordinal = writer.partition("-")[0]
    return (int(ordinal) if ordinal.isascii() and ordinal.isdigit() else 0, writer)


def assign_attempts(writers: Iterable[WriterState], *, by_times: bool = True) -> None:
    """Fill in :attr:`WriterState.attempt`, which holds what the writers themselves wrote, and which of them are guests
    or were succeeded by another one.

    Args:
        writers: All of one run.
        by_times: Whether the times of events decide which writers overlapped, if a writer did not look. Those of an
            import are another tool's, whose restarts are known.
    """
    trained = [writer for writer in writers if writer.role == ROLE_TRAIN]
    if len(trained) < 2:  # nearly all runs
        return
    attempt_of: dict[str, int] = {}
    known: dict[int, _Attempt] = {}
    # a writer names only writers that were there when it opened, which have lower ordinals
    for writer in sorted(trained, key=lambda w: writer_order(w.writer)):
        if writer.beside is None:
            joined = _overlapped(writer, known) if by_times else []
        else:
            joined = [attempt_of[other] for other in writer.beside if other in attempt_of]
        if joined:
            writer.attempt = max(joined)
        attempt_of[writer.writer] = writer.attempt
        attempt = known.get(writer.attempt)
        if attempt is None:
            attempt = known[writer.attempt] = _Attempt()
        if joined and attempt.is_continued_by(writer):
            attempt.give_up_hosts()
        else:
            writer.is_guest = bool(joined) and not attempt.has_room_for(writer)
        attempt.add(writer)


def _overlapped(writer: WriterState, known: dict[int, _Attempt]) -> list[int]:
    """The earlier attempts in whose middle a writer of an older version began, which did not look for others."""
    at = writer.opened_at
    if at is None or writer.attempt <= 1:
        return []
    return [number for number, other in known.items() if number < writer.attempt and other.begin <= at < other.end]


class _Attempt:
    """What is known of an attempt from its writers so far."""

    __slots__ = ("begin", "end", "guests", "hosts", "jobs", "ranks")

    def __init__(self) -> None:
        self.begin = float("inf")
        self.end = float("-inf")
        self.hosts: dict[str, WriterState] = {}
        """Those that are not guests, and were not over when another one continued."""
        self.guests: dict[str, WriterState] = {}
        self.ranks: set[int] = set()
        self.jobs: set[str] = set()

    def has_room_for(self, writer: WriterState) -> bool:
        """Whether it is a further rank of the job that began the attempt."""
        return writer.rank not in self.ranks and self.jobs == {writer.job}

    def is_continued_by(self, writer: WriterState) -> bool:
        """Whether it found only guests recording and is not one of them: it continues where the hosts ended."""
        others = writer.beside or ()
        if len(others) >= MAX_BESIDE or not self.hosts.keys().isdisjoint(others):
            return False
        guests = [self.guests[other] for other in others if other in self.guests]
        is_rank_of_theirs = bool(writer.job) and all(g.job == writer.job and g.rank != writer.rank for g in guests)
        return bool(guests) and not is_rank_of_theirs

    def give_up_hosts(self) -> None:
        """Another one continues what they recorded."""
        for host in self.hosts.values():
            host.is_succeeded = True
        self.hosts.clear()
        self.ranks.clear()
        self.jobs.clear()

    def add(self, writer: WriterState) -> None:
        if writer.opened_at is not None:
            self.begin = min(self.begin, writer.opened_at)
        if writer.last_event_at is not None:
            self.end = max(self.end, writer.last_event_at)
        if writer.is_guest:
            self.guests[writer.writer] = writer
        else:
            self.hosts[writer.writer] = writer
            self.ranks.add(writer.rank)
            self.jobs.add(writer.job)
