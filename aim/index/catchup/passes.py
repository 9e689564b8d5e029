"""Catching up: from a source's scan to the rows of the index, for as many runs as it takes."""

from __future__ import annotations

import errno
import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from aim.errors import IndexUnavailableError, RunUnreadableError, UnsafeFileError
from aim.index.catchup.apply import Conflict, apply_scans
from aim.index.catchup.entries import Feeds, RunEntry, load_entries, load_sequences
from aim.index.catchup.scan import RunScan, attach_records, scan_run
from aim.index.points.tails import TailCache
from aim.index.sql.database import Database
from aim.index.sql.dialect import Dialect, fetch_all
from aim.index.sql.dictionaries import SET_META, Dictionaries
from aim.schema.jsonvalues import from_json, to_json
from aim.schema.source import RunStanding, Scan, Source
from aim.storage.repo.files import EXHAUSTED

__all__ = ["BATCH_BYTES", "CatchUp", "Indexer", "Progress"]

Progress = Callable[[int, int], None]
"""Called with (runs done, runs to do)."""

BATCH_BYTES: Final = 16 * 1024 * 1024
"""How much of streams goes into one transaction: the rows of it, and the arrays, are in memory at once."""

_BATCH_RUNS: Final = 250
_OPEN_SCANS: Final = 200
"""How many open runs without a marker are scanned in one catch-up; the others wait for the next."""

_TRIES: Final = 20
"""How often a run is scanned again because another process was faster."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What a catch-up did."""

    scanned: int = 0
    """Runs scanned."""
    changed: int = 0
    """Runs whose rows changed."""
    removed: int = 0
    """Runs that went away."""
    points: int = 0
    """New points."""
    behind: int = 0
    """Runs that could not be brought up to date: their streams cannot be read, or another process keeps the index."""
    held: int = 0
    """Those of them that wait for another process to release the index."""

    @property
    def is_complete(self) -> bool:
        """Whether the index holds everything that was written before."""
        return self.behind == 0

    def plus(self, other: CatchUp) -> CatchUp:
        """The sum of two."""
        return CatchUp(
            self.scanned + other.scanned,
            self.changed + other.changed,
            self.removed + other.removed,
            self.points + other.points,
            self.behind + other.behind,
            self.held + other.held,
        )


class Indexer:
    """Brings one database up to date with some sources. For one thread at a time.

    Args:
        database: Where to write.
        sources: By name.
        tails: Reads unfolded points.
        batch_bytes: See :data:`BATCH_BYTES`.
    """

    def __init__(
        self, database: Database, sources: Mapping[str, Source], tails: TailCache, *, batch_bytes: int = BATCH_BYTES
    ) -> None:
        self._database = database
        self._sources = sources
        self._tails = tails
        self._batch_bytes = batch_bytes
        self._dictionaries = Dictionaries(database.dialect)
        self._entries: dict[str, RunEntry] = {}
        self._ended: dict[str, set[tuple[str, str]]] = {}
        self._refused: dict[str, dict[str, _Refused]] = {}
        self.live: dict[str, RunStanding] = {}
        """The status of the runs that are being written to, as of the last catch-up."""
        self.unreadable: dict[str, str] = {}
        """Runs that are left out since they cannot be read, and why, as of the last catch-up."""

    def catch_up(self, progress: Progress | None = None) -> CatchUp:
        """Scan every run that may have changed."""
        total = CatchUp()
        live: dict[str, RunStanding] = {}
        for source in self._sources.values():
            total = total.plus(_Pass(self, source, live, progress).run())
            if total.held:  # whoever asked decides whether to wait on
                break
        self.live = live
        self.unreadable = {
            run_hash: found.reason for refused in self._refused.values() for run_hash, found in sorted(refused.items())
        }
        return total

    def _memory(self, source: Source) -> dict[str, Any]:
        with self._database.snapshot() as connection:
            found = fetch_all(connection, "SELECT value FROM meta WHERE key = ?", (f"memory:{source.name}",))
        memory = from_json(found[0][0]) if found else {}
        return memory if isinstance(memory, dict) else {}

    def _known_ended(self, source: Source) -> set[tuple[str, str]]:
        known = self._ended.get(source.name)
        if known is None:
            with self._database.snapshot() as connection:
                known = self._ended[source.name] = set(
                    fetch_all(
                        connection,
                        "SELECT DISTINCT r.hash, st.writer FROM stream st JOIN run r ON r.id = st.run_id"
                        " WHERE st.ended AND r.origin = ?",
                        (source.name,),
                    )
                )
        return known


@dataclass(frozen=True, slots=True)
class _Refused:
    """A run that is left out."""

    reason: str
    signature: object = None
    """Identity and sizes of its files then: while they stay the same they are not read again; None: always read."""


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep Python's collector of cycles from running.

    Looking through rows by the hundred thousand, none of which is garbage, it took two fifths of the time.
    """
    global _has_paused
    if not gc.isenabled():
        yield
        return
    _has_paused = True
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _has_paused = False


_has_paused = False


def _resume_in_child() -> None:
    if _has_paused:  # by a thread that does not exist in the child
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_resume_in_child)


_CHANGED: Final = (None, errno.ENOENT, errno.ESTALE)
"""A file went away or was cut since it was listed."""


def _is_of_a_run(error: BaseException, dialect: Dialect) -> bool:
    """Whether an error says that a run's files cannot be read, rather than that something is wrong with the index."""
    if isinstance(error, dialect.errors):
        return dialect.is_unstorable(error)
    return isinstance(error, Exception) and not isinstance(error, (OSError, MemoryError, IndexUnavailableError))


def _sentence(error: BaseException) -> str:
    if isinstance(error, RunUnreadableError):
        return error.reason
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"unexpected {type(error).__name__}: {error!s:.200}"


class _Pass:
    """One catch-up with one source."""

    def __init__(
        self, indexer: Indexer, source: Source, live: dict[str, RunStanding], progress: Progress | None
    ) -> None:
        self._indexer = indexer
        self._database = indexer._database
        self._entries = indexer._entries
        self._source = source
        self._live = live
        self._progress = progress
        self._result = CatchUp()
        self._tries: dict[str, int] = {}
        self._pending: list[str] = []
        self._postponed: list[tuple[float | None, float | None, str, int]] = []
        self._refused_before = indexer._refused.get(source.name, {})
        self._refused: dict[str, _Refused] = {}
        self._alone: set[str] = set()
        """Runs whose rows are written one by one: those of one of them cannot be."""

    def run(self) -> CatchUp:
        memory = self._indexer._memory(self._source)
        scan = self._source.scan(memory)
        self._known_ended = self._indexer._known_ended(self._source) if scan.ended else set()
        queue = deque(self._candidates(scan, memory.get("pending")))
        total = len(queue)
        done = 0
        try:
            while queue:
                hashes = self._next_batch(queue)
                with _no_collecting():
                    again = self._process(scan, hashes)
                queue.extendleft(again)
                done = total - len(queue)
                if self._progress is not None:
                    self._progress(done, total)
            self._indexer._refused[self._source.name] = self._refused
            self._remember(scan, memory)
        except self._database.dialect.errors as error:
            if not self._database.dialect.is_busy(error):
                raise
            self._entries.clear()
            left = max(1, total - done)
            self._count(behind=left, held=left)
        return self._result

    def _next_batch(self, queue: deque[str]) -> list[str]:
        hashes = [queue.popleft()]
        while queue and len(hashes) < _BATCH_RUNS and not {hashes[0], queue[0]} & self._alone:
            hashes.append(queue.popleft())
        return hashes

    def _count(self, **more: int) -> None:
        self._result = self._result.plus(CatchUp(**more))

    def _candidates(self, scan: Scan, pending: object) -> Iterable[str]:
        """The runs to scan, each once, those that are being written to first."""
        found: dict[str, None] = dict.fromkeys(sorted(scan.live))
        if isinstance(pending, list):
            found.update(dict.fromkeys(str(run_hash) for run_hash in pending))
        found.update(dict.fromkeys(self._refused_before))
        found.update(dict.fromkeys(sorted(run for run, _ in scan.ended - self._known_ended)))
        origin = self._source.name
        with self._database.snapshot() as connection:
            if scan.present is not None:
                known = dict(fetch_all(connection, "SELECT hash, file_identity FROM run WHERE origin = ?", (origin,)))
                for run_hash, mark in scan.present.items():
                    if scan.compare_all or known.get(run_hash) != mark:
                        found[run_hash] = None
                found.update(dict.fromkeys(run_hash for run_hash in known if run_hash not in scan.present))
            due = fetch_all(
                connection,
                f"SELECT hash FROM run WHERE is_open IS {self._database.dialect.true}"
                " AND (next_scan_at IS NULL OR next_scan_at <= ?) AND origin = ?"
                " ORDER BY next_scan_at LIMIT ?",
                (scan.now, origin, _OPEN_SCANS + len(scan.live)),
            )
        found.update(dict.fromkeys(run_hash for (run_hash,) in due))
        return found

    def _process(self, scan: Scan, hashes: Sequence[str]) -> list[str]:
        """Bring these runs up to date; returns those to scan again."""
        self._load(hashes)
        again: list[str] = []
        run_scans: list[RunScan] = []
        size = 0
        for run_hash in hashes:
            if size >= self._indexer._batch_bytes:
                again.append(run_hash)
                continue
            run_scan = self._scan_run(scan, run_hash)
            if run_scan is not None:
                run_scans.append(run_scan)
                size += run_scan.size_bytes
        if not run_scans:
            return again
        try:
            changing = self._prepare(run_scans)
            run_scans = [
                run_scan
                for run_scan in run_scans
                if run_scan not in changing and run_scan.entry.hash not in self._refused
            ]
            again += self._retry(changing, is_held=False)
            apply_scans(self._database, self._indexer._dictionaries, self._indexer._tails, run_scans)
        except Conflict:
            return again + self._retry(run_scans, is_held=True)
        except BaseException as error:
            for run_scan in run_scans:  # they may say what was not written
                self._entries.pop(run_scan.entry.hash, None)
            if not _is_of_a_run(error, self._database.dialect):
                raise
            if len(run_scans) == 1:
                self._refuse(run_scans[0].entry.hash, error)
                return again
            tried = [run_scan.entry.hash for run_scan in run_scans]
            self._alone.update(tried)
            return again + tried
        again += self._settle(run_scans)
        return again

    def _retry(self, run_scans: Sequence[RunScan], *, is_held: bool) -> list[str]:
        """Forget what was found; the runs to scan again.

        Args:
            run_scans: Of runs whose files changed while they were read, or (is_held) that another process brought up to
                date meanwhile.
        """
        again = []
        for run_scan in run_scans:
            run_hash = run_scan.entry.hash
            self._entries.pop(run_hash, None)
            self._tries[run_hash] = self._tries.get(run_hash, 0) + 1
            if self._tries[run_hash] < _TRIES:
                again.append(run_hash)
            else:
                self._pending.append(run_hash)
                self._count(behind=1, held=int(is_held))
                if not is_held:
                    self._refused[run_hash] = _Refused("its files went away or were cut each time they were read")
        return again

    def _load(self, hashes: Sequence[str]) -> None:
        """Bring the entries in line with the rows, which another process may have changed."""
        marks = ",".join("?" * len(hashes))
        with self._database.snapshot() as connection:
            versions = dict(fetch_all(connection, f"SELECT hash, version FROM run WHERE hash IN ({marks})", hashes))
            stale = []
            for run_hash in hashes:
                entry = self._entries.get(run_hash)
                if entry is not None and entry.version != versions.get(run_hash):
                    del self._entries[run_hash]
                    entry = None
                if entry is None and run_hash in versions:
                    stale.append(run_hash)
            if stale:
                self._entries.update(load_entries(connection, stale))

    def _scan_run(self, scan: Scan, run_hash: str) -> RunScan | None:
        """Scan a run; None if there is nothing to write now."""
        self._count(scanned=1)
        before = self._refused_before.get(run_hash)
        if before is not None and before.signature is not None and before.signature == self._signature_of(run_hash):
            self._refused[run_hash] = before
            self._pending.append(run_hash)
            return None
        known = self._entries.get(run_hash)
        try:
            run_scan = scan_run(self._source, scan, run_hash, known, limit_bytes=self._indexer._batch_bytes)
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise
            self._leave(run_hash, error)
            return None
        except Exception as error:
            if not _is_of_a_run(error, self._database.dialect):
                raise
            self._refuse(run_hash, error)
            return None
        if run_scan.is_empty:  # they may come yet; and if there were some, they went away
            self._pending.append(run_hash)
            run_scan.is_gone = True
        if run_scan.standing is not None and run_scan.end_reason is None:
            self._live[run_hash] = run_scan.standing
        if run_scan.is_gone:
            self._known_ended.update(name for name in scan.ended if name[0] == run_hash)
            self._live.pop(run_hash, None)
            return run_scan if run_scan.entry.id else None
        if run_scan.is_change:
            return run_scan
        entry = run_scan.entry
        if (run_scan.next_scan_at, run_scan.file_identity) != (entry.next_scan_at, entry.file_identity):
            self._postponed.append((run_scan.next_scan_at, run_scan.scan_interval_s, run_scan.file_identity, entry.id))
            entry.next_scan_at, entry.scan_interval_s, entry.file_identity = (
                run_scan.next_scan_at,
                run_scan.scan_interval_s,
                run_scan.file_identity,
            )
        if run_hash not in self._live:
            self._entries.pop(run_hash, None)
        return None

    def _leave(self, run_hash: str, error: OSError) -> None:
        """Leave a run out that the system does not let us read now; whoever looks next tries again."""
        name = os.path.basename(error.filename) if isinstance(error.filename, str) else ""
        is_named = name in ("", run_hash) or isinstance(error, UnsafeFileError)
        self._refused[run_hash] = _Refused(_sentence(error) if is_named else f"{name}: {_sentence(error)}")
        self._entries.pop(run_hash, None)
        self._pending.append(run_hash)
        self._count(behind=1)

    def _refuse(self, run_hash: str, error: BaseException) -> None:
        """Leave a run out: what it holds cannot be read, or is not what Aim writes. All others are shown."""
        may_pass = isinstance(error, RunUnreadableError) and error.may_pass  # then the files need not look otherwise
        self._refused[run_hash] = _Refused(_sentence(error), None if may_pass else self._signature_of(run_hash))
        self._entries.pop(run_hash, None)
        self._pending.append(run_hash)

    def _signature_of(self, run_hash: str) -> object:
        mark = self._source.file_identity(run_hash)
        try:
            return mark, [(stream.key, stream.size_bytes) for stream in self._source.list_streams(run_hash)]
        except RunUnreadableError as error:
            return mark, error.reason
        except OSError:
            return None

    def _prepare(self, run_scans: Sequence[RunScan]) -> list[RunScan]:
        """Read the records of these scans and find their sequences; returns those whose files changed meanwhile.

        A run of which a file cannot be read is left out.
        """
        changing: list[RunScan] = []
        growing = [run_scan for run_scan in run_scans if run_scan.increments]
        unloaded = [run_scan.entry for run_scan in growing if run_scan.entry.sequences is None]
        if any(entry.id for entry in unloaded):
            with self._database.snapshot() as connection:
                load_sequences(connection, unloaded)
        for entry in unloaded:
            if entry.sequences is None:
                entry.sequences = {}
        for run_scan in growing:
            entry = run_scan.entry
            state = run_scan.reading.state if run_scan.reading is not None else entry.state
            for increment in run_scan.increments:
                stream = increment.stream
                if stream.feeds is None or run_scan.reading is not None:
                    writer = state.writers.get(stream.writer) if state is not None else None
                    declared = writer.sequences if writer is not None else {}
                    stream.feeds = Feeds.of(declared, entry.known_feeds.get(stream.id, {}))
            try:
                attach_records(self._source, run_scan)
            except OSError as error:
                if error.errno in EXHAUSTED:
                    raise
                if error.errno in _CHANGED:
                    changing.append(run_scan)
                else:
                    self._leave(run_scan.entry.hash, error)
        return changing

    def _settle(self, run_scans: Sequence[RunScan]) -> list[str]:
        again = []
        for run_scan in run_scans:
            entry = run_scan.entry
            if run_scan.is_gone:
                self._entries.pop(entry.hash, None)
                self._count(removed=1)
                continue
            points = sum(len(i.records) - i.seen_count for i in run_scan.increments if i.records is not None)
            self._count(changed=1, points=points)
            if run_scan.has_more:
                again.append(entry.hash)
            if run_scan.has_more or entry.hash in self._live:  # the others are not looked at again soon
                self._entries[entry.hash] = entry
            else:
                self._entries.pop(entry.hash, None)
            known = self._indexer._ended.get(self._source.name)
            if known is not None:
                known.update((entry.hash, stream.writer) for stream in entry.streams.values() if stream.ended)
        return again

    def _remember(self, scan: Scan, memory: Mapping[str, Any]) -> None:
        after = {**scan.memory, "pending": sorted(self._pending)}
        if not self._postponed and after == memory:
            return
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE run SET next_scan_at = ?, scan_interval_s = ?, file_identity = ? WHERE id = ?", self._postponed
            )
            connection.execute(
                SET_META,
                (f"memory:{self._source.name}", to_json(after)),
            )
