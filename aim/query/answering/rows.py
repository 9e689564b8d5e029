"""What a query finds: light rows whose details are loaded in batches when first looked at."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import Connection, select

from aim.errors import IndexUnavailableError, RunNotFoundError
from aim.index.sql import tables as t
from aim.index.sql.codecs import ColumnError
from aim.index.sql.interrupt import checkpoint
from aim.query.answering.dictionaries import Dictionaries
from aim.query.language.fields import NUMERIC_METRIC_FIELDS
from aim.schema.jsonvalues import from_json
from aim.schema.statuses import ACTIVE

__all__ = [
    "BATCH_ROWS",
    "RUN_COLUMNS",
    "Details",
    "LiveStatus",
    "OutdatedError",
    "RunDetails",
    "RunRow",
    "SequenceRow",
    "distinct_runs",
]

BATCH_ROWS: Final = 512
"""Rows whose details one statement loads: large enough that statements do not count, small enough to begin at once."""

_NAN: Final = float("nan")
RUN_COLUMNS: Final = (
    "id", "hash", "source", "experiment", "name", "description", "is_archived", "created_at", "ended_at", "end_reason",
    "error_type", "error_message", "attempt", "hidden_points", "lost_points", "lost_events", "rejected", "unsynced",
    "causes", "tags", "notes", "pauses_s",
)  # fmt: skip


_PLACE: Final = {name: place for place, name in enumerate(RUN_COLUMNS)}


class LiveStatus(Protocol):
    """The status of a run that is not known to have ended."""

    @property
    def value(self) -> str:
        """running, stalled, finished, failed, interrupted or crashed."""

    @property
    def ended_at(self) -> float | None:
        """Unix seconds; None while it runs."""


class RunDetails:
    """The fields of a run as the index has them, and its status at the time of the question."""

    __slots__ = ("_row", "ended_at", "now", "status")

    def __init__(self, row: Sequence[Any], live: LiveStatus | None, now: float) -> None:
        self._row = row  # in the order of RUN_COLUMNS; most queries look at none or one of them
        self.now = now
        self.ended_at: float | None = row[_PLACE["ended_at"]]
        self.status: str | None = row[_PLACE["end_reason"]]
        if self.ended_at is None:
            self.status = live.value if live is not None else None
            self.ended_at = live.ended_at if live is not None else None

    if TYPE_CHECKING:  # made below
        source: str
        experiment: str
        name: str
        description: str
        created_at: float | None
        error_type: str | None
        error_message: str | None
        attempt: int
        hidden_points: int
        lost_points: int
        lost_events: int
        rejected: int
        unsynced: int
        notes: int
        pauses_s: float

    @property
    def is_archived(self) -> bool:
        """Whether queries leave it out unless asked."""
        return bool(self._row[_PLACE["is_archived"]])

    @property
    def tags(self) -> list[str]:
        """In the order they were added."""
        text = self._row[_PLACE["tags"]]
        if text == "[]":  # of most runs
            return []
        tags: list[str] = json.loads(text)
        return tags

    @property
    def causes(self) -> tuple[tuple[str, int], ...]:
        """What the losses came from, with counts."""
        causes: dict[str, int] = json.loads(self._row[_PLACE["causes"]])
        return tuple(sorted(causes.items()))

    @property
    def is_active(self) -> bool:
        """Whether points may still come."""
        return self.status in ACTIVE

    @property
    def duration(self) -> float | None:
        """Seconds from its creation to its end, or until now while it runs; None if neither is known.

        The pauses between its attempts do not count. 0 where clocks that disagree would make it negative.
        """
        end = self.now if self.is_active else self.ended_at
        return None if end is None or self.created_at is None else max(0.0, end - self.created_at - self.pauses_s)


def _nth(place: int) -> Callable[[RunDetails], Any]:
    return lambda details: details._row[place]


def _add_fields() -> None:
    """A property for each column that is given as it is: ``__getattr__`` would take four times as long."""
    for name, place in _PLACE.items():
        if name not in (*RunDetails.__slots__, *vars(RunDetails)):
            setattr(RunDetails, name, property(_nth(place)))


_add_fields()

_DETAIL_OF: Final = {"archived": "is_archived", "active": "is_active"}


class OutdatedError(IndexUnavailableError):
    """The index was rebuilt since a query was answered, and ids have started over."""


_renewing = threading.Lock()


class Details:
    """Loads the details of the runs and sequences of one answer, a batch at a time.

    An answer that is given away (:meth:`outlast`) is read long after the query. If the index turns out damaged then, or
    was rebuilt meanwhile, it gets a successor that looks into the index of that moment, and its rows move there.

    Args:
        path: Of the index that it looks into.
        connect: Opens a connection for reads.
        dictionaries: Names and contexts by id.
        live_status: Status of a run that is not known to have ended, by hash.
        now: Unix seconds of the question.
        is_current: Whether the ids of the rows still mean what they did.
    """

    def __init__(
        self,
        path: str,
        connect: Callable[[], AbstractContextManager[Connection]],
        dictionaries: Dictionaries,
        live_status: Callable[[str], LiveStatus | None],
        now: float,
        is_current: Callable[[], bool],
    ) -> None:
        self.path = path
        self._connect_as_is = connect
        self._is_current = is_current
        self._dictionaries = dictionaries
        self._live_status = live_status
        self.now = now
        """Unix seconds of the question."""
        self._runs: dict[int, RunRow] = {}
        self._run_order: list[int] = []
        self._run_place: dict[int, int] = {}
        self._run_details: dict[int, RunDetails] = {}
        self._params: dict[int, dict[str, Any]] = {}
        self._sequences: dict[int, list[SequenceRow]] = {}
        self._summaries: dict[int, Any] = {}
        self._sequence_order: list[int] = []
        self._sequence_place: dict[int, int] = {}
        self._sequence_rows: Callable[[], Sequence[SequenceRow] | None] = lambda: None
        self._make_successor: Callable[[Exception], Details | None] | None = None
        self._successor: Details | None = None

    # -- an answer that outlasts its index

    def outlast(
        self,
        make_successor: Callable[[Exception], Details | None],
        rows: Callable[[], Sequence[SequenceRow] | None],
    ) -> None:
        """From now on reads that fail for the index's sake are made again, in the index that takes its place.

        Args:
            make_successor: Called with why a read failed; gives details of an index that is sound, or None if that is
                not why.
            rows: Gives the sequences of the answer, if they are still there.
        """
        self._make_successor = make_successor
        self._sequence_rows = rows

    def successor(self, error: Exception) -> Details:
        """Who loads from now on.

        Raises:
            Exception: `error`, if that has nothing to do with the index.
        """
        with _renewing:
            if self._successor is None:
                made = self._make_successor(error) if self._make_successor is not None else None
                if made is None:
                    raise error
                runs = list(self._runs.values())
                # a row that moves just now in another thread must find nothing here under its new id
                self._is_current = lambda: False
                self.release()
                made._adopt_all(runs, self._sequence_rows() or ())
                self._successor = made
            return self._successor

    def _adopt_all(self, runs: Sequence[RunRow], sequences: Sequence[SequenceRow]) -> None:
        for start in range(0, len(runs), BATCH_ROWS):
            self._adopt_runs(runs[start : start + BATCH_ROWS])
        for start in range(0, len(sequences), BATCH_ROWS):
            self._adopt_sequences(sequences[start : start + BATCH_ROWS])
        self.keep_runs([row for row in runs if row.loaded_by is self])
        self.keep_sequences([row for row in sequences if row.details is self])

    def adopt_run(self, row: RunRow) -> None:
        """Make a row one of this index.

        Raises:
            RunNotFoundError: the run is gone.
        """
        if row.loaded_by is not self:
            self._adopt_runs([row])
        if row.loaded_by is not self:
            raise RunNotFoundError(f"run {row.hash} was deleted since this query was answered")

    def adopt_sequence(self, row: SequenceRow) -> None:
        """Make a row one of this index; errors as :meth:`adopt_run`."""
        self.adopt_run(row.run)
        if row.details is not self:
            self._adopt_sequences([row])
        if row.details is not self:
            raise RunNotFoundError(f"{row.name} of run {row.run.hash} is gone since this query was answered")

    def _adopt_runs(self, rows: Sequence[RunRow]) -> None:
        columns = t.run.c
        with self._connect() as connection:
            found = connection.execute(
                select(columns.hash, columns.id).where(columns.hash.in_([row.hash for row in rows]))
            ).all()
        ids: dict[str, int] = dict(found)
        for row in rows:
            if row.hash in ids:
                row.id, row.loaded_by = ids[row.hash], self
                self._runs.setdefault(row.id, row)

    def _adopt_sequences(self, rows: Sequence[SequenceRow]) -> None:
        rows = [row for row in rows if row.run.loaded_by is self]
        c = t.sequence.c
        statement = (
            select(c.run_id, t.metric_name.c.name, t.context.c.context, c.id, c.context_id)
            .join(t.metric_name, t.metric_name.c.id == c.name_id)
            .join(t.context, t.context.c.id == c.context_id)
            .where(c.run_id.in_(sorted({row.run.id for row in rows})))
        )
        found: dict[tuple[int, str, str], tuple[int, int]] = {}
        with self._connect() as connection:
            for run_id, name, context, number, context_id in connection.execute(statement).all():
                found[run_id, name, context] = number, context_id
            self._dictionaries.refresh(connection)
            self._dictionaries.load_contexts(connection, {context_id for _, context_id in found.values()})
        for row in rows:
            ids = found.get((row.run.id, row.name, row.context_text))
            if ids is not None:
                row.id, row._context_id = ids
                row.details = self

    # -- rows

    def run(self, run_id: int, run_hash: str) -> RunRow:
        """The row of a run; always the same object for the same run."""
        row = self._runs.get(run_id)
        if row is None:
            row = self._runs[run_id] = RunRow(run_id, run_hash, self)
            self._run_order.append(run_id)
        return row

    def add_runs(self, found: Iterable[Sequence[Any]]) -> list[RunRow]:
        """The rows of runs given as (id, hash)."""
        if self._runs:
            return [self.run(run_id, run_hash) for run_id, run_hash in found]
        rows = [RunRow(run_id, run_hash, self) for run_id, run_hash in found]
        self._runs = {row.id: row for row in rows}
        self._run_order = list(self._runs)
        return rows

    def keep_runs(self, rows: Sequence[RunRow]) -> None:
        """Load in the order of `rows` from now on, and keep nothing of others."""
        self._runs = {row.id: row for row in rows}
        self._run_order = list(self._runs)
        self._run_place = {}
        for loaded in (self._run_details, self._params, self._sequences):
            for run_id in loaded.keys() - self._runs.keys():
                del loaded[run_id]

    def keep_sequences(self, rows: Sequence[SequenceRow]) -> None:
        """Load summaries in the order of `rows` from now on, and keep none of others."""
        self._sequence_order = [row.id for row in rows]
        self._sequence_place = {}
        for sequence_id in self._summaries.keys() - set(self._sequence_order):
            del self._summaries[sequence_id]

    def forget(self, rows: Iterable[RunRow | SequenceRow]) -> None:
        """Drop what was loaded of rows that were decided: the params of all runs at once are tens of megabytes."""
        for row in rows:
            run_id = row.id
            if isinstance(row, SequenceRow):
                self._summaries.pop(row.id, None)
                run_id = row.run.id
            for loaded in (self._run_details, self._params, self._sequences):
                loaded.pop(run_id, None)

    def release(self) -> None:
        """Forget rows and all that was loaded of them; what still is looked at loads singly.

        Rows refer to this and this to rows: left to Python's collector, which comes by once garbage is a quarter of
        what it knows, the answers of many questions are in memory at a time.
        """
        self.keep_runs(())
        self.keep_sequences(())

    # -- batches

    def check_current(self) -> None:
        """Make sure that ids still mean what they did when the query was answered.

        Raises:
            OutdatedError: the index was rebuilt since.
        """
        if not self._is_current():
            raise OutdatedError("the index was rebuilt since this query was answered; ask again")

    def _connect(self) -> AbstractContextManager[Connection]:
        self.check_current()
        return self._connect_as_is()

    def _gone(self, run_id: int) -> RunNotFoundError:
        run = self._runs.get(run_id)
        return RunNotFoundError(f"run {run.hash if run else run_id} was deleted since this query was answered")

    def _batch(self, run_id: int, done: Collection[int]) -> list[int]:
        if len(self._run_place) != len(self._run_order):
            self._run_place = {one: place for place, one in enumerate(self._run_order)}
        place = self._run_place.get(run_id)
        if place is None:
            return [run_id]
        return [i for i in self._run_order[place : place + BATCH_ROWS] if i not in done]

    def run_details(self, run_id: int) -> RunDetails:
        """The fields of a run."""
        found = self._run_details.get(run_id)
        if found is None:
            ids = self._batch(run_id, self._run_details)
            columns = [t.run.c[name] for name in RUN_COLUMNS]
            with self._connect() as connection:
                rows = connection.execute(select(*columns).where(t.run.c.id.in_(ids))).all()
            for row in rows:
                live = self._live_status(row[_PLACE["hash"]]) if row[_PLACE["ended_at"]] is None else None
                self._run_details[row[0]] = RunDetails(row, live, self.now)
            found = self._run_details.get(run_id)
            if found is None:
                raise self._gone(run_id)
        return found

    def params(self, run_id: int) -> dict[str, Any]:
        """The nested params of a run; not to be changed."""
        found = self._params.get(run_id)
        if found is None:
            ids = self._batch(run_id, self._params)
            columns = t.run_params.c
            with self._connect() as connection:
                rows = connection.execute(select(columns.run_id, columns.params).where(columns.run_id.in_(ids))).all()
            self._params.update(dict.fromkeys(ids, _EMPTY))
            for one, text in rows:
                checkpoint()
                try:
                    self._params[one] = from_json(text)
                except ValueError as error:
                    raise ColumnError(f"the params of a run cannot be read from the index: {error}") from error
            found = self._params[run_id]
        return found

    def sequences_of(self, run: RunRow) -> list[SequenceRow]:
        """All sequences of a run in the order of name and context, with their summaries."""
        found = self._sequences.get(run.id)
        if found is None:
            ids = self._batch(run.id, self._sequences)
            columns = t.sequence.c
            wanted = [columns.id, columns.run_id, columns.name_id, columns.context_id, *_summary_columns()]
            with self._connect() as connection:
                rows = connection.execute(select(*wanted).where(columns.run_id.in_(ids))).all()
                # after the rows: they hold all that those refer to
                self._dictionaries.refresh(connection)
                self._dictionaries.load_contexts(connection, {row[3] for row in rows})
            by_run: dict[int, list[SequenceRow]] = {one: [] for one in ids}
            for row in rows:
                sequence = self.sequence(row[0], self._runs[row[1]], row[2], row[3], row[4 + _FIELD_PLACE["count"]])
                self._summaries[row[0]] = row[4:]
                by_run[row[1]].append(sequence)
            for sequences in by_run.values():
                sequences.sort(key=lambda s: (s.name, s.context_text))
            self._sequences.update(by_run)
            found = self._sequences[run.id]
        return found

    def sequence(self, sequence_id: int, run: RunRow, name_id: int, context_id: int, count: int) -> SequenceRow:
        """The row of a sequence."""
        return SequenceRow(
            sequence_id, run, self._dictionaries.names[name_id], context_id,
            self._dictionaries.context_texts[context_id], count, self,
        )  # fmt: skip

    def context(self, context_id: int) -> Mapping[str, Any]:
        """A context that sequences of this answer have."""
        return self._dictionaries.context(context_id)

    def summary(self, sequence_id: int) -> Any:
        """The summary columns of a sequence, in the order of ``NUMERIC_METRIC_FIELDS``."""
        found = self._summaries.get(sequence_id)
        if found is None:
            if not self._sequence_place:
                self._sequence_place = {one: place for place, one in enumerate(self._sequence_order)}
            place = self._sequence_place.get(sequence_id)
            ids = [sequence_id]
            if place is not None:
                ids = [i for i in self._sequence_order[place : place + BATCH_ROWS] if i not in self._summaries]
            with self._connect() as connection:
                statement = select(t.sequence.c.id, *_summary_columns()).where(t.sequence.c.id.in_(ids))
                for row in connection.execute(statement).all():
                    self._summaries[row[0]] = row[1:]
            found = self._summaries.get(sequence_id)
            if found is None:
                raise RunNotFoundError("the run of a metric was deleted since this query was answered")
        return found


_EMPTY: Final[dict[str, Any]] = {}
_FIELD_PLACE: Final = {name: place for place, name in enumerate(NUMERIC_METRIC_FIELDS)}


def _summary_columns() -> list[Any]:
    return [t.sequence.c[name] for name in NUMERIC_METRIC_FIELDS]


class RunRow:
    """A run that a query found. Reads of details may go to the index; they load a batch of runs at once."""

    __slots__ = ("hash", "id", "loaded_by")

    def __init__(self, run_id: int, run_hash: str, details: Details) -> None:
        self.id = run_id
        self.hash = run_hash
        self.loaded_by = details

    def __repr__(self) -> str:
        return f"RunRow({self.hash})"

    def renew(self, error: Exception) -> Details:
        """Move into the index that takes the place of the one that could not be read.

        Raises:
            Exception: `error`, if there is none.
        """
        successor = self.loaded_by.successor(error)
        successor.adopt_run(self)
        return successor

    @property
    def details(self) -> RunDetails:
        """All fields."""
        try:
            return self.loaded_by.run_details(self.id)
        except Exception as error:
            return self.renew(error).run_details(self.id)

    def field(self, name: str) -> Any:
        """A field by its canonical AimQL name; None if missing."""
        if name == "hash":
            return self.hash
        if name == "metrics":
            return list(dict.fromkeys(sequence.name for sequence in self.sequences()))
        return getattr(self.details, _DETAIL_OF.get(name, name))

    def params(self) -> Mapping[str, Any]:
        """The nested params; not to be changed."""
        try:
            return self.loaded_by.params(self.id)
        except Exception as error:
            return self.renew(error).params(self.id)

    def sequences(self) -> list[SequenceRow]:
        """All sequences of the run."""
        try:
            return self.loaded_by.sequences_of(self)
        except Exception as error:
            return self.renew(error).sequences_of(self)


class SequenceRow:
    """A sequence that a query found."""

    __slots__ = ("_context_id", "context_text", "count", "details", "id", "name", "run")

    def __init__(
        self,
        sequence_id: int,
        run: RunRow,
        name: str,
        context_id: int,
        context_text: str,
        count: int,
        details: Details,
    ) -> None:
        self.id = sequence_id
        self.run = run
        self.name = name
        self._context_id = context_id
        self.context_text = context_text
        self.count = count
        self.details = details

    def __repr__(self) -> str:
        return f"SequenceRow({self.run.hash}, {self.name!r}, {dict(self.context)})"

    def renew(self, error: Exception) -> Details:
        """As :meth:`RunRow.renew`."""
        successor = self.details.successor(error)
        successor.adopt_sequence(self)
        return successor

    @property
    def context(self) -> Mapping[str, Any]:
        """The context; not to be changed."""
        return self.details.context(self._context_id)

    def field(self, name: str) -> Any:
        """One of ``NUMERIC_METRIC_FIELDS``; None if missing, e.g. the minimum of nothing but NaN."""
        try:
            value = self.details.summary(self.id)[_FIELD_PLACE[name]]
        except Exception as error:
            value = self.renew(error).summary(self.id)[_FIELD_PLACE[name]]
        return _NAN if value is None and name in ("first", "last") else value


def distinct_runs(rows: Iterable[SequenceRow]) -> list[RunRow]:
    """The runs of sequences, in the order they come."""
    return list({row.run.id: row.run for row in rows}.values())
