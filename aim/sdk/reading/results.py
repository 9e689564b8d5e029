"""Results of queries: metrics with their arrays, collections of metrics and of runs. Arrays are read on first use."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, overload

import numpy as np
import numpy.typing as npt

from aim.errors import InvalidValueError
from aim.index.points.buckets import extreme_positions
from aim.schema.contexts import Context
from aim.sdk.reading.arrays import Values
from aim.sdk.reading.frames import Backend, make_frame
from aim.sdk.reading.run_tables import param_columns, table_of

if TYPE_CHECKING:
    from aim.query.answering.rows import RunRow
    from aim.sdk.reading.stored_run import StoredRun

__all__ = ["Loader", "Metric", "MetricCollection", "Row", "RunCollection", "RunMetrics", "Sample"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Some points of a sequence, among them the true minimum and maximum of every stretch of it.

    Attributes:
        steps, values: The points that were kept, in order. NaN and infinities are kept, at least one per stretch.
        total: How many points the sequence has.
        is_complete: Whether all of them were kept.
    """

    steps: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    total: int
    is_complete: bool

    def __len__(self) -> int:
        return len(self.values)


class Loader(Protocol):
    """Reads the arrays of the metrics of an answer, by their place in it."""

    def points(self, place: int) -> tuple[npt.NDArray[np.int64], Values]:
        """(steps, values)."""

    def times(self, place: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """(epochs, times)."""

    def all(self, place: int) -> Any:
        """All columns as of one moment."""


class Row(Protocol):
    """What is known of a metric without reading its points."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def run(self) -> RunRow:
        """Its run."""

    @property
    def context(self) -> Mapping[str, Any]:
        """Its context."""

    @property
    def context_text(self) -> str:
        """The canonical form of it."""

    @property
    def count(self) -> int:
        """How many points it has."""

    def field(self, name: str) -> Any:
        """One of its summaries."""


class Metric:
    """One sequence: a metric of a run in a context.

    Attributes:
        run: The run it belongs to.
        name: The metric's name.
    """

    __slots__ = ("_loader", "_place", "_points", "_row", "_times", "name", "run")

    def __init__(self, run: StoredRun, row: Row, loader: Loader, place: int) -> None:
        self.run = run
        self.name = row.name
        self._row = row
        self._loader = loader
        self._place = place
        self._points: tuple[npt.NDArray[np.int64], Values] | None = None
        self._times: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None

    def __repr__(self) -> str:
        return f"<Metric {self.name!r} {dict(self.context)} of run {self.run.hash}>"

    @property
    def context(self) -> Context:
        """Key-values that distinguish it from other sequences of the same name."""
        return Context(self._row.context)

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """The steps, int64."""
        return self._read_points()[0]

    @property
    def values(self) -> Values:
        """The values, float64; ``values.sparse_numpy()`` gives (steps, values)."""
        return self._read_points()[1]

    @property
    def epochs(self) -> Values:
        """The epochs, float64; NaN where a point has none. As `values`, they know their steps."""
        return Values.of(self._read_times()[0], lambda: self.steps)

    @property
    def times(self) -> Values:
        """When the points were tracked, Unix seconds, float64. As `values`, they know their steps."""
        return Values.of(self._read_times()[1], lambda: self.steps)

    @property
    def timestamps(self) -> Values:
        """The same as `times`, under Aim 3's name."""
        return self.times

    def _read_points(self) -> tuple[npt.NDArray[np.int64], Values]:
        if self._points is None:
            self._points = self._loader.points(self._place)
            if self._times is not None and len(self._times[0]) != len(self._points[0]):
                self._read_together()
        return self._points

    def _read_times(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        if self._times is None:
            self._times = self._loader.times(self._place)
            if self._points is not None and len(self._points[0]) != len(self._times[0]):
                self._read_together()
        return self._times

    def _read_all(self) -> tuple[npt.NDArray[np.int64], Values, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """All columns, of one length."""
        self._read_points()
        self._read_times()
        return *self._read_points(), *self._read_times()

    def _read_together(self) -> None:
        """Read all columns again: the run is still recording, and another query read more points in between."""
        columns = self._loader.all(self._place)
        self._points = columns.steps, Values.of(columns.values, columns.steps)
        self._times = columns.epochs, columns.times

    def __len__(self) -> int:
        return self.count if self._points is None else len(self._points[1])

    @property
    def count(self) -> int:
        """How many points it had when the query was answered."""
        return self._row.count

    @property
    def first(self) -> float:
        """The first value."""
        return float(self._row.field("first"))

    @property
    def last(self) -> float:
        """The last value."""
        return float(self._row.field("last"))

    @property
    def min(self) -> float | None:
        """The smallest value that is not NaN; None if there is none."""
        value = self._row.field("min")
        return None if value is None else float(value)

    @property
    def max(self) -> float | None:
        """The largest value that is not NaN; None if there is none."""
        value = self._row.field("max")
        return None if value is None else float(value)

    @property
    def first_step(self) -> int:
        """The step of the first point."""
        return int(self._row.field("first_step"))

    @property
    def last_step(self) -> int:
        """The step of the last point."""
        return int(self._row.field("last_step"))

    @property
    def hidden_points(self) -> int:
        """Points of earlier attempts whose steps a later one recorded again; `attempts="all"` includes them."""
        return int(self._row.field("hidden_points"))

    def sample(self, n: int) -> Sample:
        """About `n` points that draw like all of them: extremes are never left out.

        The steps are divided into n // 2 stretches, and of each the true minimum and maximum are kept, at their own
        steps, with the first and last point and with marks of NaN and infinities; so no spike is lost, and a few more
        than `n` points may come back. All points, if there are at most `n`.

        Raises:
            InvalidValueError: `n` is not an integer of 1 or more.
        """
        try:
            n = operator.index(n)
        except TypeError:
            n = 0
        if n < 1:
            raise InvalidValueError("sample takes a number of points, an integer of 1 or more")
        steps, values = self.values.sparse_numpy()
        if len(values) <= n:
            return Sample(steps, values, len(values), True)
        kept = extreme_positions(steps, values, max(1, n // 2))
        return Sample(steps[kept], values[kept], len(values), len(kept) == len(values))

    def dataframe(
        self,
        backend: Backend | None = None,
        *,
        include_name: bool = False,
        include_context: bool = False,
        include_run: bool = False,
    ) -> Any:
        """The points as a data frame with the columns step, epoch, time, value.

        Args:
            backend: "pandas" or "polars"; None: pandas if it is installed, else polars.
            include_name: A column metric before them.
            include_context: A column context (JSON) before them.
            include_run: Columns run (its hash), name and experiment before them.

        Raises:
            MissingDependencyError: the library is not installed.
        """
        steps, values, epochs, times = self._read_all()
        same: dict[str, str] = {}
        if include_run:
            same |= {"run": self.run.hash, "name": self.run.name, "experiment": self.run.experiment}
        if include_name:
            same["metric"] = self.name
        if include_context:
            same["context"] = self._row.context_text
        columns = {"step": steps, "epoch": epochs, "time": times, "value": np.asarray(values)}
        return make_frame({**{name: [text] * len(steps) for name, text in same.items()}, **columns}, backend)


class MetricCollection(Sequence[Metric]):
    """The metrics that a query found, by run (oldest first), then name, then context.

    Attributes:
        hints: If nothing was found, perhaps why: names in the query that no run has, with the nearest.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        runs: Mapping[str, StoredRun],
        loader: Loader,
        *,
        places: Sequence[int] | None = None,
        hints: tuple[str, ...] = (),
        kind: type[Metric] = Metric,
    ) -> None:
        self._kind = kind
        self._rows = rows
        self._runs = runs
        self._loader = loader
        self._places = range(len(rows)) if places is None else places
        self.hints = hints

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} metrics>"

    def __len__(self) -> int:
        return len(self._places)

    def _metric(self, place: int) -> Metric:
        row = self._rows[place]
        return self._kind(self._runs[row.run.hash], row, self._loader, place)

    def __iter__(self) -> Iterator[Metric]:
        for place in self._places:
            yield self._metric(place)

    @overload
    def __getitem__(self, index: int) -> Metric: ...

    @overload
    def __getitem__(self, index: slice) -> MetricCollection: ...

    def __getitem__(self, index: int | slice) -> Metric | MetricCollection:
        if isinstance(index, slice):
            places = self._places[index]
            return MetricCollection(self._rows, self._runs, self._loader, places=places, kind=self._kind)
        return self._metric(self._places[index])

    def iter(self) -> Iterator[Metric]:
        """The metrics one by one."""
        return iter(self)

    def iter_runs(self) -> Iterator[RunMetrics]:
        """The same metrics run by run: each item iterates over metrics of one run and has `run`."""
        places = self._places
        start = 0
        while start < len(places):
            run_hash = self._rows[places[start]].run.hash
            stop = start + 1
            while stop < len(places) and self._rows[places[stop]].run.hash == run_hash:
                stop += 1
            yield RunMetrics(
                self._runs[run_hash], self._rows, self._runs, self._loader, places[start:stop], kind=self._kind
            )
            start = stop

    def dataframe(self, backend: Backend | None = None, *, params: bool | str | Iterable[str] = True) -> Any:
        """All points as one data frame.

        Columns: run (its hash), name and experiment of the run, metric, context (JSON), step, epoch, time, value, then
        the params of the run.

        Args:
            backend: "pandas" or "polars"; None: pandas if it is installed, else polars.
            params: True: all, in columns named by their dotted path; False: none; names: these, in the words of a
                query (``["lr", "optim.name"]``).

        Raises:
            MissingDependencyError: the library is not installed.
            InvalidValueError: a name finds several params of one run.

        Example:
            >>> repo.query_metrics("loss").dataframe(params=["lr"]).groupby(["lr", "step"])["value"].mean()
        """
        metrics = list(self)
        columns = [metric._read_all() for metric in metrics]
        counts = [len(steps) for steps, *_ in columns]

        def repeated(cells: Iterable[Any]) -> list[Any]:
            return [cell for cell, count in zip(cells, counts, strict=True) for _ in range(count)]

        def joined(place: int, dtype: Any) -> Any:
            return np.concatenate([np.asarray(one[place]) for one in columns]) if columns else np.empty(0, dtype)

        found = {
            "run": repeated(metric.run.hash for metric in metrics),
            "name": repeated(metric.run.name for metric in metrics),
            "experiment": repeated(metric.run.experiment for metric in metrics),
            "metric": repeated(metric.name for metric in metrics),
            "context": repeated(metric._row.context_text for metric in metrics),
            "step": joined(0, np.int64),
            "epoch": joined(2, np.float64),
            "time": joined(3, np.float64),
            "value": joined(1, np.float64),
        }
        runs = {metric.run.hash: metric.run for metric in metrics}
        place_of = {run_hash: place for place, run_hash in enumerate(runs)}
        for name, cells in param_columns(list(runs.values()), params, taken=found).items():
            # one list at a time: a long frame with many params holds each value once
            found[name] = repeated(cells[place_of[metric.run.hash]] for metric in metrics)
        return make_frame(found, backend)


class RunMetrics(MetricCollection):
    """Metrics of one run.

    Attributes:
        run: That run.
    """

    def __init__(
        self,
        run: StoredRun,
        rows: Sequence[Row],
        runs: Mapping[str, StoredRun],
        loader: Loader,
        places: Sequence[int],
        *,
        kind: type[Metric] = Metric,
    ) -> None:
        super().__init__(rows, runs, loader, places=places, kind=kind)
        self.run = run


class RunCollection(Sequence["StoredRun"]):
    """The runs that a query found, oldest first.

    Attributes:
        hints: If nothing was found, perhaps why: names in the query that no run has, with the nearest.
    """

    def __init__(self, runs: Sequence[StoredRun], hints: tuple[str, ...] = ()) -> None:
        self._runs = runs
        self.hints = hints

    def __repr__(self) -> str:
        return f"<RunCollection of {len(self)} runs>"

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[StoredRun]:
        return iter(self._runs)

    @overload
    def __getitem__(self, index: int) -> StoredRun: ...

    @overload
    def __getitem__(self, index: slice) -> RunCollection: ...

    def __getitem__(self, index: int | slice) -> StoredRun | RunCollection:
        if isinstance(index, slice):
            return RunCollection(self._runs[index])
        return self._runs[index]

    def iter_runs(self) -> Iterator[RunMetrics]:
        """The runs one by one, each with its metrics: an item iterates over metrics and has `run`."""
        for run in self._runs:
            yield run.metrics()

    def dataframe(
        self,
        backend: Backend | None = None,
        *,
        metrics: bool | str | Iterable[str] = (),
        params: bool | str | Iterable[str] = True,
        include_props: bool = True,
        include_params: bool | None = None,
    ) -> Any:
        """One row per run: its fields, its params, and what is asked of its metrics.

        Args:
            backend: "pandas" or "polars"; None: pandas if it is installed, else polars.
            metrics: ``["loss.val", "min loss.val"]``: the last value of the metric ``loss`` that has ``val`` among the
                values of its context, and the smallest; ``max``, ``first`` and ``count`` as well. A name that finds
                several metrics of a run has a column for each: ``loss`` is ``loss.train`` and ``loss.val``. True: all
                metrics, their last values.
            params: True: all, in columns named by their dotted path; False: none; names: these, in the words of a
                query (``["lr", "optim.name"]``).
            include_props: Whether hash, name, experiment, status, times and tags come first.
            include_params: The same as `params`, under Aim 3's name.

        Raises:
            MissingDependencyError: the library is not installed.
            InvalidValueError: no run has such a metric; a name finds several params of one run.

        Example:
            >>> repo.query_runs().dataframe(metrics=["min loss.val"], params=["lr"]).sort_values("min loss.val")
        """
        params = params if include_params is None else include_params
        return make_frame(table_of(self._runs, metrics=metrics, params=params, fields=include_props), backend)
