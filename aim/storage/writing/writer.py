"""A writer: one process that opened one run, and the files it alone writes.

The hot path (:meth:`RunWriter.append_point`) packs one record and makes one ``write(2)``. Nothing is buffered: when
it returns, the operating system has the point. Failures of the disk never raise from here; they are counted in the
loss ledger and told to `report` once a cause.
"""

from __future__ import annotations

import errno
import itertools
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from aim.errors import AimError, SessionClosedError
from aim.schema import events as ev
from aim.schema.jsonvalues import from_json, to_json
from aim.schema.limits import MAX_LINE_BYTES
from aim.schema.names import METRIC, canonical_context, check_holds, check_metric_name, parse_context
from aim.schema.records import POINT_RECORD, POINT_RECORD_BYTES, RESERVED_SEQUENCE_IDS
from aim.schema.runstate import SequenceIdentity
from aim.storage.repo.files import exists, is_folder, make_folders, read_bytes
from aim.storage.repo.layout import RepoLayout, stream_name
from aim.storage.repo.markers import MarkerFile
from aim.storage.repo.repo_files import create_repo, disk_refusal
from aim.storage.writing.salvage import is_event, split_lines
from aim.storage.writing.stream import AppendStream, Standing, making_room

__all__ = ["RunWriter", "WriterSequence", "new_run_hash", "new_writer_id"]

_MAX_PENDING_EVENT_BYTES: Final = 16 * 2**20
"""Events kept in memory while the disk refuses them; beyond that the oldest are counted as lost."""
_MAX_RESTORABLE_BYTES: Final = 4 * 2**20
"""Params and such kept to write them again should the run directory be removed under us."""
_OF_THE_LEDGER: Final = (b'{"type":"loss"', b'{"type":"closed"')
"""Lines whose content the marker has as well."""

_DAMAGED: Final = (Standing.REPLACED, Standing.CHANGED)
_WRITE_FAILED: Final = OSError(errno.EIO, "write failed")

_pack = POINT_RECORD.pack
_os_write = os.write


def new_run_hash() -> str:
    """24 random hex digits."""
    return os.urandom(12).hex()


def new_writer_id(ordinal: int) -> str:
    """``<ordinal>-<hex>``: the ordinal makes listings readable, the random part makes it unique."""
    return f"{ordinal}-{os.urandom(4).hex()}"


class WriterSequence:
    """A sequence as its writer sees it."""

    __slots__ = ("context", "high", "holds", "id", "is_declared", "name", "steps")

    def __init__(self, number: int, identity: SequenceIdentity, first_step: int) -> None:
        self.id = number
        self.holds, self.name, self.context = identity
        self.is_declared = False
        self.high = first_step
        """One after the highest step seen: what the next automatic step would be."""
        self.steps: Iterator[int] | None = None
        """Gives the automatic steps; None: to be made anew, from `high` on. A C iterator, so that a signal handler that
        logs between two bytecodes of track cannot take the same step."""

    def next_step(self) -> int:
        """Take the next automatic step."""
        while (steps := self.steps) is None:
            high = self.high
            made = itertools.count(high)
            # no call from here on: a handler that tracks comes before (then we look again) or after, never between
            if self.steps is None and self.high == high:
                self.steps = made
        step = next(steps)
        if step >= self.high:  # not so if a signal handler tracked since
            self.high = step + 1
        return step

    def skip_to(self, step: int) -> None:
        """Let the next automatic step be `step`, unless it would be a later one anyway."""
        if step > self.high:
            self.high = step
            self.steps = None


class RunWriter:
    """Appends to a run.

    Args:
        layout: The repo.
        run_hash: The run; its directory is made if it is not there.
        ordinal: First part of the writer id: how many writers the run had before, plus one.
        opened: Further keys of the ``opened`` event (role, attempt, rank, experiment, name, ...).
        report: Called as ``report(cause, message)``; at most once for each cause.
        prepare: Makes what is missing around the run (its repo, say). Called before the run directory is made, again
            until it returns True. Raises OSError or an AimError as long as it cannot.
        first_step_of: Gives the first automatic step of a sequence; for resumed runs.
        clock: Gives Unix seconds.
        event_clock: Gives those of events, if they are others.

    Thread-safe: every method takes the writer's re-entrant lock.
    """

    def __init__(
        self,
        layout: RepoLayout,
        run_hash: str,
        *,
        ordinal: int = 1,
        opened: Mapping[str, Any] | None = None,
        report: Callable[[str, str], None] | None = None,
        prepare: Callable[[], bool] | None = None,
        first_step_of: Callable[[SequenceIdentity], int] | None = None,
        clock: Callable[[], float] = time.time,
        event_clock: Callable[[], float] | None = None,
    ) -> None:
        self.layout = layout
        self.run_hash = run_hash
        self.attempt = int((opened or {}).get("attempt", 1))
        self.id = new_writer_id(ordinal)
        self.run_dir = layout.run_dir(run_hash)
        self.lock = threading.RLock()
        self.clock = clock
        self._event_clock = event_clock if event_clock is not None else clock
        self.look_around: Callable[[], None] | None = None
        """Called with every heartbeat and at the end: who records beside this writer? See
        :mod:`aim.storage.writing.beside`."""
        self.is_open = True
        self.is_foreign = False
        """True in a forked child: the files belong to the parent."""
        self._report = report
        self._prepare = prepare
        self._reported: set[str] = set()
        self._first_step_of = first_step_of
        root = layout.root
        self.points = AppendStream(root, lambda part: self._stream_path("points", part), self.lock, POINT_RECORD_BYTES)
        self.events = AppendStream(root, lambda part: self._stream_path("events", part), self.lock, 0)
        self._ids = itertools.count(1)
        self._sequences: dict[SequenceIdentity, WriterSequence] = {}
        self._pending: list[tuple[bytes, WriterSequence | None]] = []
        self._pending_bytes = 0
        self._is_flushing = False
        self._deferred_points: list[tuple[bytes, Sequence[WriterSequence]]] = []
        self._restorable: list[bytes] = []
        self._restorable_bytes = 0
        self._unrestorable = 0
        self._last_event_time = 0.0
        self.lost_points = 0
        self.lost_events = 0
        self.rejected = 0
        self.unsynced = 0
        self._marker_is_ahead = False
        """The marker counts events as lost that wait in memory still."""
        # read and changed without a call between, so that a signal handler that counts too comes before or after
        self.causes: defaultdict[str, int] = defaultdict(int)
        self._written_ledger: dict[str, Any] | None = None
        self.opened_at = self._event_clock()
        self.marker = MarkerFile(layout, run_hash, self.id, self.opened_at)
        self._is_placed = False
        """Whether the run directory and the marker were made; tried again with every event until they are."""
        self._is_moved = False
        """Whether the run directory is not where it was when it was last looked for."""
        with self.lock:
            self.event(
                {
                    "type": ev.OPENED,
                    "time": self.opened_at,
                    "format": ev.REPO_FORMAT,
                    "run": run_hash,
                    "writer": self.id,
                    **(opened or {}),
                }
            )

    def _place(self) -> bool:
        """Make the run directory and the marker; whether the directory is there."""
        try:
            making_room(self._make_directory)
        except (OSError, AimError) as error:
            refusal = disk_refusal(error) or (
                error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
            )
            self.events.error = refusal
            self._disk_failed(refusal, points=0)
            return False
        try:
            making_room(self.marker.write)
            self._is_placed = True
        except OSError as error:
            self._disk_failed(error, points=0)
        return True

    def _make_directory(self) -> None:
        if self._prepare is not None and self._prepare():
            self._prepare = None
        make_folders(self.layout.root, self.run_dir)

    def _stream_path(self, kind: str, part: int) -> str:
        return os.path.join(self.run_dir, stream_name(self.id, kind, part))

    # -- points ------------------------------------------------------------------------------------------------------

    def sequence(self, name: str, context: Mapping[str, Any] | None, *, holds: str = METRIC) -> WriterSequence:
        """The sequence of `name` and `context`, declared in the events file on first use.

        Args:
            holds: What its values are. A metric and images may share a name and a context.

        Raises:
            InvalidValueError: the name or the context cannot be recorded.
        """
        check_metric_name(name)
        check_holds(holds)
        identity = (holds, name, canonical_context(context))
        with self.lock:
            sequence = self._sequences.get(identity)
            if sequence is None:
                if not self.is_open:  # its declaration would follow the closed event
                    raise SessionClosedError(self._why_closed())
                number = next(self._ids)
                if number in RESERVED_SEQUENCE_IDS:  # pragma: no cover - after four thousand million sequences
                    raise OverflowError("a writer holds at most 2**32 - 2 sequences")
                first_step = self._first_step_of(identity) if self._first_step_of is not None else 0
                made = WriterSequence(number, identity, first_step)
                # a signal handler may have made it since we looked: then its is the one
                sequence = self._sequences.setdefault(identity, made)
                if not sequence.is_declared:
                    self._declare(sequence)
            return sequence

    def _declare(self, sequence: WriterSequence) -> None:
        self._enqueue(self._declaration(sequence), sequence)

    def _declaration(self, sequence: WriterSequence) -> bytes:
        line = {
            "type": ev.SEQUENCE,
            "time": self._event_time(),
            "id": sequence.id,
            "name": sequence.name,
            "context": parse_context(sequence.context),
        }
        if sequence.holds != METRIC:
            line["holds"] = sequence.holds
        return (to_json(line) + "\n").encode("ascii")

    def append_point(self, sequence: WriterSequence, step: int | None, epoch: float, value: float) -> None:
        """Append one point; an automatic step for None, NaN for no epoch.

        Raises:
            SessionClosedError: the writer is closed, or belongs to the process this one was forked from.
        """
        with self.lock:
            points = self.points
            points.last_used = now = self.clock()
            if step is None:
                if (steps := sequence.steps) is None:
                    step = sequence.next_step()
                else:  # next_step, without the call
                    step = next(steps)
                    if step >= sequence.high:
                        sequence.high = step + 1
                record = _pack(sequence.id, epoch, step, now, value)
            else:
                record = _pack(sequence.id, epoch, step, now, value)
                if step >= sequence.high:  # skip_to, without the call
                    sequence.high = step + 1
                    sequence.steps = None
            if sequence.is_declared and points.fd >= 0:
                try:
                    taken = _os_write(points.fd, record)
                    if taken == POINT_RECORD_BYTES:
                        points.written_bytes += POINT_RECORD_BYTES
                        return
                except OSError:
                    pass  # the slow way below tries again, and tells
                else:
                    points.cut_back(taken)
            self.append_records(record, (sequence,))

    def _why_closed(self) -> str:
        if self.is_foreign:
            return (
                f"run {self.run_hash} was opened by the process this one was forked from, and only that one writes to "
                f"it; to record from here open a session of your own: aim.Session(...), or aim.Run({self.run_hash!r}) "
                f"for the same run"
            )
        return f"run {self.run_hash} is closed; open it again with aim.Run({self.run_hash!r})"

    def append_records(self, records: bytes, sequences: Sequence[WriterSequence]) -> None:
        """Append whole records in one write; what the disk refuses is counted.

        Args:
            sequences: Those whose records are among them, or only those of them that are not declared yet.

        Raises:
            SessionClosedError: as :meth:`append_point`.
        """
        with self.lock:
            if not self.is_open:
                raise SessionClosedError(self._why_closed())
            if False in [sequence.is_declared for sequence in sequences]:
                if self._is_flushing:  # we are in a signal handler that came while the declarations are being written
                    self._deferred_points.append((records, sequences))
                    return
                self._flush_events()
                for sequence in sequences:
                    if not sequence.is_declared and not self._pending:
                        # we are in a signal handler that came before its declaration was put in the queue (or that was
                        # dropped from a queue that a full disk made too long); to declare it twice is harmless
                        self._declare(sequence)
                if not all(sequence.is_declared for sequence in sequences):
                    self._lose_points(records, sequences)
                    return
            count = len(records) // POINT_RECORD_BYTES
            if self.points.is_to_be_reopened:
                self._look_after_files()
            written = self.points.append(records) // POINT_RECORD_BYTES
            if written < count:
                self._disk_failed(self.points.error or _WRITE_FAILED, points=count - written)
            elif self._written_ledger != self._ledger():
                self._write_ledger()

    def _lose_points(self, records: bytes, sequences: Sequence[WriterSequence]) -> None:
        """Points of sequences whose declaration could not be written: keep the others, count these."""
        undeclared = {sequence.id for sequence in sequences if not sequence.is_declared}
        kept = bytearray()
        lost = 0
        for offset in range(0, len(records), POINT_RECORD_BYTES):
            record = records[offset : offset + POINT_RECORD_BYTES]
            if int.from_bytes(record[:4], "little") in undeclared:
                lost += 1
            else:
                kept += record
        self._disk_failed(self.events.error or OSError(errno.EIO, "declaration not written"), points=lost)
        if kept:
            self.append_records(bytes(kept), tuple(sequence for sequence in sequences if sequence.is_declared))

    # -- events ------------------------------------------------------------------------------------------------------

    def waiting_events(self) -> bytes:
        """The lines that wait in memory for a disk that refuses them."""
        with self.lock:
            return b"".join(line for line, _ in self._pending)

    @property
    def has_pending_events(self) -> bool:
        """Whether events wait in memory for a disk that refuses them."""
        return bool(self._pending)

    def _event_time(self) -> float:
        now = self._event_clock()
        self._last_event_time = max(now, self._last_event_time)
        return self._last_event_time

    def event(self, event: ev.Event) -> None:
        """Append one event; ``time`` is filled in. What the disk refuses now is kept and written again first.

        Raises:
            ValueError, TypeError: the event is not plain JSON data; nothing was written.
            SessionClosedError: as :meth:`append_point`.
        """
        with self.lock:
            if not self.is_open:
                raise SessionClosedError(self._why_closed())
            if "time" in event:
                self._last_event_time = max(self._last_event_time, event["time"])
            else:
                event = {"type": event["type"], "time": self._event_time(), **event}
            line = (to_json(event) + "\n").encode("ascii")
            if len(line) > MAX_LINE_BYTES:
                raise ValueError(f"it takes {len(line) / 2**20:,.0f} MiB, at most {MAX_LINE_BYTES // 2**20} are kept")
            if event["type"] not in (ev.LOSS, ev.CLOSED):
                self._restorable_bytes += len(line)
                if self._restorable_bytes <= _MAX_RESTORABLE_BYTES:
                    self._restorable.append(line)
                else:
                    self._unrestorable += 1
            self._enqueue(line, None)

    def _enqueue(self, line: bytes, sequence: WriterSequence | None) -> None:
        size = len(line)
        self._pending.append((line, sequence))
        self._pending_bytes += size
        while self._pending_bytes > _MAX_PENDING_EVENT_BYTES and len(self._pending) > 2:
            # the first is who we are, without which the rest is worth little
            dropped, declared = self._pending.pop(1)
            size = len(dropped)
            self._pending_bytes -= size
            if declared is None:  # else it is declared again when points need it
                self.lost_events += 1
        self._flush_events()

    def _flush_events(self) -> None:
        """Write what is pending, oldest first, line by line, and then the points that waited for it."""
        if self.events.is_to_be_reopened and not self._is_flushing:
            self._look_after_files()
        while not self._is_flushing and not self.is_foreign:
            is_refused = not self._is_placed and not self._place()
            self._is_flushing = True
            try:
                while self._pending and not is_refused:
                    entry = self._pending[0]
                    line, sequence = entry
                    size = len(line)
                    if self.events.append(line) < size:
                        self._disk_failed(self.events.error or _WRITE_FAILED, points=0)
                        is_refused = True
                        continue
                    if self._pending and self._pending[0] is entry:  # not so if a signal handler closed the run
                        del self._pending[0]
                        self._pending_bytes -= size
                    if sequence is not None:
                        sequence.is_declared = True
            finally:
                self._is_flushing = False
            deferred, self._deferred_points = self._deferred_points, []
            for records, sequences in deferred:
                self.append_records(records, sequences)
            if self._marker_is_ahead and not self._pending:
                self._marker_is_ahead = False
                try:
                    self.marker.write(lost_events=self.lost_events)
                except OSError:  # then it counts events as lost that are not: until the next try
                    self._marker_is_ahead = True
            if is_refused or not self._pending:  # else a signal handler left something after we looked last
                return

    # -- the loss ledger ---------------------------------------------------------------------------------------------

    def _ledger(self) -> dict[str, Any] | None:
        if not (self.lost_points or self.lost_events or self.rejected or self.unsynced):
            return None
        return {
            "lost_points": self.lost_points,
            "lost_events": self.lost_events,
            "rejected": self.rejected,
            "unsynced": self.unsynced,
            "causes": dict(self.causes),
        }

    def count_rejected(self, count: int = 1, cause: str = "rejected") -> None:
        """Count calls that could not be recorded because of what they were given."""
        with self.lock:
            self.rejected += count
            self.causes[cause] += count

    def count_unsynced(self, points: int, error: OSError) -> None:
        """Count points whose sync failed: readers have them, a power cut may take them."""
        with self.lock:
            self.unsynced += points
            self._count_cause(error, points)
            self._tell(error, "syncing")

    def _disk_failed(self, error: OSError, *, points: int) -> None:
        self.lost_points += points
        self._count_cause(error, points)
        self._tell(error, "writing")
        waiting = self._waiting_events()
        self._marker_is_ahead = waiting > 0
        try:
            self.marker.write(
                lost_points=self.lost_points,
                lost_events=self.lost_events + waiting,  # lost if the process dies now
                rejected=self.rejected,
                unsynced=self.unsynced,
                causes=dict(self.causes),
            )
        except OSError:  # it was told already, and the counts stay in memory for the next try
            pass

    def _waiting_events(self) -> int:
        """How many events wait for a disk that refuses them; declarations aside, whose points are counted instead."""
        return sum(1 for line, sequence in self._pending if sequence is None and not line.startswith(_OF_THE_LEDGER))

    def _count_cause(self, error: OSError, points: int) -> None:
        if points:
            cause = errno.errorcode.get(error.errno or 0, "EIO")
            self.causes[cause] += points

    def _tell(self, error: OSError, doing: str) -> None:
        self._tell_once(
            errno.errorcode.get(error.errno or 0, "EIO"),
            f"{doing} to {self.run_dir} failed: {error.strerror or error}. Training goes on; points that cannot be "
            f"written are counted on the run, and recording resumes when the disk does",
        )

    def _tell_once(self, cause: str, message: str) -> None:
        if cause not in self._reported and self._report is not None:
            self._reported.add(cause)
            self._report(cause, message)

    def _write_ledger(self) -> None:
        """Put the ledger into the events file; called when the disk takes data again, and by the sync thread."""
        ledger = self._ledger()
        if ledger is None or ledger == self._written_ledger or self._pending:
            return
        self._written_ledger = ledger
        self.event({"type": ev.LOSS, **ledger})

    # -- housekeeping, called by the sync thread ---------------------------------------------------------------------

    def check(self) -> None:
        """Look whether the files are still there as they were written, write events that wait, and note losses."""
        with self.lock:
            if not self.is_open:
                return
            self._look_after_files()
            if self._pending or not self._is_placed:
                self._flush_events()
            self._write_ledger()

    def _look_after_files(self) -> None:
        """Compare our files with what we wrote to them; where they differ count it, say it, and go on beside them."""
        points, events = self.points.look(), self.events.look()
        if Standing.REMOVED in (points, events):
            self._restore_directory()
            return
        if points in _DAMAGED:
            self._leave_damaged_points(points)
        if events in _DAMAGED:
            self._leave_damaged_events(events)
        self._is_moved = Standing.MOVED in (points, events)
        if self._is_moved:
            is_deleted = is_folder(self.layout.root, self.layout.trash_dir(self.run_hash))
            self._tell_once(
                "moved",
                f"{self.run_dir} was {'moved to the trash' if is_deleted else 'moved or renamed'} while the run was "
                f"recording, and is not found there any more. Recording goes on where it is now, and nothing is lost",
            )
        if self.points.has_made_room or self.events.has_made_room:
            self._tell_of_room()

    def _leave_damaged_points(self, standing: Standing) -> None:
        """Points were replaced or cut by somebody, or have bytes in them that are not ours: go on in the next part."""
        damaged = self.points.path
        known = {sequence.id: sequence for sequence in self._sequences.values()}

        def is_record(record: bytes) -> bool:
            number, _, step, _, _ = POINT_RECORD.unpack(record)
            return number in known and step < known[number].high

        lost, found = self.points.leave_damaged(standing, is_record)
        self.lost_points += lost
        if lost:
            self.causes["damaged"] += lost
        refused = len(found) - (self.points.append(found) if found else 0)
        if refused:
            self._disk_failed(self.points.error or _WRITE_FAILED, points=refused // POINT_RECORD_BYTES)
        self._tell_of_damage(damaged, standing, f"{lost:,} points are counted as lost", self.points.path)

    def _leave_damaged_events(self, standing: Standing) -> None:
        """The same of events, of which those that are missing are written again."""
        damaged, written = self.events.path, self.events.written_bytes
        end, lost = self._queue_missing_events()
        self.events.leave_at(end, max(0, written - end) if lost else 0)
        self._tell_of_damage(
            damaged,
            standing,
            f"what is missing is written again, {lost:,} events are counted as lost",
            self.events.path,
        )
        self._flush_events()

    def _tell_of_damage(self, path: str, standing: Standing, consequence: str, next_path: str) -> None:
        how = "replaced by another file" if standing is Standing.REPLACED else "changed by another program"
        self._tell_once(
            "damaged",
            f"{path} was {how} while the run was recording: {consequence}. The run goes on in "
            f"{os.path.basename(next_path)} beside it",
        )

    def _queue_missing_events(self) -> tuple[int, int]:
        """Put events and declarations that are not in our files any more into the queue.

        Those that lie behind damage go there, too: of two events the later one wins, so their order has to stay.

        Returns:
            Where the damage in the present file begins, and how many events are lost for good.
        """
        files = {part: self._events_in(part) for part in self.events.sizes()}
        present_file = files.pop(self.events.part, b"")
        present = {line for data in files.values() for line in data.splitlines(keepends=True) if is_event(line)}
        expected = [line for line in self._restorable if line not in present]
        end, before, behind = split_lines(present_file, expected)
        present.update(before)
        moving = set(behind)
        kept = set(self._restorable)
        waiting = [
            line
            for line, sequence in self._pending
            if sequence is None and line not in kept and not line.startswith(_OF_THE_LEDGER)
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
        self.lost_events += lost
        if lost:
            self.causes["damaged"] += lost
        lines = [line for line in expected if line not in present and line not in moving] + behind + waiting
        declarations = set(declared.values())
        self._pending = [(line, None) for line in lines if line not in declarations]
        for sequence in list(self._sequences.values()):
            line = declared.get(sequence.id) or self._declaration(sequence)
            sequence.is_declared = line in present
            if not sequence.is_declared:
                self._pending.append((line, sequence))
        self._pending_bytes = sum(len(line) for line, _ in self._pending)
        self._written_ledger = None
        return end, lost

    def _events_in(self, part: int) -> bytes:
        """What is in one of our events files, b"" if it is gone."""
        try:
            most = self.events.sizes()[part] + _MAX_PENDING_EVENT_BYTES  # beyond that nothing is ours
            return read_bytes(self.layout.root, self._stream_path("events", part), most)
        except OSError:
            return b""

    def _restore_directory(self) -> None:
        """The run directory or a file of ours in it was removed under us: begin anew, count and say what is gone."""
        has_directory = is_folder(self.layout.root, self.run_dir)
        removed = [stream.path for stream in (self.points, self.events) if stream.look() is Standing.REMOVED]
        gone = self.points.forget_removed() // POINT_RECORD_BYTES
        self.events.forget_removed()
        self.lost_points += gone
        if gone:
            self.causes["removed"] += gone
        self._queue_missing_events()
        if not exists(self.layout.root, self.layout.version_path):  # the whole repo was removed
            try:
                create_repo(self.layout.root)
            except AimError:  # told below, when the directory cannot be made either
                pass
        self._is_placed = False
        self._flush_events()
        what = " and ".join(removed) if has_directory and removed else self.run_dir
        points = f"{gone:,} points written before are counted as lost"
        if not gone:
            points = "no point is lost" if has_directory and self.points.path not in removed else "it held no points"
        self._tell_once(
            "removed", f"{what} was removed while the run was recording; it is begun anew with the params, and {points}"
        )

    def _tell_of_room(self) -> None:
        self.points.has_made_room = self.events.has_made_room = False
        self._tell_once(
            "descriptors",
            "this process has as many files open as it may: Aim closed some of its own and opens them again when they "
            "are needed. Nothing is lost; raise the limit (ulimit -n), or close runs that are over",
        )

    def beat(self) -> None:
        """Show readers that this writer lives."""
        if self._is_moved and not is_folder(self.layout.root, self.layout.active):
            return  # nothing is made where the repo was
        try:
            self.marker.beat()
        except OSError as error:
            with self.lock:
                self._tell(error, "showing a sign of life")
        self._look_around()

    def _look_around(self) -> None:
        if self.look_around is not None:
            try:
                self.look_around()
            except (OSError, SessionClosedError):  # the next heartbeat may see more, unless we were closed meanwhile
                pass

    # -- the end -----------------------------------------------------------------------------------------------------

    def close(self, reason: str, *, exit_code: int | None = None, error: Mapping[str, str] | None = None) -> None:
        """Write the ``closed`` event and retire the marker. A second call does nothing."""
        if self.is_open and not self.is_foreign:
            self._look_around()
        with self.lock:
            if not self.is_open or self.is_foreign:
                return
            self._look_after_files()
            # A signal handler may close the run while a declaration is being written: then the line is written again
            # here, which is harmless, because nobody may come back to finish it.
            self._is_flushing = False
            self._flush_events()
            now = self._event_time()
            closed: dict[str, Any] = {"type": ev.CLOSED, "time": now, "reason": reason, "sizes": self._sizes()}
            if exit_code is not None:
                closed["exit_code"] = exit_code
            if error:
                closed["error"] = dict(error)
            ledger = self._ledger()
            if ledger is not None:
                closed["loss"] = ledger
            self.event(closed)
            self.is_open = False
            try:
                counts = dict(ledger or {})
                unwritten = self._waiting_events()
                if unwritten:  # nobody will write them any more
                    self.lost_events += unwritten
                    counts.update(lost_points=self.lost_points, lost_events=self.lost_events)
                # The reason too: who read the events before we closed, and the markers after, would see a crash.
                making_room(lambda: self.marker.write(**counts, reason=reason))
                self.marker.retire(now if self._event_clock is self.clock else self.clock())
            except OSError as problem:
                # told already: it was moved with its repo, marker and all, or could never be made
                if self._is_placed and not self._is_moved:
                    self._tell(problem, "closing the run")
            self.events.release()
            self.points.release()

    def _sizes(self) -> dict[str, int]:
        """Bytes that each stream file should have, by the end of its name (``points``, ``2.points``, ...)."""
        sizes: dict[str, int] = {}
        for stream, kind in ((self.points, "points"), (self.events, "events")):
            for part, size in stream.sizes().items():
                sizes[stream_name("", kind, part).lstrip(".")] = size
        return sizes

    def forget(self) -> None:
        """In a forked child: let go of the parent's files without writing anything."""
        self.lock = threading.RLock()  # another thread of the parent may have held it
        self.is_open = False
        self.is_foreign = True
        self.points.lock = self.events.lock = self.lock
        self.points.forget()
        self.events.forget()
