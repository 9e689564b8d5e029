"""Writing what was found of some runs, in one transaction, by compare-and-swap on each run's version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from aim.index.catchup.entries import RunEntry, StreamEntry
from aim.index.catchup.scan import Look
from aim.index.catchup.write_points import PointWriting
from aim.index.points.tails import TailCache
from aim.index.sql import tables as t
from aim.index.sql.database import Database, insert_sql, rows
from aim.index.sql.dictionaries import Dictionaries, IdCounter
from aim.index.sql.params import classify, flatten_params, storable_text
from aim.schema.jsonvalues import to_json

__all__ = ["Conflict", "apply_looks", "drop_runs"]


class Conflict(Exception):
    """Another process changed one of the runs meanwhile: look again."""


_RUN_FIELDS: Final = (
    "source experiment name description is_archived created_at ended_at end_reason error_type error_message attempt"
    " lost_points lost_events rejected unsynced causes tags notes is_open look_at look_interval_s place_mark"
).split()

_INSERT_RUN: Final = insert_sql(t.run, "id", "hash", "origin", "version", *_RUN_FIELDS)
_UPDATE_RUN: Final = (
    f"UPDATE run SET version = version + 1, {', '.join(f'{name} = ?' for name in _RUN_FIELDS)}"
    " WHERE id = ? AND version = ?"
)
_TOUCH_RUN: Final = (
    "UPDATE run SET version = version + 1, ended_at = ?, end_reason = ?, is_open = ?, look_at = ?, look_interval_s = ?,"
    " place_mark = ? WHERE id = ? AND version = ?"
)
_INSERT_STREAM: Final = insert_sql(t.stream)
_UPDATE_STREAM: Final = (
    "UPDATE stream SET seen = ?, folded = ?, head = ?, ended = ?, skipped = skipped + ?, attempt = ?, rank = ?"
    " WHERE id = ?"
)


def drop_runs(connection: sqlite3.Connection, run_ids: Iterable[int]) -> None:
    """Remove all rows of runs."""
    ids = [(number,) for number in run_ids]
    connection.executemany(
        "DELETE FROM sequence_stream WHERE stream_id IN (SELECT id FROM stream WHERE run_id = ?)", ids
    )
    for table in ("chunk", "chunk_time", "sequence", "stream", "param", "run_params", "run_tag"):
        connection.executemany(f"DELETE FROM {table} WHERE run_id = ?", ids)
    connection.executemany("DELETE FROM run WHERE id = ?", ids)


def apply_looks(database: Database, dictionaries: Dictionaries, tails: TailCache, looks: Sequence[Look]) -> None:
    """Write what was found of these runs; their entries then say what the index holds.

    Raises:
        Conflict: nothing was written; the entries are not to be used any more.
    """
    after: list[Callable[[], None]] = []
    with database.transaction() as connection:
        dictionaries.begin()
        writing = _Writing(connection, dictionaries, tails, after)
        try:
            writing.write(looks)
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error
    dictionaries.commit()
    for action in after:
        action()


class _Writing:
    """One transaction. What entries shall say once it is committed is put into `after`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        dictionaries: Dictionaries,
        tails: TailCache,
        after: list[Callable[[], None]],
    ) -> None:
        self._connection = connection
        self._dictionaries = dictionaries
        self._tails = tails
        self._after = after
        self._run_ids: dict[str, int] = {}

    def write(self, looks: Sequence[Look]) -> None:
        counters = {name: IdCounter(self._connection, name) for name in ("run", "stream", "sequence")}
        self._drop_gone(looks)
        changed = [look for look in looks if not look.is_gone]
        for look in changed:
            self._write_run(look, counters["run"])
        self._write_params([look for look in changed if look.reading is not None])
        self._write_streams(changed, counters["stream"])
        points = PointWriting(self._connection, self._dictionaries, self._tails, self._run_ids, self._after)
        points.write(changed, counters["sequence"])
        for counter in counters.values():
            counter.save(self._connection)

    def _drop_gone(self, looks: Sequence[Look]) -> None:
        gone = [look.entry for look in looks if look.is_gone] + [look.replaces for look in looks if look.replaces]
        for entry in gone:
            sql = "UPDATE run SET version = version + 1 WHERE id = ? AND version = ?"
            if self._connection.execute(sql, (entry.id, entry.version)).rowcount != 1:
                raise Conflict(entry.hash)
        if gone:
            drop_runs(self._connection, [entry.id for entry in gone])

    # ---- the run itself

    def _write_run(self, look: Look, ids: IdCounter) -> None:
        entry = look.entry
        standing = look.standing
        ended_at = standing.ended_at if standing is not None and look.end_reason is not None else None
        number = entry.id or ids.take()
        self._run_ids[entry.hash] = number
        own = (int(look.is_open), look.look_at, look.look_interval_s, look.place_mark)
        if look.reading is not None:
            fields = (*_described(look, ended_at), *own)
            if entry.id == 0:
                self._connection.execute(_INSERT_RUN, (number, entry.hash, entry.origin, 1, *fields))
                count = 1
            else:
                count = self._connection.execute(_UPDATE_RUN, (*fields, number, entry.version)).rowcount
        else:
            if look.end_reason is not None and standing is None:
                (row,) = rows(self._connection, "SELECT ended_at FROM run WHERE id = ?", (number,)) or [(None,)]
                ended_at = row[0]
            parameters = (ended_at, look.end_reason, *own, number, entry.version)
            count = self._connection.execute(_TOUCH_RUN, parameters).rowcount
        if count != 1:
            raise Conflict(entry.hash)

        def commit() -> None:
            entry.id = number
            entry.version += 1
            entry.is_open, entry.look_at = look.is_open, look.look_at
            entry.look_interval_s, entry.place_mark = look.look_interval_s, look.place_mark
            entry.end_reason = look.end_reason
            if look.reading is not None:
                entry.state = look.reading.state

        self._after.append(commit)

    def _write_params(self, looks: Sequence[Look]) -> None:
        params: list[tuple[int, str]] = []
        leaves: list[tuple[int, int, int, float | None, str | None]] = []
        tags: list[tuple[int, str]] = []
        for look in looks:
            assert look.reading is not None
            state = look.reading.state
            number = self._run_ids[look.entry.hash]
            text = to_json(state.params)
            if look.entry.id:
                before = rows(self._connection, "SELECT params FROM run_params WHERE run_id = ?", (number,))
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

    def _write_streams(self, looks: Sequence[Look], ids: IdCounter) -> None:
        new: list[tuple[Any, ...]] = []
        grown: list[tuple[Any, ...]] = []
        for look in looks:
            changes = [(s, size, size, head, ended, 0) for s, size, head, ended in look.event_streams]
            changes += [
                (i.stream, i.stop, i.stop if i.fold else i.stream.folded, i.head, i.ended, i.skipped)
                for i in look.increments
            ]
            for stream, seen, folded, head, ended, skipped in changes:
                number = stream.id or ids.take()
                if stream.id:
                    grown.append((seen, folded, head, int(ended), skipped, stream.attempt, stream.rank, number))
                else:
                    new.append(
                        (
                            number, self._run_ids[look.entry.hash], stream.key, stream.writer, stream.kind, stream.part,
                            seen, folded, head, int(ended), stream.attempt, stream.rank, skipped,
                        )
                    )  # fmt: skip
                    # no other stream has this number yet, and if the transaction fails the entry is not used again
                    stream.id = number
                self._after.append(_stream_commit(look.entry, stream, seen, folded, head, ended, skipped))
        self._connection.executemany(_INSERT_STREAM, new)
        self._connection.executemany(_UPDATE_STREAM, grown)


def _described(look: Look, ended_at: float | None) -> tuple[Any, ...]:
    """What the events say of a run, in the order of the columns."""
    assert look.reading is not None
    state, loss, standing = look.reading.state, look.reading.loss, look.standing
    return (
        storable_text(state.source), storable_text(state.experiment), storable_text(state.name),
        storable_text(state.description), int(state.is_archived), state.created_at, ended_at, look.end_reason,
        (storable_text(standing.error_type) or None) if standing is not None else None,
        (storable_text(standing.error_message) or None) if standing is not None else None,
        state.attempt, loss.lost_points, loss.lost_events, loss.rejected, loss.unsynced, to_json(dict(loss.causes)),
        to_json(list(state.tags)), len(state.notes),
    )  # fmt: skip


def _stream_commit(
    entry: RunEntry, stream: StreamEntry, seen: int, folded: int, head: bytes, ended: bool, skipped: int
) -> Callable[[], None]:
    def commit() -> None:
        stream.seen, stream.folded, stream.head, stream.ended = seen, folded, head, ended
        stream.skipped += skipped
        entry.streams[stream.key] = stream

    return commit
