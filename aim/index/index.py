"""The index of a repo, as the layers above use it.

If another process holds it and makes no progress (stopped in the middle of its work, waiting for a disk), what is new
cannot be written into it. A reader waits for a while and then continues with a private index: a copy of what was
committed, brought up to date, among the system's temporary files for as long as it is open.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aim.errors import AimError, IndexUnavailableError
from aim.index.catchup.passes import CatchUp, Indexer, Progress
from aim.index.points.columns import Columns, read_columns
from aim.index.points.merge import Attempts
from aim.index.points.tails import TailCache
from aim.index.sql.database import BUSY_TIMEOUT_S, Database
from aim.index.sql.dialect import Dialect, fetch_all
from aim.index.sql.interrupt import uncounted
from aim.index.sql.location import Location, find_location
from aim.schema.names import is_run_hash
from aim.schema.runstate import LossLedger, RunState
from aim.schema.source import RunStanding, Source, SourceReport
from aim.storage.reading.source import RunDirectorySource
from aim.storage.reading.standing import lacking
from aim.storage.repo.layout import RepoLayout

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["WAIT_VARIABLE", "Index"]

T = TypeVar("T")

WAIT_VARIABLE: Final = "AIM_INDEX_WAIT_S"

MAX_WAITS: Final = 6
"""So many times the whole time is waited for a process that gets on, which may be a long first indexing."""

_log = logging.getLogger("aim")
_held: set[str] = set()
"""Directories of indexes that another process was seen to keep: a command that opens one again need not wait again."""
_WAIT_AGAIN_S: Final = 0.2

_INCOMPLETE: Final = (
    "SELECT r.hash, st.key, st.seen FROM stream st JOIN run r ON r.id = st.run_id WHERE r.id IN (SELECT id FROM run"
    " WHERE is_open IS {true} AND origin = ? AND end_reason IN ('finished', 'failed', 'interrupted') LIMIT 20)"
)


class Index:
    """SQL tables over everything in a repo, brought up to date by whoever reads.

    Thread-safe. After a fork the child opens its own connections. Open it with :meth:`open`.

    Attributes:
        location: Where it is, and why there.
    """

    def __init__(self, location: Location, sources: Sequence[Source], *, wait_s: float | None = None) -> None:
        self._wait_s = _chosen_wait_s() if wait_s is None else wait_s
        self.location = location
        self._sources = {source.name: source for source in sources}
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._started = 0
        self._done = 0
        self._last = CatchUp()
        if location.directory in _held:
            self._wait_s = min(self._wait_s, _WAIT_AGAIN_S)
        self._database = Database(location, wait_s=self._wait_s)
        self._reset_readers()

    @classmethod
    def open(
        cls,
        layout: RepoLayout,
        sources: Sequence[Source] | None = None,
        *,
        directory: str | None = None,
        variant: str = "",
        wait_s: float | None = None,
    ) -> Index:
        """Open the index of a repo; it is made if there is none, or none that can be used.

        Args:
            layout: The repo.
            sources: What it reads; None for the run directories.
            directory: Where to put it; None to find a location, see :mod:`aim.index.sql.location`.
            variant: Name of a folder in that place, for an index of other sources beside the usual one.
            wait_s: How long another process that keeps it and does not get on is waited for; None for what
                AIM_INDEX_WAIT_S says, else 10 s.

        Raises:
            IndexUnavailableError: it can be made nowhere.
        """
        read = [RunDirectorySource(layout)] if sources is None else sources
        if directory is not None:
            return cls(Location(os.path.abspath(directory), "as asked for"), read, wait_s=wait_s)
        refused: dict[str, str] = {}
        while True:
            location = find_location(layout, refused=refused)
            try:
                return cls(location.folder(variant) if variant else location, read, wait_s=wait_s)
            except IndexUnavailableError as error:
                if location.is_temporary or location.directory in refused:
                    raise
                refused[location.directory] = str(error)

    def _reset_readers(self) -> None:
        self._tails = TailCache(self._sources)
        self._indexer = Indexer(self._database, self._sources, self._tails)

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def path(self) -> str:
        """The database file."""
        return self._database.path

    @property
    def size_bytes(self) -> int:
        """How much disk it takes."""
        return self._database.size_bytes()

    def catch_up(self, *, progress: Progress | None = None) -> CatchUp:
        """Take in everything that was written before this call.

        Of several threads that call it at once, one works and the others share what it found, if it began after they
        called. An index that turns out to be damaged is rebuilt.

        Args:
            progress: Called with (runs done, runs to do).
        """
        self._after_fork()
        asked = self._started
        with uncounted(), self._lock:
            if self._done > asked:
                return self._last
            self._started += 1
            number = self._started
            self._last = self._caught_up(progress)
            self._done = number
            return self._last

    def _caught_up(self, progress: Progress | None) -> CatchUp:
        """Catch up; wait for a process that keeps the index only as long as it gets on."""
        result = CatchUp(behind=1, held=1)
        for _ in range(1 if self.location.directory in _held else MAX_WAITS):
            before = self._database.change_mark()
            try:
                result = self._repaired(lambda: self._indexer.catch_up(progress), then_catch_up=False)
            except Exception as error:
                if not self._database.dialect.is_busy(error):
                    raise
                result = CatchUp(behind=1, held=1)
            if not result.held:
                return result
            if self._database.change_mark() in (before, None):
                break
        self._switch_to_private_copy(result.held)
        return self._repaired(lambda: self._indexer.catch_up(progress), then_catch_up=False)

    def _switch_to_private_copy(self, waiting: int) -> None:
        """Leave the index to the process that keeps it, and go on with one of our own.

        Args:
            waiting: How many runs at least are not up to date in it.

        Raises:
            IndexUnavailableError: none can be made: an answer would lack runs.
        """
        held = self._database
        who = held.describe_holder()
        what = f"{who} keeps the index in {held.directory}"
        try:
            location = Location(tempfile.gettempdir(), f"temporary, because {what}", is_temporary=True)
            own = Database(location, copy_of=held.path)
        except (OSError, IndexUnavailableError) as error:
            raise IndexUnavailableError(
                f"{what} and does not get on; at least {waiting} run(s) are not in it, and {error}. "
                "End that process, or choose another directory with TMPDIR"
            ) from error
        if held.directory not in _held:
            _held.add(held.directory)
            _log.warning(
                "%s keeps the index in %s and does not get on; this answer comes from an index of our own",
                who,
                held.directory,
            )
        self._database, self.location = own, location
        self._reset_readers()
        held.close()

    def _repaired(self, work: Callable[[], T], *, then_catch_up: bool) -> T:
        if not self._database.is_current:
            with self._lock:
                self._database.refresh()
                self._reset_readers()
                if then_catch_up:
                    self.catch_up()
        try:
            return work()
        except Exception as error:
            if then_catch_up and self._database.dialect.is_busy(error):
                with self._lock:
                    self._switch_to_private_copy(1)
                    self.catch_up()
                return work()
            if not self._database.dialect.is_damage(error):
                raise
            with self._lock:
                self._database.replace()
                self._reset_readers()
                if then_catch_up:
                    self.catch_up()
        return work()

    def _after_fork(self) -> None:
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._lock = threading.RLock()  # the parent's may be held by a thread that does not exist here
            self._started = self._done = 0
            self._reset_readers()

    def with_repair(self, work: Callable[[], T]) -> T:
        """Call `work`, which reads from the index; if the index is damaged or gone, rebuild it and call it again.

        Ids read before are of no use in the second call: `work` is a whole query.
        """
        self._after_fork()
        return self._repaired(work, then_catch_up=True)

    def recover(self, error: Exception, path: str) -> bool:
        """After a read that failed outside of :meth:`with_repair`: have an index that can be read, caught up.

        Args:
            error: Why it failed.
            path: Which database was read.

        Returns:
            Whether to ask again; ids are those of another database then. False: the error is of another kind.
        """
        self._after_fork()
        with self._lock:
            if self._database.path == path:
                if self._database.dialect.is_busy(error):
                    self._switch_to_private_copy(1)
                elif self._database.dialect.is_damage(error):
                    self._database.replace()
                    self._reset_readers()
                else:
                    return False
            self.catch_up()
        return True

    def connect(self) -> Connection:
        """A connection for reading; each statement sees the last committed state. Fetch all rows at once."""
        self._after_fork()
        return self._database.connect()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection for reading to which the index does not change until the block ends."""
        self._after_fork()
        with self._database.connect() as connection, self._database.unchanging(connection):
            yield connection

    @property
    def dialect(self) -> Dialect:
        """The database system."""
        return self._database.dialect

    @property
    def live(self) -> Mapping[str, RunStanding]:
        """The status of the runs that are not known to have ended, by hash, as of the last catch-up."""
        return self._indexer.live

    @property
    def unreadable(self) -> Mapping[str, str]:
        """The runs that are left out since their files cannot be read, and why, as of the last catch-up."""
        return self._indexer.unreadable

    def incomplete(self) -> dict[str, str]:
        """What is missing here of runs that ended, by hash: their files hold less than their writers reported.

        They are being copied here, or were cut. At most as many runs as can be checked quickly.
        """

        def ask() -> Any:
            with self._database.snapshot() as connection:
                sql = _INCOMPLETE.format(true=self._database.dialect.true)
                return fetch_all(connection, sql, (RunDirectorySource.name,))

        found: dict[str, dict[str, int]] = {}
        for run_hash, key, seen in self.with_repair(ask):
            found.setdefault(run_hash, {})[key] = seen
        texts: dict[str, str] = {}
        for run_hash, sizes in found.items():
            try:
                state = self._sources[RunDirectorySource.name].read_run(run_hash).state
            except (OSError, AimError):  # named elsewhere
                continue
            if text := lacking(state, sizes):
                texts[run_hash] = text
        return texts

    def live_status(self, run_hash: str) -> RunStanding | None:
        """The status of a run whose ``end_reason`` is NULL, as of the last catch-up; None for one that ended."""
        return self._indexer.live.get(run_hash)

    def read_columns(
        self,
        sequence_ids: Sequence[int],
        *,
        steps: bool = True,
        values: bool = True,
        epochs: bool = False,
        times: bool = False,
        is_shared: bool = False,
        attempts: Attempts = "latest",
    ) -> list[Columns]:
        """The points of sequences in the order given, as they are shown (attempts and ranks merged) or all of them.

        What was caught up with before is in them. The arrays belong to the caller.

        Args:
            sequence_ids: Ids of the ``any_sequence`` table; one that went away gives no points.
            steps, values, epochs, times: Which columns to read.
            is_shared: Sequences whose steps (or other columns) are equal may get one array for all, which is
                read-only: for charts of many sequences.
            attempts: "latest": without the points that a later attempt recorded again, see
                :mod:`aim.index.points.merge`; "all": every point of all attempts, by attempt, then time, then writer.
        """
        self._after_fork()
        with self._database.snapshot() as connection:
            return read_columns(
                connection,
                self._tails,
                sequence_ids,
                steps=steps,
                values=values,
                epochs=epochs,
                times=times,
                is_shared=is_shared,
                attempts=attempts,
            )

    def read_state(self, run_hash: str) -> RunState:
        """The state of a run by its source, read now; a state without writers if there is no such run."""
        source = self._source_of(run_hash)
        return source.read_run(run_hash).state if source is not None else RunState(run_hash)

    def read_ledger(self, run_hash: str) -> LossLedger:
        """What could not be kept of a run, as its source tells it now; the rows of the index hold the same."""
        source = self._source_of(run_hash)
        return source.read_run(run_hash).loss if source is not None else LossLedger()

    def read_standing(self, state: RunState) -> RunStanding | None:
        """The status of a run by its source, read now; None if it has no source."""
        source = self._source_of(state.hash)
        return source.standing(state) if source is not None else None

    def is_own(self, run_hash: str) -> bool:
        """Whether the run is one of the run directories; False if it is read in place from another tool's files."""
        source = self._source_of(run_hash)
        return source is None or source.name == RunDirectorySource.name

    def _source_of(self, run_hash: str) -> Source | None:
        if not is_run_hash(run_hash):  # there are strings that no database can be asked for
            return None

        def ask() -> Any:
            with self.connect() as connection:
                return connection.exec_driver_sql("SELECT origin FROM run WHERE hash = ?", (run_hash,)).fetchone()

        found = self.with_repair(ask)
        return self._sources.get(found[0] if found is not None else RunDirectorySource.name)

    def report(self, run_hash: str | None = None) -> SourceReport:
        """What the sources do not show of one run, or of all, as of the last catch-up."""
        if run_hash is not None:
            source = self._source_of(run_hash)
            return source.report(run_hash) if source is not None else SourceReport()
        found = [source.report() for source in self._sources.values()]
        not_shown: Counter[str] = Counter()
        for report in found:
            not_shown.update(report.not_shown)
        return SourceReport(
            tuple(folder for report in found for folder in report.places),
            sum(report.runs for report in found),
            dict(not_shown),
            tuple(problem for report in found for problem in report.problems),
        )

    def reindex(self, *, progress: Progress | None = None) -> CatchUp:
        """Rebuild the index from the sources."""
        self._after_fork()
        with self._lock:
            self._database.replace()
            self._reset_readers()
            return self.catch_up(progress=progress)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._database.close()


def _chosen_wait_s() -> float:
    text = os.environ.get(WAIT_VARIABLE, "")
    try:
        wait_s = float(text)
    except ValueError:
        return BUSY_TIMEOUT_S
    return wait_s if 0 <= wait_s < 86_400 else BUSY_TIMEOUT_S
