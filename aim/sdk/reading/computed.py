"""Expressions on metrics as results of a query: metrics whose points are computed from those of others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from aim.errors import QueryError
from aim.query.answering.binding import Bound, Found, Resolved
from aim.query.answering.compute import Computed, Points, common_steps, compute_curve, summary
from aim.query.answering.engine import Archived, ExpressionResult, QueryEngine
from aim.query.answering.rows import RunRow, SequenceRow
from aim.schema.names import parse_context
from aim.sdk.reading.arrays import BATCH_POINTS, Values
from aim.sdk.reading.results import Metric, MetricCollection
from aim.sdk.reading.stored_run import StoredRun

if TYPE_CHECKING:
    from aim.sdk.reading.repo import Repo

__all__ = ["CommonSteps", "ExpressionMetric", "query_expression"]

BATCH_RESULTS: Final = 1_000


def query_expression(
    repo: Repo,
    engine: QueryEngine,
    query: str,
    text: str,
    progress: Callable[[int, int], None] | None,
    archived: Archived,
) -> MetricCollection:
    """The results of an expression in the runs that a query finds, by run (oldest first), then context.

    Raises:
        QueryError: one of both cannot be read, or the expression is one number a run.
    """
    found = engine.expression(query, text, progress=progress, archived=archived)
    if not found.resolved.is_curve:
        message = f"{text:.100} is one number a run; a metric has one at each step"
        raise QueryError(message, text=text, expected="a metric outside of first(), last(), min(), ...")
    engine.keep_readable(found.runs)
    loader = _ComputedLoader(engine, found)
    runs = {row.hash: StoredRun(repo, row) for row in found.runs}
    hints = found.binding.hints if found.runs else found.runs.hints
    return MetricCollection(loader.rows, runs, loader, hints=hints, kind=ExpressionMetric)


@dataclass(frozen=True, slots=True)
class CommonSteps:
    """Of which steps of its metrics an expression has values; as a string in words.

    Attributes:
        steps: How many steps all of its metrics have.
        of: How many each of them has.
    """

    steps: int
    of: tuple[int, ...]

    def __str__(self) -> str:
        return common_steps(self.steps, self.of)


class _ComputedRow:
    """One result of an expression: what a row of the index is for a metric."""

    __slots__ = ("_loader", "bound", "name", "place", "run")

    def __init__(self, name: str, run: RunRow, bound: Bound, loader: _ComputedLoader, place: int) -> None:
        self.name = name
        self.run = run
        self.bound = bound
        self.place = place
        self._loader = loader

    @property
    def context(self) -> Mapping[str, Any]:
        return parse_context(self.bound.context)

    @property
    def context_text(self) -> str:
        return self.bound.context

    @property
    def count(self) -> int:
        return len(self._loader.computed(self.place))

    def field(self, name: str) -> Any:
        return summary(self._loader.computed(self.place), name)


class _ComputedLoader:
    """Computes the results of an expression, many at a time. Safe to use from several threads.

    As an ArrayLoader it keeps only the last batch.
    """

    def __init__(self, engine: QueryEngine, found: ExpressionResult) -> None:
        self._engine = engine
        self._resolved: Resolved = found.resolved
        self._details = found.runs.details
        by_id = {row.id: row for row in found.runs}
        name = found.resolved.expression.text.strip()
        self.rows = [
            _ComputedRow(name, by_id[bound.run_id], bound, self, place)
            for place, bound in enumerate(found.binding.results)
        ]
        self._sequences: dict[int, SequenceRow] = {}
        self._lock = threading.Lock()
        self._batches: dict[bool, tuple[int, list[Computed]]] = {}

    def points(self, place: int) -> tuple[npt.NDArray[np.int64], Values]:
        """(steps, values) of the result at `place`."""
        computed = self.computed(place)
        return computed.steps, Values.of(computed.values, computed.steps)

    def times(self, place: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """(epochs, times) of the result at `place`."""
        computed = self.computed(place, times=True)
        assert computed.epochs is not None and computed.times is not None
        return computed.epochs, computed.times

    def all(self, place: int) -> Computed:
        """All columns of the result at `place` as of one moment, computed for it alone."""
        return self._compute([self.rows[place]], times=True)[0]

    def computed(self, place: int, *, times: bool = False) -> Computed:
        """The result at `place`."""
        with self._lock:
            start, batch = self._batches.get(times, (0, []))
            if not start <= place < start + len(batch):
                start, batch = place, self._compute(self._batch(place), times=times)
                self._batches[times] = start, batch
            return batch[place - start]

    def _batch(self, place: int) -> list[_ComputedRow]:
        rows: list[_ComputedRow] = []
        points = 0
        for row in self.rows[place : place + BATCH_RESULTS]:
            points += sum(sequence.count for sequence in row.bound.sequences)
            if rows and points > BATCH_POINTS:
                break
            rows.append(row)
        return rows

    def _row_of(self, sequence: Found, run: RunRow) -> SequenceRow:
        found = self._sequences.get(sequence.id)
        if found is None:
            found = self._sequences[sequence.id] = self._details.sequence(
                sequence.id, run, sequence.name_id, sequence.context_id, sequence.count
            )
        return found

    def _compute(self, rows: Sequence[_ComputedRow], *, times: bool) -> list[Computed]:
        wanted = {sequence.id: self._row_of(sequence, row.run) for row in rows for sequence in row.bound.sequences}
        columns = self._engine.columns(list(wanted.values()), epochs=times, times=times)
        by_id: dict[int, Points] = dict(zip(wanted, columns, strict=True))
        expression = self._resolved.expression
        return [
            compute_curve(expression, [by_id[one.id] if isinstance(one, Found) else one for one in row.bound.operands])
            for row in rows
        ]


class ExpressionMetric(Metric):
    """An expression on the metrics of a run: ``name`` is its text, ``context`` what it leaves open.

    Like any metric it has steps, values, epochs (where its metrics agree) and times (of the latest of them).
    """

    __slots__ = ()

    @property
    def common(self) -> CommonSteps:
        """At how many steps it has values, and how many its metrics have: ``12 of 300 and 30 steps are common``."""
        assert isinstance(self._loader, _ComputedLoader)
        computed = self._loader.computed(self._place)
        return CommonSteps(computed.common, computed.of)

    @property
    def operands(self) -> tuple[str, ...]:
        """The metrics and params that it is computed from: ``loss (subset=val)``."""
        assert isinstance(self._row, _ComputedRow)
        return self._row.bound.labels
