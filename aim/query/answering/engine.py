"""Answers AimQL: SQL narrows, the evaluator decides what SQL could not."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, func, not_, select
from sqlalchemy.exc import DatabaseError

from aim.errors import QueryError
from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list
from aim.index.sql.interrupt import checkpoint
from aim.query.answering.binding import Binding, Resolved, bind, resolve
from aim.query.answering.conditions import is_plain_text
from aim.query.answering.dictionaries import Contexts, Dictionaries
from aim.query.answering.hints import hints_for
from aim.query.answering.narrow import MAX_TERMS, Narrower, conjuncts
from aim.query.answering.rows import BATCH_ROWS, Details, OutdatedError, RunRow, SequenceRow, distinct_runs
from aim.query.answering.scan import RunIds, scan_column
from aim.query.language import tree
from aim.query.language.evaluate import Predicate, compile_condition, selects
from aim.query.language.hashes import possible_hashes, with_known_hashes
from aim.query.language.parse import parse

if TYPE_CHECKING:
    from aim.index.index import Index
    from aim.index.points.merge import Attempts

__all__ = ["Archived", "ExpressionResult", "Newest", "QueryEngine", "QueryResult", "RunNumbers"]

Row = TypeVar("Row", bound=RunRow | SequenceRow)
T = TypeVar("T")
Progress = Callable[[int, int], None]
Archived = Literal["auto", "include", "only"]

MAX_LITERAL_RUNS: Final = 5_000
"""A longer list of runs is looked up here rather than sent to the database."""

MAX_SCANS: Final = 100
"""Conditions that are decided over one column of the index each; further ones are decided row by row."""

CHECKED_ROWS: Final = 16
"""Rows decided one by one between two checks whether anyone still waits; with a long query that is much of a second."""
PROGRESS_S: Final = 0.05
"""Between two calls of `progress`."""


class QueryResult(list[Row], Generic[Row]):
    """The rows that a query found, oldest run first."""

    def __init__(self, rows: Iterable[Row], query: tree.Query, details: Details, hints: tuple[str, ...] = ()) -> None:
        super().__init__(rows)
        self.query = query
        self.hints = hints
        """Why a query may have found nothing, with near names, e.g. a param that no run has."""
        self.details = details
        """What was loaded of the rows."""


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """The runs that a query found, by their ids in the index, oldest first."""

    ids: list[int]
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """The sequences of the newest runs that a query found, and how many there are in all."""

    rows: list[SequenceRow]
    """Newest run first; of one run by name, then context."""
    matched: int
    matched_runs: int
    hints: tuple[str, ...]


@dataclass(slots=True)
class _Plan:
    """The conditions of a query, divided by who answers them."""

    sql: list[ColumnElement[bool]]
    of_run: list[Callable[[RunRow, None], bool]]
    """Left to the evaluator and the same for all sequences of a run."""
    of_sequence: list[Predicate]
    only_runs: set[int] | None = None
    """The runs that all the conditions decided over one column leave; None: there was no such condition."""
    scans: int = 0

    def of_this_run(self, run: RunRow) -> bool:
        """Whether a run satisfies what is left to the evaluator of runs."""
        return all(test(run, None) for test in self.of_run)

    def finish(self) -> None:
        """Send the runs in `only_runs` to the database, or keep them here if they are many."""
        found = self.only_runs
        if found is not None and len(found) <= MAX_LITERAL_RUNS:
            self.sql.append(t.run.c.id.in_(sorted(found)))
        elif found is not None:
            self.of_run.insert(0, lambda run, _: run.id in found)


@dataclass(frozen=True, slots=True)
class ExpressionResult:
    """An expression on metrics in the runs that a query found."""

    runs: QueryResult[RunRow]
    resolved: Resolved
    binding: Binding


class QueryEngine:
    """Answers queries from an index. Thread-safe as the index is.

    Args:
        index: Where to look; whoever asks catches it up first.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._dictionaries = Dictionaries()
        self._path = ""

    def runs(
        self, query: str | tree.Query, *, progress: Progress | None = None, archived: Archived = "auto"
    ) -> QueryResult[RunRow]:
        """The runs that satisfy a query; if it speaks of metrics or contexts, the runs with such a sequence.

        Args:
            query: AimQL in either form, as a string or parsed; empty: all runs that are not archived.
            progress: Called now and then with (rows decided, rows to decide); what it raises ends the query.
            archived: "auto": archived runs are left out unless the query mentions ``run.archived``; "include": they are
                not; "only": no others.

        Raises:
            QueryError: the query cannot be answered.
        """
        parsed = query if isinstance(query, tree.Query) else parse(query)
        return self._answered(parsed, lambda: self._runs(parsed, progress, archived))

    def run_ids(
        self, query: str | tree.Query, *, progress: Progress | None = None, archived: Archived = "auto"
    ) -> RunNumbers:
        """The ids of :meth:`runs`, and nothing else stays in memory: for a server of many questions.

        Args and errors: as :meth:`runs`.
        """
        parsed = query if isinstance(query, tree.Query) else parse(query)
        return self._answered(parsed, lambda: self._run_ids(parsed, progress, archived))

    def _run_ids(self, query: tree.Query, progress: Progress | None, archived: Archived) -> RunNumbers:
        with self._index.snapshot() as connection:
            details, plan = self._prepare(connection, query, archived)
            if not plan.of_sequence:
                ids = _run_ids_of(connection, details, plan, progress, with_sequences=query.mentions_sequences)
                return RunNumbers(ids, () if ids else hints_for(query, connection, self._dictionaries))
        found = self._sequences(query, progress, archived, only_ids=True)
        ids = [row.id for row in distinct_runs(found)]
        found.details.release()
        return RunNumbers(ids, found.hints)

    def _runs(self, query: tree.Query, progress: Progress | None, archived: Archived) -> QueryResult[RunRow]:
        if query.mentions_sequences:
            sequences = self._sequences(query, progress, archived)
            return QueryResult(distinct_runs(sequences), query, sequences.details, sequences.hints)
        with self._index.snapshot() as connection:
            details, plan = self._prepare(connection, query, archived)
            columns = t.run.c
            statement = select(columns.id, columns.hash).where(*plan.sql).order_by(columns.created_at, columns.id)
            rows = details.add_runs(connection.execute(statement).all())
            if plan.of_run:
                rows = _decided(rows, plan.of_this_run, progress, details)
                details.keep_runs(rows)
            return QueryResult(rows, query, details, () if rows else hints_for(query, connection, self._dictionaries))

    def sequences(
        self, query: str | tree.Query, *, progress: Progress | None = None, archived: Archived = "auto"
    ) -> QueryResult[SequenceRow]:
        """The sequences that satisfy a query, by run (oldest first), then name, then context.

        Args and errors: as :meth:`runs`.
        """
        parsed = query if isinstance(query, tree.Query) else parse(query)
        return self._answered(parsed, lambda: self._sequences(parsed, progress, archived))

    def newest_sequences(self, query: str | tree.Query, limit: int, *, progress: Progress | None = None) -> Newest:
        """The first `limit` sequences of :meth:`sequences`, with the newest runs first.

        Where its conditions are of runs, or SQL answers them, no more than these are read.

        Args and errors: as :meth:`runs`.
        """
        parsed = query if isinstance(query, tree.Query) else parse(query)
        return self._answered(parsed, lambda: self._newest(parsed, progress, limit))

    def _newest(self, query: tree.Query, progress: Progress | None, limit: int) -> Newest:
        with self._index.snapshot() as connection:
            details, plan = self._prepare(connection, query, "auto")
            if not plan.of_sequence:
                if plan.of_run:
                    ids = _run_ids_of(connection, details, plan, progress, with_sequences=True)
                    plan.sql.append(in_list(t.run.c.id, ids))
                return self._newest_by_sql(connection, query, details, plan, limit)
        found = self._sequences(query, progress, "auto", only_ids=True)
        by_run: dict[int, list[SequenceRow]] = {}
        for row in found:
            by_run.setdefault(row.run.id, []).append(row)
        rows = [row for run_id in reversed(by_run) for row in by_run[run_id]][:limit]
        found.details.release()
        return Newest(rows, len(found), len(by_run), found.hints)

    def _newest_by_sql(
        self, connection: Connection, query: tree.Query, details: Details, plan: _Plan, limit: int
    ) -> Newest:
        run, sequence = t.run.c, t.sequence.c
        joined = t.sequence.join(t.run, run.id == sequence.run_id)
        counts = select(func.count(), func.count(sequence.run_id.distinct())).select_from(joined).where(*plan.sql)
        matched, matched_runs = connection.execute(counts).one()
        checkpoint()
        statement = _select_sequences().where(*plan.sql)
        newest = statement.order_by(run.created_at.desc().nulls_last(), run.id.desc()).limit(limit)
        found = list(connection.execute(newest).all())
        if len(found) == limit and limit > 0:  # which sequences of the last run are the first ones, names decide
            last = found[-1][1]
            found = [row for row in found if row[1] != last]
            found += connection.execute(statement.where(sequence.run_id == last)).all()
        self._dictionaries.load_contexts(connection, {row[3] for row in found})
        names, texts = self._dictionaries.names, self._dictionaries.context_texts
        found.sort(key=lambda row: (-(row[6] or 0.0), -row[1], names[row[2]], texts[row[3]]))
        rows = [
            details.sequence(row[0], details.run(row[1], row[5]), row[2], row[3], row[4])
            for row in found[:limit]
        ]  # fmt: skip
        details.release()
        return Newest(rows, matched, matched_runs, () if matched else hints_for(query, connection, self._dictionaries))

    def expression(
        self, query: str | tree.Query, text: str, *, progress: Progress | None = None, archived: Archived = "auto"
    ) -> ExpressionResult:
        """What an expression on metrics is computed from, in the runs that a query finds: oldest run first.

        Args:
            query: As for :meth:`runs`.
            text: The expression, see docs/aimql.md.
            progress, archived: As for :meth:`runs`.

        Raises:
            QueryError: the query or the expression cannot be answered.
        """
        parsed = query if isinstance(query, tree.Query) else parse(query)

        def work() -> ExpressionResult:
            found = self._runs(parsed, progress, archived)
            with self._index.snapshot() as connection:
                self._refresh(connection)
                resolved = resolve(connection, text)
                binding = bind(connection, resolved, [row.id for row in found])
                self._dictionaries.load_contexts(
                    connection, {sequence.context_id for one in binding.results for sequence in one.sequences}
                )
            return ExpressionResult(found, resolved, binding)

        return self._answered(parsed, work)

    def _answered(self, query: tree.Query, work: Callable[[], T]) -> T:
        def guarded() -> T:
            try:
                return work()
            except DatabaseError as error:  # within: to the index it would look like damage
                if self._index.dialect.is_too_large(error):
                    raise QueryError("the query is too large to be answered", text=query.text) from error
                raise

        try:
            return self._index.with_repair(guarded)
        except RecursionError:  # the caller's own stack was nearly full
            raise QueryError("the query is nested too deeply to be answered here", text=query.text) from None

    def run_by_hash(self, run_hash: str) -> RunRow | None:
        """The run of this hash, archived or not."""
        if not is_plain_text(run_hash):  # no database would take it
            return None

        def ask() -> RunRow | None:
            with self._index.snapshot() as connection:
                self._refresh(connection)
                row = connection.execute(select(t.run.c.id, t.run.c.hash).where(t.run.c.hash == run_hash)).first()
            return None if row is None else self._details(time.time()).run(row[0], row[1])

        found = self._index.with_repair(ask)
        if found is not None:
            self._outlast(found.loaded_by)
        return found

    def hashes_by_name(self, name: str) -> list[str]:
        """The hashes of all runs of a name, oldest first."""
        if not is_plain_text(name):
            return []
        columns = t.run.c
        statement = select(columns.hash).where(columns.name == name).order_by(columns.created_at, columns.id)
        return self._all_of(statement)

    def _all_of(self, statement: Select[Any]) -> list[str]:
        def ask() -> list[str]:
            with self._index.connect() as connection:
                return list(connection.execute(statement).scalars().all())

        return self._index.with_repair(ask)

    def experiments(self) -> list[str]:
        """The experiments that runs belong to."""
        return self._all_of(select(t.run.c.experiment).distinct())

    def keep_readable(self, found: QueryResult[Any]) -> None:
        """From now on what is read of an answer is read also if the index is rebuilt meanwhile."""
        if found and isinstance(found[0], SequenceRow):
            self._outlast(found.details, weakref.ref(found))
        else:
            self._outlast(found.details)

    def _outlast(self, details: Details, rows: Callable[[], Sequence[SequenceRow] | None] = lambda: None) -> None:
        def successor(error: Exception) -> Details | None:
            if not isinstance(error, OutdatedError) and not self._index.recover(error, details.path):
                return None
            with self._index.snapshot() as connection:
                self._refresh(connection)
            made = self._details(details.now)
            self._outlast(made, rows)
            return made

        details.outlast(successor, rows)

    def columns(
        self,
        rows: Sequence[SequenceRow],
        *,
        steps: bool = True,
        values: bool = True,
        epochs: bool = False,
        times: bool = False,
        attempts: Attempts = "latest",
    ) -> list[Any]:
        """The points of sequences, as columns in the order of `rows`; arguments as for :meth:`Index.read_columns`."""

        def read() -> list[Any]:
            for details in {id(row.details): row.details for row in rows}.values():
                details.check_current()
            ids = [row.id for row in rows]
            return list(
                self._index.read_columns(ids, steps=steps, values=values, epochs=epochs, times=times, attempts=attempts)
            )

        try:
            return read()
        except Exception as error:
            for row in rows:
                row.renew(error)
        return read()

    # -- how

    def _details(self, now: float) -> Details:
        index, path = self._index, self._index.path
        return Details(path, index.connect, self._dictionaries, index.live_status, now, lambda: index.path == path)

    def _refresh(self, connection: Connection) -> None:
        if self._path != self._index.path:  # another index: ids start over
            self._path = self._index.path
            self._dictionaries = Dictionaries()
        self._dictionaries.refresh(connection)

    def _prepare(self, connection: Connection, query: tree.Query, archived: Archived) -> tuple[Details, _Plan]:
        self._refresh(connection)
        details = self._details(query.now)
        open_runs: list[RunRow] | None = None

        def open_runs_with(predicate: Predicate) -> list[int]:
            nonlocal open_runs
            if open_runs is None:
                unended = select(t.run.c.id, t.run.c.hash).where(t.run.c.ended_at.is_(None))
                open_runs = details.add_runs(connection.execute(unended).all())
            return [row.id for row in open_runs if predicate(row, None)]

        narrower = Narrower(
            connection, self._dictionaries.names, Contexts(self._dictionaries, connection), open_runs_with
        )
        plan = _Plan([], [], [])
        if archived == "only":
            plan.sql.append(t.run.c.is_archived.is_(True))
        elif archived == "auto" and not query.mentions_archived:
            plan.sql.append(not_(t.run.c.is_archived.is_(True)))
        if query.selected:
            selection = narrower.selection(query.selected)
            if selection is None:
                plan.of_sequence.append(_selection_test(query.selected))
            else:
                plan.sql.append(selection)
        for part in conjuncts(_with_hashes(connection, query)):
            condition = narrower.condition(part) if len(plan.sql) < MAX_TERMS else None
            if condition is not None:
                plan.sql.append(condition)
            elif any(isinstance(node, tree.MetricField | tree.ContextRef) for node in tree.walk(part)):
                plan.of_sequence.append(compile_condition(part))
            elif plan.scans < MAX_SCANS:
                self._plan_by_column(plan, part, scan_column(part, connection, narrower.paths_of))
            else:
                plan.of_run.append(compile_condition(part))
        plan.finish()
        return details, plan

    def _plan_by_column(self, plan: _Plan, part: tree.Node, answer: RunIds | None) -> None:
        test = compile_condition(part)
        if answer is None:
            plan.of_run.append(test)
            return
        plan.scans += 1
        if not answer.undecided:
            plan.only_runs = answer.found if plan.only_runs is None else plan.only_runs & answer.found
        else:
            found, undecided = answer.found, answer.undecided
            plan.of_run.append(lambda run, _: run.id in found or (run.id in undecided and test(run, None)))

    def _sequences(
        self,
        query: tree.Query,
        progress: Progress | None,
        archived: Archived,
        *,
        only_ids: bool = False,
    ) -> QueryResult[SequenceRow]:
        with self._index.snapshot() as connection:
            details, plan = self._prepare(connection, query, archived)
            statement = _select_sequences().where(*plan.sql)
            found = list(connection.execute(statement).all())
            checkpoint()
            self._dictionaries.load_contexts(connection, {row[3] for row in found})
            names, texts = self._dictionaries.names, self._dictionaries.context_texts
            found.sort(key=lambda row: (row[6] or 0.0, row[1], names[row[2]], texts[row[3]]))
            rows = [
                details.sequence(row[0], details.run(row[1], row[5]), row[2], row[3], row[4])
                for row in found
            ]  # fmt: skip
            if plan.of_run or plan.of_sequence:
                of_run: dict[int, bool] = {}

                def holds(row: SequenceRow) -> bool:
                    known = of_run.get(row.run.id)
                    if known is None:
                        known = of_run[row.run.id] = plan.of_this_run(row.run)
                    return known and all(test(row.run, row) for test in plan.of_sequence)

                details.keep_sequences(rows)
                rows = _decided(rows, holds, progress, details, forget_all=only_ids)
                details.keep_runs(distinct_runs(rows))
            details.keep_sequences(rows)
            return QueryResult(rows, query, details, () if rows else hints_for(query, connection, self._dictionaries))


def _run_ids_of(
    connection: Connection, details: Details, plan: _Plan, progress: Progress | None, *, with_sequences: bool
) -> list[int]:
    """The runs that a plan without conditions on single sequences finds; of `details` nothing stays."""
    run = t.run.c
    statement = select(run.id, run.hash, run.created_at).where(*plan.sql).order_by(run.created_at, run.id)
    if with_sequences:
        statement = statement.select_from(t.sequence.join(t.run, run.id == t.sequence.c.run_id)).distinct()
    found = connection.execute(statement).all()
    ids = [row[0] for row in found]
    if plan.of_run:
        rows = details.add_runs(row[:2] for row in found)
        ids = [row.id for row in _decided(rows, plan.of_this_run, progress, details, forget_all=True)]
    details.release()
    return ids


def _select_sequences() -> Select[Any]:
    run, sequence = t.run.c, t.sequence.c
    return select(
        sequence.id,
        sequence.run_id,
        sequence.name_id,
        sequence.context_id,
        sequence.count,
        run.hash,
        run.created_at,
    ).select_from(t.sequence.join(t.run, run.id == sequence.run_id))


def _with_hashes(connection: Connection, query: tree.Query) -> tree.Node | None:
    """The condition of a query, in which a string that is the hash of a run is not taken for a name as well."""
    texts = possible_hashes(query)
    known: set[str] = set()
    for start in range(0, len(texts), BATCH_ROWS):
        statement = select(t.run.c.hash).where(t.run.c.hash.in_(texts[start : start + BATCH_ROWS]))
        known.update(connection.execute(statement).scalars())
    return with_known_hashes(query, known)


def _selection_test(selected: Sequence[tree.Selected]) -> Predicate:
    return lambda run, metric: metric is not None and selects(selected, metric.name, run.field("source"))


def _decided(
    rows: list[Row],
    holds: Callable[[Row], bool],
    progress: Progress | None,
    details: Details,
    *,
    forget_all: bool = False,
) -> list[Row]:
    """The rows for which `holds`; what was loaded of the others is dropped on the way, or (forget_all) of all."""
    kept: list[Row] = []
    reported_at = -PROGRESS_S
    decided: list[Row] = []
    for number, row in enumerate(rows):
        if len(decided) >= BATCH_ROWS:
            details.forget(decided)
            decided.clear()
        if number % CHECKED_ROWS == 0:
            checkpoint()
            if progress is not None and (now := time.monotonic()) - reported_at >= PROGRESS_S:
                reported_at = now
                progress(number, len(rows))
        is_kept = holds(row)
        if is_kept:
            kept.append(row)
        if forget_all or not is_kept:
            decided.append(row)
    details.forget(decided)
    if progress is not None:
        progress(len(rows), len(rows))
    return kept
