"""Repo: reading and searching what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from aim.errors import InvalidValueError, RunNotFoundError
from aim.schema.names import is_run_hash
from aim.sdk.care.experiments import ExperimentsCare
from aim.sdk.care.upkeep import Upkeep
from aim.sdk.reading.aim3 import Aim3Repo

if TYPE_CHECKING:
    from aim.index.points.merge import Attempts
    from aim.query.answering.engine import Archived
    from aim.query.answering.rows import RunRow
    from aim.schema.events import Event
    from aim.schema.runstate import RunState
    from aim.schema.source import SourceReport
    from aim.sdk.reading.results import MetricCollection, RunCollection
    from aim.sdk.reading.stored_run import StoredRun

__all__ = ["Repo"]


class Repo(ExperimentsCare, Upkeep, Aim3Repo):
    """An existing repo: searching and reading its runs, and looking after them. Safe to use from several threads.

    Every answer contains all that was tracked before the question.

    Args:
        path: The ``.aim`` directory or the one that holds it; None: the nearest one at or above the working directory.
        tf_logs: Folders of TensorBoard logs that are read in place beside the repo's own runs, all levels down; their
            metrics are asked for as ``tf:loss``. With them and no `path`, no repo is needed.
        read_only: Accepted for code written for Aim 3, without effect: reading never writes into runs.
        init: Make the repo if there is none, as :meth:`create` does; without `path`, in the working directory.

    Raises:
        RepoNotFoundError: there is none.
        RepoFormatError: it was written by a newer version.
        InvalidValueError: a folder of logs does not exist.

    Example:
        >>> repo = aim.Repo()
        >>> for metric in repo.query_metrics("loss if context.subset == train and params.lr > 0.001"):
        ...     print(metric.run.name, metric.values.min())
    """

    def query_metrics(
        self,
        query: str = "",
        *,
        expr: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        archived: Archived = "auto",
        attempts: Attempts = "latest",
        report_mode: Any = None,
    ) -> MetricCollection:
        """The metrics that satisfy a query; or an expression on metrics, in the runs that it finds.

        Args:
            query: AimQL, see docs/aimql.md: ``loss if context.subset == train and params.lr > 0.001``, or
                ``run.hparams.lr > 0.001 and metric.name == "loss"``; empty: all metrics of runs that are not archived.
            expr: ``loss.val - loss.train``, ``ema(loss, 45)``, ``acc / params.size``: see docs/aimql.md. Each result is
                an :class:`ExpressionMetric`, computed at the steps that its metrics share.
            progress: Called from time to time with (done, total); an exception that it raises ends the query.
            archived: "auto": archived runs are left out unless the query mentions ``run.archived``; "include": they
                are included; "only": all others are left out.
            attempts: For a run that was resumed at an earlier step: "latest": the arrays leave out what an earlier
                attempt tracked from there on (``run.hidden_points`` points); "all": they hold every point of every
                attempt, so that steps may go back. The query, and what is known without reading (``count``,
                ``last``, ...), always use the latest.
            report_mode: Accepted for code written for Aim 3, without effect.

        Raises:
            InvalidValueError: `attempts` is neither, or "all" with `expr`.
            QueryError: the query or the expression cannot be read; it has the position and what was expected.
        """
        if attempts not in ("latest", "all"):
            raise InvalidValueError(f"attempts must be 'latest' or 'all', not {attempts!r:.80}")
        if expr is not None:
            if attempts == "all":
                raise InvalidValueError("an expression is computed from the latest attempts: leave out attempts='all'")
            from aim.sdk.reading.computed import query_expression

            return query_expression(self, self._caught_up(), query, expr, progress, archived)
        from aim.query.answering.rows import distinct_runs
        from aim.sdk.reading.arrays import ArrayLoader
        from aim.sdk.reading.results import MetricCollection
        from aim.sdk.reading.stored_run import StoredRun

        engine = self._caught_up()
        found = engine.sequences(query, progress=progress, archived=archived)
        engine.keep_readable(found)
        runs = {row.hash: StoredRun(self, row) for row in distinct_runs(found)}
        return MetricCollection(found, runs, ArrayLoader(engine, found, attempts), hints=found.hints)

    def query_runs(
        self,
        query: str = "",
        *,
        progress: Callable[[int, int], None] | None = None,
        archived: Archived = "auto",
        report_mode: Any = None,
    ) -> RunCollection:
        """The runs that satisfy a query; if it mentions metrics or contexts, those with such a metric.

        Args and errors: as for :meth:`query_metrics`.
        """
        from aim.sdk.reading.results import RunCollection
        from aim.sdk.reading.stored_run import StoredRun

        engine = self._caught_up()
        found = engine.runs(query, progress=progress, archived=archived)
        engine.keep_readable(found)
        return RunCollection([StoredRun(self, row) for row in found], found.hints)

    def iter_runs(self) -> Iterator[StoredRun]:
        """All runs, archived ones too, oldest first."""
        return iter(self.query_runs(archived="include"))

    def get_run(self, run_hash: str) -> StoredRun:
        """The run of this hash, archived or not; or of this name, if only one run has it.

        Raises:
            RunNotFoundError: there is none, or there are several of that name.
        """
        from aim.sdk.reading.stored_run import StoredRun

        found = self._hash_of(run_hash) if isinstance(run_hash, str) else ""
        row = self._caught_up().run_by_hash(found) if is_run_hash(found) else None
        if row is None:
            raise RunNotFoundError.missing(run_hash, self.path)
        return StoredRun(self, row)

    def runs_named(self, name: str) -> list[str]:
        """The hashes of the runs of this name, archived or not, oldest first."""
        return self._caught_up().hashes_by_name(name)

    def edit_run(self, run_hash: str, events: Sequence[Event]) -> RunRow:
        """Write events that change a run (its name, tags, notes ...) and read it again. For :class:`StoredRun`.

        Raises:
            RunNotFoundError: the run is gone.
            StorageError: the disk refuses (it is full, read-only, or another user's).
        """
        from aim.storage.care.edits import edit_run

        edit_run(self._layout, run_hash, *events, must_exist=self.index.is_own(run_hash))
        row = self._caught_up().run_by_hash(run_hash)
        if row is None:
            raise RunNotFoundError.missing(run_hash, self.path)
        return row

    def read_state(self, run_hash: str) -> RunState:
        """A run as its files describe it, without the index.

        Raises:
            RunNotFoundError: `run_hash` is not a run hash.
        """
        self._layout.run_dir(run_hash)  # refuses what is not a hash
        return self.index.read_state(run_hash)

    def report(self, run_hash: str | None = None) -> SourceReport:
        """What is not shown of logs that are read in place: kinds of data that Aim does not read, and damage.

        Args:
            run_hash: Report on one run; None: on all.

        Example:
            >>> repo = aim.Repo(tf_logs=["logs"])
            >>> print(repo.report().not_shown, *repo.report().problems)
        """
        self._caught_up()
        return self.index.report(run_hash)

    def unreadable_runs(self) -> dict[str, str]:
        """The runs that are missing from every answer because their files cannot be read, by hash: which file, and why.

        Damaged beyond reading, or not written by Aim: ``aim doctor`` gives details, ``aim runs rm`` removes them.
        """
        self._caught_up()
        return dict(self.index.unreadable)
