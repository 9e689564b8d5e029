"""Writing what was found of some runs, in one transaction, by compare-and-swap on each run's version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from aim.index.catchup.entries import RunEntry, StreamEntry
from aim.index.catchup.scan import RunScan
from aim.index.catchup.write_points import PointWriting
from aim.index.points.tails import TailCache
from aim.index.sql import tables as t
from aim.index.sql.database import Database
from aim.index.sql.dialect import Dialect, DriverConnection, fetch_all, insert_sql
from aim.index.sql.dictionaries import Dictionaries, IdCounter
from aim.index.sql.params import classify, flatten_params, storable_text
from aim.schema.jsonvalues import to_json

__all__ = ["Conflict", "apply_scans", "drop_runs"]


class Conflict(Exception):
    """Another process changed one of the runs meanwhile: look again."""


_RUN_FIELDS: Final = (
    "source experiment name description is_archived created_at ended_at end_reason error_type error_message attempt"
    " lost_points lost_events rejected unsynced causes tags notes pauses_s"
    " is_open next_scan_at scan_interval_s file_identity"
).split()

_INSERT_RUN: Final = insert_sql(t.run, "id", "hash", "origin", "version", *_RUN_FIELDS)
_UPDATE_RUN: Final = (
    f"UPDATE run SET version = version + 1, {', '.join(f'{name} = ?' for name in _RUN_FIELDS)}"
    " WHERE id = ? AND version = ?"
)
_TOUCH_RUN: Final = (
    "UPDATE run SET version = version + 1, ended_at = ?, end_reason = ?, pauses_s = COALESCE(?, pauses_s), is_open = ?,"
    " next_scan_at = ?, scan_interval_s = ?, file_identity = ? WHERE id = ? AND version = ?"
)
_INSERT_STREAM: Final = insert_sql(t.stream)
_UPDATE_STREAM: Final = (
    "UPDATE stream SET seen = ?, folded = ?, head = ?, ended = ?, skipped = skipped + ?, attempt = ?, rank = ?"
    " WHERE id = ?"
)


def drop_runs(connection: DriverConnection, run_ids: Iterable[int]) -> None:
    """Remove all rows of runs."""
    ids = [(number,) for number in run_ids]
    connection.executemany(
        "DELETE FROM sequence_stream WHERE stream_id IN (SELECT id FROM stream WHERE run_id = ?)", ids
    )
    for table in ("chunk", "chunk_time", "any_sequence", "stream", "param", "run_params", "run_tag"):
        connection.executemany(f"DELETE FROM {table} WHERE run_id = ?", ids)
    connection.executemany("DELETE FROM run WHERE id = ?", ids)


def apply_scans(database: Database, dictionaries: Dictionaries, tails: TailCache, run_scans: Sequence[RunScan]) -> None:
    """Write what was found of these runs; their entries then say what the index holds.

    Raises:
        Conflict: nothing was written; the entries are not to be used any more.
    """
    after: list[Callable[[], None]] = []
    with database.transaction() as connection:
        dictionaries.begin()
        writing = _Writing(connection, database.dialect, dictionaries, tails, after)
        try:
            writing.write(run_scans)
        except database.dialect.errors as error:
            if not database.dialect.is_conflict(error):
                raise
            raise Conflict(str(error)) from error
    dictionaries.commit()
    for action in after:
        action()


class _Writing:
    """One transaction. What entries shall say once it is committed is put into `after`."""

    def __init__(
        self,
        connection: DriverConnection,
        dialect: Dialect,
        dictionaries: Dictionaries,
        tails: TailCache,
        after: list[Callable[[], None]],
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._dictionaries = dictionaries
        self._tails = tails
        self._after = after
        self._run_ids: dict[str, int] = {}

    def write(self, run_scans: Sequence[RunScan]) -> None:
        counters = {name: IdCounter(self._connection, name) for name in ("run", "stream", "any_sequence")}
        self._drop_gone(run_scans)
        changed = [run_scan for run_scan in run_scans if not run_scan.is_gone]
        for run_scan in changed:
            self._write_run(run_scan, counters["run"])
        self._write_params([run_scan for run_scan in changed if run_scan.reading is not None])
        self._write_streams(changed, counters["stream"])
        points = PointWriting(
            self._connection, self._dialect, self._dictionaries, self._tails, self._run_ids, self._after
        )
        points.write(changed, counters["any_sequence"])
        for counter in counters.values():
            counter.save(self._connection)

    def _drop_gone(self, run_scans: Sequence[RunScan]) -> None:
        gone = [run_scan.entry for run_scan in run_scans if run_scan.is_gone] + [
            run_scan.replaces for run_scan in run_scans if run_scan.replaces
        ]
        for entry in gone:
            sql = "UPDATE run SET version = version + 1 WHERE id = ? AND version = ?"
            if self._connection.execute(sql, (entry.id, entry.version)).rowcount != 1:
                raise Conflict(entry.hash)
        if gone:
            drop_runs(self._connection, [entry.id for entry in gone])

    # ---- the run itself

    def _write_run(self, run_scan: RunScan, ids: IdCounter) -> None:
        entry = run_scan.entry
        standing = run_scan.standing
        ended_at = standing.ended_at if standing is not None and run_scan.end_reason is not None else None
        number = entry.id or ids.take()
        self._run_ids[entry.hash] = number
        own = (int(run_scan.is_open), run_scan.next_scan_at, run_scan.scan_interval_s, run_scan.file_identity)
        if run_scan.reading is not None:
            fields = (*_described(run_scan, ended_at), *own)
            if entry.id == 0:
                self._connection.execute(_INSERT_RUN, (number, entry.hash, entry.origin, 1, *fields))
                count = 1
            else:
                count = self._connection.execute(_UPDATE_RUN, (*fields, number, entry.version)).rowcount
        else:
            if run_scan.end_reason is not None and standing is None:
                (row,) = fetch_all(self._connection, "SELECT ended_at FROM run WHERE id = ?", (number,)) or [(None,)]
                ended_at = row[0]
            pauses_s = standing.pauses_s if standing is not None else None
            parameters = (ended_at, run_scan.end_reason, pauses_s, *own, number, entry.version)
            count = self._connection.execute(_TOUCH_RUN, parameters).rowcount
        if count != 1:
            raise Conflict(entry.hash)

        def commit() -> None:
            entry.id = number
            entry.version += 1
            entry.is_open, entry.next_scan_at = run_scan.is_open, run_scan.next_scan_at
            entry.scan_interval_s, entry.file_identity = run_scan.scan_interval_s, run_scan.file_identity
            entry.end_reason = run_scan.end_reason
            if run_scan.reading is not None:
                entry.state = run_scan.reading.state

        self._after.append(commit)

    def _write_params(self, run_scans: Sequence[RunScan]) -> None:
        params: list[tuple[int, str]] = []
        leaves: list[tuple[int, int, int, float | None, str | None]] = []
        tags: list[tuple[int, str]] = []
        for run_scan in run_scans:
            assert run_scan.reading is not None
            state = run_scan.reading.state
            number = self._run_ids[run_scan.entry.hash]
            text = to_json(state.params)
            if run_scan.entry.id:
                before = fetch_all(self._connection, "SELECT params FROM run_params WHERE run_id = ?", (number,))
                self._connection.execute("DELETE FROM run_tag WHERE run_id = ?", (number,))
                if before and before[0][0] == text:
                    text = ""
                else:
                    for table in ("run_params", "param"):
                        self._connection.execute(f"DELETE FROM {table} WHERE run_id = ?", (number,))
            tags += ((number, tag) for tag in dict.fromkeys(map(storable_text, state.tags)))
            if text:
                params.append((number, text))
                for path, value in flatten_params(state.params):
                    kind, num, txt = classify(value)
                    leaves.append((number, self._dictionaries.path_id(self._connection, path), int(kind), num, txt))
        self._connection.executemany("INSERT INTO run_params (run_id, params) VALUES (?, ?)", params)
        self._connection.executemany(
            "INSERT INTO param (run_id, path_id, kind, num, txt) VALUES (?, ?, ?, ?, ?)", leaves
        )
        self._connection.executemany("INSERT INTO run_tag (run_id, tag) VALUES (?, ?)", tags)

    # ---- its streams

    def _write_streams(self, run_scans: Sequence[RunScan], ids: IdCounter) -> None:
        new: list[tuple[Any, ...]] = []
        grown: list[tuple[Any, ...]] = []
        for run_scan in run_scans:
            changes = [(s, size, size, head, ended, 0) for s, size, head, ended in run_scan.event_streams]
            changes += [
                (i.stream, i.stop, i.stop if i.fold else i.stream.folded, i.head, i.ended, i.skipped)
                for i in run_scan.increments
            ]
            for stream, seen, folded, head, ended, skipped in changes:
                number = stream.id or ids.take()
                if stream.id:
                    grown.append((seen, folded, head, int(ended), skipped, stream.attempt, stream.rank, number))
                else:
                    new.append(
                        (
                            number, self._run_ids[run_scan.entry.hash], stream.key, stream.writer, stream.kind,
                            stream.part, seen, folded, head, int(ended), stream.attempt, stream.rank, skipped,
                        )
                    )  # fmt: skip
                    # no other stream has this number yet, and if the transaction fails the entry is not used again
                    stream.id = number
                self._after.append(_stream_commit(run_scan.entry, stream, seen, folded, head, ended, skipped))
        self._connection.executemany(_INSERT_STREAM, new)
        self._connection.executemany(_UPDATE_STREAM, grown)


def _described(run_scan: RunScan, ended_at: float | None) -> tuple[Any, ...]:
    """What the events say of a run, in the order of the columns."""
    assert run_scan.reading is not None
    state, loss, standing = run_scan.reading.state, run_scan.reading.loss, run_scan.standing
    return (
        storable_text(state.source), storable_text(state.experiment), storable_text(state.name),
        storable_text(state.description), int(state.is_archived), state.created_at, ended_at, run_scan.end_reason,
        (storable_text(standing.error_type) or None) if standing is not None else None,
        (storable_text(standing.error_message) or None) if standing is not None else None,
        state.attempt, loss.lost_points, loss.lost_events, loss.rejected, loss.unsynced, to_json(dict(loss.causes)),
        to_json(list(state.tags)), len(state.notes), standing.pauses_s if standing is not None else 0.0,
    )  # fmt: skip


def _stream_commit(
    entry: RunEntry, stream: StreamEntry, seen: int, folded: int, head: bytes, ended: bool, skipped: int
) -> Callable[[], None]:
    def commit() -> None:
        stream.seen, stream.folded, stream.head, stream.ended = seen, folded, head, ended
        stream.skipped += skipped
        entry.streams[stream.key] = stream

    return commit
