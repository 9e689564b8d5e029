"""A writer: one process that opened one run, and the files that only it writes.

The hot path (:meth:`RunWriter.append_point`) packs one record and makes one ``write(2)``. Nothing is buffered: when
it returns, the operating system has the point. Failures of the disk never raise from here; they are counted in the
loss ledger and passed to `report` once per cause.
"""

from __future__ import annotations

import errno
import itertools
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aim.errors import AimError, SessionClosedError
from aim.schema import events as ev
from aim.schema.jsonvalues import to_json
from aim.schema.limits import MAX_LINE_BYTES
from aim.schema.names import METRIC, canonical_context, check_holds, check_metric_name, parse_context
from aim.schema.records import POINT_RECORD, POINT_RECORD_BYTES, RESERVED_SEQUENCE_IDS
from aim.storage.repo.files import is_folder, make_folders, remove_folder, unlink
from aim.storage.repo.layout import RepoLayout, stream_name
from aim.storage.repo.markers import MarkerFile
from aim.storage.repo.repo_files import disk_refusal
from aim.storage.writing.descriptors import retry_with_room
from aim.storage.writing.event_queue import EventQueue
from aim.storage.writing.kinds import EVENTS, POINTS, STREAM_KINDS, StreamKind
from aim.storage.writing.losses import Losses, error_name, without_frames
from aim.storage.writing.sequence import WriterSequence
from aim.storage.writing.stream import AppendStream
from aim.storage.writing.upkeep import WRITE_FAILED, look_after_files

if TYPE_CHECKING:
    from aim.schema.runstate import SequenceIdentity

__all__ = ["RunWriter", "new_run_hash", "new_writer_id"]

_UNDECLARED: Final = OSError(errno.EIO, "declaration not written")

_pack = POINT_RECORD.pack
_os_write = os.write


def new_run_hash() -> str:
    """24 random hex digits."""
    return os.urandom(12).hex()


def new_writer_id(ordinal: int) -> str:
    """``<ordinal>-<hex>``: the ordinal makes listings readable, the random part makes it unique."""
    return f"{ordinal}-{os.urandom(4).hex()}"


class RunWriter:
    """Appends to a run.

    Args:
        layout: The repo.
        run_hash: The run; its directory is created if it is not there.
        ordinal: First part of the writer id: how many writers the run had before, plus one.
        opened: Further keys of the ``opened`` event (role, attempt, rank, experiment, name, ...).
        report: Called as ``report(cause, message)``, at most once for each cause.
        prepare: Creates what is missing around the run (its repo, say). Called before the run directory is created,
            again until it returns True. Raises OSError or an AimError as long as it cannot.
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
        """Called with every heartbeat and at the end: which writers record beside this one? See
        :mod:`aim.storage.writing.beside`."""
        self.is_open = True
        self.is_foreign = False
        """True in a forked child: the files belong to the parent."""
        self._report = report
        self._prepare = prepare
        self._reported: set[str] = set()
        self._first_step_of = first_step_of
        self.streams = tuple(self._make_stream(kind) for kind in STREAM_KINDS)
        """One of each kind, in the order in which they are synced."""
        by_kind = {stream.kind: stream for stream in self.streams}
        self.events, self.points = by_kind[EVENTS], by_kind[POINTS]
        self.record_streams = tuple(stream for stream in self.streams if stream.record_bytes)
        """Those of records, each of which is one point."""
        self._ids = itertools.count(1)
        self.sequences: dict[SequenceIdentity, WriterSequence] = {}
        self.queue = EventQueue()
        self._is_flushing = False
        self._deferred_records: list[tuple[bytes, Sequence[WriterSequence], AppendStream]] = []
        self._last_event_time = 0.0
        self.losses = Losses()
        self._marker_is_ahead = False
        """The marker counts events as lost that still wait in memory."""
        self.written_losses: dict[str, Any] | None = None
        """What the last ``loss`` event said."""
        self.opened_at = self._event_clock()
        self.marker = MarkerFile(layout, run_hash, self.id, self.opened_at)
        self.is_placed = False
        """Whether the run directory and the marker were created; tried again with every event until they are."""
        self.is_moved = False
        """Whether the run directory was not where it belongs when it was last looked for."""
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

    def _make_stream(self, kind: StreamKind) -> AppendStream:
        return AppendStream(self.layout.root, kind, lambda part: self.stream_path(kind, part), self.lock)

    def stream_path(self, kind: StreamKind, part: int) -> str:
        """The file of a part of one of our streams."""
        return os.path.join(self.run_dir, stream_name(self.id, kind.name, part))

    def _place(self) -> bool:
        """Create the run directory and the marker; whether the directory is there."""
        try:
            retry_with_room(self._make_directory)
        except (OSError, AimError) as error:
            refusal = disk_refusal(error) or (
                error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
            )
            self.events.error = without_frames(refusal)
            self.disk_failed(refusal, points=0)
            return False
        try:
            retry_with_room(self.marker.write)
            self.is_placed = True
        except OSError as error:
            self.disk_failed(error, points=0)
        return True

    def _make_directory(self) -> None:
        if self._prepare is not None and self._prepare():
            self._prepare = None
        make_folders(self.layout.root, self.run_dir)

    def sequence(self, name: str, context: Mapping[str, Any] | None, *, holds: str = METRIC) -> WriterSequence:
        """The sequence of `name` and `context`, declared in the events file on first use.

        Args:
            holds: What its values are. A metric and images may share a name and a context.

        Raises:
            InvalidValueError: the name or the context cannot be recorded.
            SessionClosedError: the sequence is new, and the writer is closed.
        """
        check_metric_name(name)
        check_holds(holds)
        identity = (holds, name, canonical_context(context))
        with self.lock:
            sequence = self.sequences.get(identity)
            if sequence is None:
                if not self.is_open:  # its declaration would follow the closed event
                    raise SessionClosedError(self._why_closed())
                number = next(self._ids)
                if number in RESERVED_SEQUENCE_IDS:  # pragma: no cover - after four thousand million sequences
                    raise OverflowError("a writer holds at most 2**32 - 2 sequences")
                first_step = self._first_step_of(identity) if self._first_step_of is not None else 0
                made = WriterSequence(number, identity, first_step)
                # a signal handler may have made it since we looked: then its is the one
                sequence = self.sequences.setdefault(identity, made)
                if not sequence.is_declared:
                    self._declare(sequence)
            return sequence

    def _declare(self, sequence: WriterSequence) -> None:
        self._enqueue(self.declaration(sequence), sequence)

    def declaration(self, sequence: WriterSequence) -> bytes:
        """The line that declares a sequence."""
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
                    pass  # the slow path below tries again, and reports
                else:
                    points.cut_back(taken)
            self.append_records(record, (sequence,))

    def _why_closed(self) -> str:
        if self.is_foreign:
            return (
                f"run {self.run_hash} was opened by the process this one was forked from, and only that one writes to "
                f"it; to record from here open a session in this process: aim.Session(...), or "
                f"aim.Run({self.run_hash!r}) for the same run"
            )
        return f"run {self.run_hash} is closed; open it again with aim.Run({self.run_hash!r})"

    def append_records(
        self, records: bytes, sequences: Sequence[WriterSequence], stream: AppendStream | None = None
    ) -> None:
        """Append whole records in one write; what the disk refuses is counted.

        Args:
            sequences: Those whose records are among them, or only those of them that are not declared yet.
            stream: One of :attr:`record_streams`; None: that of points.

        Raises:
            SessionClosedError: as :meth:`append_point`.
        """
        with self.lock:
            if not self.is_open:
                raise SessionClosedError(self._why_closed())
            if stream is None:
                stream = self.points
            if False in [sequence.is_declared for sequence in sequences]:
                if self._is_flushing:  # we are in a signal handler that came while the declarations are being written
                    self._deferred_records.append((records, sequences, stream))
                    return
                self.flush_events()
                for sequence in sequences:
                    if not sequence.is_declared and not self.queue:
                        # we are in a signal handler that came before its declaration was put in the queue (or that was
                        # dropped from a queue that a full disk made too long); to declare it twice is harmless
                        self._declare(sequence)
                if not all(sequence.is_declared for sequence in sequences):
                    self._lose_undeclared(records, sequences, stream)
                    return
            count = stream.records_in(len(records))
            if stream.is_to_be_reopened:
                look_after_files(self)
            written = stream.records_in(stream.append(records))
            if written < count:
                self.disk_failed(stream.error or WRITE_FAILED, points=count - written)
            elif self.written_losses != self.losses.counts_if_any():
                self._write_losses()

    def _lose_undeclared(self, records: bytes, sequences: Sequence[WriterSequence], stream: AppendStream) -> None:
        """Records of sequences whose declaration could not be written: keep the others, count these."""
        undeclared = {sequence.id for sequence in sequences if not sequence.is_declared}
        kept = bytearray()
        lost = 0
        for offset in range(0, len(records), stream.record_bytes):
            record = records[offset : offset + stream.record_bytes]
            if int.from_bytes(record[:4], "little") in undeclared:
                lost += 1
            else:
                kept += record
        self.disk_failed(self.events.error or _UNDECLARED, points=lost)
        if kept:
            declared = tuple(sequence for sequence in sequences if sequence.is_declared)
            self.append_records(bytes(kept), declared, stream)

    def waiting_events(self) -> bytes:
        """The lines that wait in memory for a disk that refuses them."""
        with self.lock:
            return self.queue.waiting_lines()

    @property
    def has_pending_events(self) -> bool:
        """Whether events wait in memory for a disk that refuses them."""
        return bool(self.queue)

    def _event_time(self) -> float:
        now = self._event_clock()
        self._last_event_time = max(now, self._last_event_time)
        return self._last_event_time

    def event(self, event: ev.Event) -> None:
        """Append one event; ``time`` is filled in. What the disk refuses now is kept and written first later.

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
                self.queue.keep(line)
            self._enqueue(line, None)

    def _enqueue(self, line: bytes, sequence: WriterSequence | None) -> None:
        dropped = self.queue.put(line, sequence)
        self.losses.lost_events += dropped
        self.flush_events()

    def flush_events(self) -> None:
        """Write the events that wait, oldest first, line by line, and then the records that waited for them."""
        if self.events.is_to_be_reopened and not self._is_flushing:
            look_after_files(self)
        while not self._is_flushing and not self.is_foreign:
            is_refused = not self.is_placed and not self._place()
            self._is_flushing = True
            try:
                while self.queue.waiting and not is_refused:
                    entry = self.queue.waiting[0]
                    line, sequence = entry
                    if self.events.append(line) < len(line):
                        self.disk_failed(self.events.error or WRITE_FAILED, points=0)
                        is_refused = True
                        continue
                    self.queue.take_out(entry)
                    if sequence is not None:
                        sequence.is_declared = True
            finally:
                self._is_flushing = False
            deferred, self._deferred_records = self._deferred_records, []
            for records, sequences, stream in deferred:
                self.append_records(records, sequences, stream)
            if self._marker_is_ahead and not self.queue:
                self._marker_is_ahead = False
                try:
                    self.marker.write(lost_events=self.losses.lost_events)
                except OSError:  # then it counts events as lost that are not: until the next try
                    self._marker_is_ahead = True
            if is_refused or not self.queue:  # else a signal handler left something after we looked last
                return

    def count_rejected(self, count: int = 1, cause: str = "rejected") -> None:
        """Count calls that could not be recorded because of what they were given."""
        with self.lock:
            self.losses.rejected += count
            self.losses.causes[cause] += count

    def count_unsynced(self, points: int, error: OSError) -> None:
        """Count points whose sync failed: readers have them, a power cut may take them."""
        with self.lock:
            self.losses.unsynced += points
            if points:
                self.losses.causes[error_name(error)] += points
            self._warn_of(error, "syncing")

    def disk_failed(self, error: OSError, *, points: int) -> None:
        """Count points that the disk refused, in the marker too, and report the error."""
        losses = self.losses
        losses.lost_points += points
        if points:
            losses.causes[error_name(error)] += points
        self._warn_of(error, "writing")
        waiting = self.queue.waiting_events()
        self._marker_is_ahead = waiting > 0
        try:
            # those that wait are lost if the process dies now
            self.marker.write(**{**losses.counts(), "lost_events": losses.lost_events + waiting})
        except OSError:  # it was reported already, and the counts stay in memory for the next try
            pass

    def _warn_of(self, error: OSError, doing: str) -> None:
        self.warn_once(
            error_name(error),
            f"{doing} to {self.run_dir} failed: {error.strerror or error}. Training goes on; points that cannot be "
            f"written are counted on the run, and recording resumes when the disk does",
        )

    def warn_once(self, cause: str, message: str) -> None:
        """Report trouble, unless its cause was reported before."""
        if cause not in self._reported and self._report is not None:
            self._reported.add(cause)
            self._report(cause, message)

    def _write_losses(self) -> None:
        """Put the ledger into the events file; called when the disk takes data again, and by the sync thread."""
        counts = self.losses.counts_if_any()
        if counts is None or counts == self.written_losses or self.queue:
            return
        self.written_losses = counts
        self.event({"type": ev.LOSS, **counts})

    def check(self) -> None:
        """Look whether the files are still as they were written, write events that wait, and note losses.

        Called by the sync thread.
        """
        with self.lock:
            if not self.is_open:
                return
            look_after_files(self)
            if self.queue or not self.is_placed:
                self.flush_events()
            self._write_losses()

    def beat(self) -> None:
        """Show readers that this writer is alive."""
        if self.is_moved and not is_folder(self.layout.root, self.layout.active):
            return  # nothing is created where the repo was
        try:
            self.marker.beat()
        except OSError as error:
            with self.lock:
                self._warn_of(error, "showing a sign of life")
        self._look_around()

    def _look_around(self) -> None:
        if self.look_around is not None:
            try:
                self.look_around()
            except (OSError, SessionClosedError):  # the next heartbeat may see more, unless we were closed meanwhile
                pass

    def close(self, reason: str, *, exit_code: int | None = None, error: Mapping[str, str] | None = None) -> None:
        """Write the ``closed`` event and retire the marker. A second call does nothing."""
        if self.is_open and not self.is_foreign:
            self._look_around()
        with self.lock:
            if not self.is_open or self.is_foreign:
                return
            look_after_files(self)
            # A signal handler may close the run while a declaration is being written: then the line is written again
            # here, which is harmless, because the interrupted code may never finish it.
            self._is_flushing = False
            self.flush_events()
            now = self._event_time()
            closed: dict[str, Any] = {"type": ev.CLOSED, "time": now, "reason": reason, "sizes": self._sizes()}
            if exit_code is not None:
                closed["exit_code"] = exit_code
            if error:
                closed["error"] = dict(error)
            losses = self.losses.counts_if_any()
            if losses is not None:
                closed["loss"] = losses
            self.event(closed)
            self.is_open = False
            self._retire_marker(reason, now, losses or {})
            for stream in self.streams:
                stream.release()

    def _retire_marker(self, reason: str, now: float, counts: Mapping[str, Any]) -> None:
        try:
            unwritten = self.queue.waiting_events()
            if unwritten:  # they will never be written
                self.losses.lost_events += unwritten
                counts = {**counts, "lost_points": self.losses.lost_points, "lost_events": self.losses.lost_events}
            # The reason too: a reader that read the events before we closed, and the markers after, would see a crash.
            retry_with_room(lambda: self.marker.write(**counts, reason=reason))
            self.marker.retire(now if self._event_clock is self.clock else self.clock())
        except OSError as problem:
            # reported already: it was moved with its repo, marker and all, or could never be created
            if self.is_placed and not self.is_moved:
                self._warn_of(problem, "closing the run")
            self._remove_if_empty()

    def _remove_if_empty(self) -> None:
        """Remove what there is of a run of which the disk took no byte: nobody could ever tell that it has ended."""
        if any(size for stream in self.streams for size in stream.sizes().values()):
            return
        root = self.layout.root
        for path in (*(self.stream_path(stream.kind, 1) for stream in self.streams), self.marker.path):
            try:
                unlink(root, path)
            except OSError:  # it was not even created
                pass
        try:
            remove_folder(root, self.run_dir)
        except OSError:  # other writers have files there
            pass

    def _sizes(self) -> dict[str, int]:
        """Bytes that each stream file should have, by the end of its name (``points``, ``2.points``, ...)."""
        return {
            stream_name("", stream.kind.name, part).lstrip("."): size
            for stream in (*self.record_streams, self.events)
            for part, size in stream.sizes().items()
        }

    def forget(self) -> None:
        """In a forked child: release the parent's files without writing anything."""
        self.lock = threading.RLock()  # another thread of the parent may have held it
        self.is_open = False
        self.is_foreign = True
        for stream in self.streams:
            stream.lock = self.lock
            stream.forget()
