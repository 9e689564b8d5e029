"""Lines of events before they are in the file, and after: those that wait for the disk, those kept to write again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from aim.schema import events as ev
from aim.schema.jsonvalues import from_json
from aim.storage.writing.salvage import is_event, split_lines
from aim.storage.writing.sequence import WriterSequence

__all__ = ["MAX_WAITING_BYTES", "EventQueue"]

MAX_WAITING_BYTES: Final = 16 * 2**20
"""Events kept in memory while the disk refuses them; beyond that the oldest are counted as lost."""
_MAX_RESTORABLE_BYTES: Final = 4 * 2**20
"""Params and such, kept to write them again if the run directory is removed under us."""
_LEDGER_LINES: Final = (b'{"type":"loss"', b'{"type":"closed"')
"""Lines whose content the marker has as well."""

_Entry = tuple[bytes, WriterSequence | None]
"""A line, and the sequence that it declares."""


class EventQueue:
    """The lines of one writer. The caller holds the writer's lock.

    A signal handler may use the queue between any two calls of its methods.
    """

    def __init__(self) -> None:
        self.waiting: list[_Entry] = []
        """In the order in which they are written."""
        self._waiting_bytes = 0
        self._restorable: list[bytes] = []
        self._restorable_bytes = 0
        self._unrestorable = 0
        """How many lines were too many to keep."""

    def __bool__(self) -> bool:
        """Whether a line waits."""
        return bool(self.waiting)

    def keep(self, line: bytes) -> None:
        """Remember a line, so that it can be written again if it is removed from the file."""
        self._restorable_bytes += len(line)
        if self._restorable_bytes <= _MAX_RESTORABLE_BYTES:
            self._restorable.append(line)
        else:
            self._unrestorable += 1

    def put(self, line: bytes, sequence: WriterSequence | None) -> int:
        """Add a line, which declares `sequence`; how many events had to be dropped because too many wait."""
        dropped_events = 0
        size = len(line)
        self.waiting.append((line, sequence))
        self._waiting_bytes += size
        while self._waiting_bytes > MAX_WAITING_BYTES and len(self.waiting) > 2:
            # the first says which writer this is, without which the rest is worth little
            dropped, declared = self.waiting.pop(1)
            size = len(dropped)
            self._waiting_bytes -= size
            if declared is None:  # else it is declared again when points need it
                dropped_events += 1
        return dropped_events

    def take_out(self, entry: _Entry) -> None:
        """The first line was written."""
        size = len(entry[0])
        if self.waiting and self.waiting[0] is entry:  # not so if a signal handler closed the run
            del self.waiting[0]
            self._waiting_bytes -= size

    def waiting_lines(self) -> bytes:
        """The lines that wait."""
        return b"".join(line for line, _ in self.waiting)

    def waiting_events(self) -> int:
        """How many events wait. Without declarations, whose points are counted instead."""
        return sum(1 for line, sequence in self.waiting if sequence is None and not line.startswith(_LEDGER_LINES))

    def refill(
        self,
        earlier_parts: Iterable[bytes],
        present_part: bytes,
        sequences: Iterable[WriterSequence],
        declaration: Callable[[WriterSequence], bytes],
    ) -> tuple[int, int]:
        """Queue the events and declarations that are not in the files any more.

        Those after the damage are queued, too: of two events the later one wins, so their order must not change.

        Args:
            earlier_parts: What is in the parts of the events file that were left.
            present_part: What is in the one that is written to.
            sequences: Those of the writer; whether they are declared is set.
            declaration: Gives the line that declares a sequence.

        Returns:
            Where the damage in the present part begins, and how many events are lost for good.
        """
        present = {line for data in earlier_parts for line in data.splitlines(keepends=True) if is_event(line)}
        expected = [line for line in self._restorable if line not in present]
        end, before, after = split_lines(present_part, expected)
        present.update(before)
        moving = set(after)
        kept = set(self._restorable)
        waiting = [
            line
            for line, sequence in self.waiting
            if sequence is None and line not in kept and not line.startswith(_LEDGER_LINES)
        ]
        unkept = len(waiting)
        declared: dict[object, bytes] = {}
        for line in (present | moving) - kept:
            event = from_json(line.decode("ascii"))
            if event["type"] == ev.SEQUENCE:
                declared[event.get("id")] = line
            elif event["type"] not in (ev.LOSS, ev.CLOSED):
                unkept += 1
        lost = max(0, self._unrestorable - unkept)
        self._unrestorable -= lost
        lines = [line for line in expected if line not in present and line not in moving] + after + waiting
        declarations = set(declared.values())
        self.waiting = [(line, None) for line in lines if line not in declarations]
        for sequence in sequences:
            line = declared.get(sequence.id) or declaration(sequence)
            sequence.is_declared = line in present
            if not sequence.is_declared:
                self.waiting.append((line, sequence))
        self._waiting_bytes = sum(len(line) for line, _ in self.waiting)
        return end, lost
