"""Opening a run for writing: a new one, one to go on with, or one to edit."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from aim.errors import RunNotFoundError
from aim.schema import events as ev
from aim.schema.limits import MAX_ORDINAL
from aim.schema.names import DEFAULT_EXPERIMENT
from aim.storage.layout import RepoLayout
from aim.storage.process import host_name
from aim.storage.writer import RunWriter

__all__ = ["EditWriter", "open_edit_writer", "open_new_run", "open_resumed_run"]

Report = Callable[[str, str], None]


def _environment(aim_version: str) -> dict[str, Any]:
    return {
        "host": host_name(),
        "pid": os.getpid(),
        "aim": aim_version,
        "python": sys.version.partition(" ")[0],
        "platform": sys.platform,
        "argv": [arg[:1000].encode("utf-8", "backslashreplace").decode("utf-8") for arg in sys.argv[:100]],
    }


def open_new_run(
    layout: RepoLayout,
    run_hash: str,
    *,
    name: str,
    experiment: str = DEFAULT_EXPERIMENT,
    rank: int = 0,
    job: str = "",
    aim_version: str = "",
    report: Report | None = None,
    clock: Callable[[], float] = time.time,
) -> RunWriter:
    """The first writer of a new run."""
    opened = {
        "role": ev.ROLE_TRAIN,
        "attempt": 1,
        "rank": rank,
        **({"job": job} if job else {}),
        "experiment": experiment,
        "name": name,
        **_environment(aim_version),
    }
    return RunWriter(layout, run_hash, opened=opened, report=report, clock=clock)


def open_resumed_run(
    layout: RepoLayout,
    run_hash: str,
    *,
    rank: int = 0,
    job: str = "",
    may_begin: bool = False,
    attempt: int | None = None,
    experiment: str = DEFAULT_EXPERIMENT,
    name: str = "",
    aim_version: str = "",
    report: Report | None = None,
    clock: Callable[[], float] = time.time,
) -> RunWriter:
    """One more writer of a run that exists.

    A writer joins the highest attempt if that is one of its own job and no writer of its rank is in it yet (ranks that
    were given one run hash), else it begins the next attempt (a run that is resumed). So the ranks of a job share an
    attempt without talking to each other, whichever comes first, and a launcher that only made the run is not in it.

    Args:
        job: The distributed job that `rank` counts in, see :func:`aim.sdk.ranks.environment_job`.
        may_begin: Ranks that share a hash made elsewhere: whoever comes first begins the run, with `experiment` and
            `name`.
        attempt: Join this one whoever else is in it: an adapter whose framework comes back to a run that it ended.

    Raises:
        RunNotFoundError: there is no such run.
    """
    from aim.storage.reader import highest_steps, read_run

    files = read_run(layout.run_dir(run_hash), run_hash)
    trained = [w for w in files.state.writers.values() if w.role == ev.ROLE_TRAIN]
    if not files.state.writers and not may_begin:
        raise RunNotFoundError(f"no run {run_hash} in {layout.root}")
    if attempt is not None:
        earlier = [w.writer for w in trained if w.attempt <= attempt]
    else:
        attempt = files.state.attempt
        of_attempt = [w for w in trained if w.attempt == attempt]
        if any(w.rank == rank or w.job != job for w in of_attempt):
            attempt += 1
        earlier = [w.writer for w in trained if w.attempt < attempt]
    highest: dict[tuple[str, str], int] | None = None

    def first_step_of(metric: str, context: str) -> int:
        nonlocal highest
        if highest is None:  # only who uses automatic steps pays for reading the streams
            highest = highest_steps(files, earlier) if earlier else {}
        step = highest.get((metric, context))
        return 0 if step is None else step + 1

    opened = {"role": ev.ROLE_TRAIN, "attempt": attempt, "rank": rank, **_environment(aim_version)}
    if job:
        opened["job"] = job
    if not trained and may_begin:
        opened.update(experiment=experiment, name=name)
    return RunWriter(
        layout,
        run_hash,
        ordinal=_next_ordinal(list(files.state.writers)),
        opened=opened,
        report=report,
        first_step_of=first_step_of,
        clock=clock,
    )


def _next_ordinal(writers: list[str]) -> int:
    """One more than the highest, as long as readers take it for the ordinal of a writer: the last one may be shared."""
    return min(1 + max((int(writer.partition("-")[0]) for writer in writers), default=0), MAX_ORDINAL)


class EditWriter:
    """A writer that changes what a run says of itself (name, tags, notes), not its points. Also a context manager.

    An edit is stamped after everything that the run has seen, so that it wins over what it edits whatever the clocks.
    """

    def __init__(self, writer: RunWriter, not_before: float, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._latest = not_before
        self._clock = clock

    @property
    def writer_id(self) -> str:
        """The id of the writer behind."""
        return self._writer.id

    def event(self, event: ev.Event) -> None:
        """Append one event (``type`` and its keys); the time is filled in.

        Raises:
            OSError: it could not be written.
        """
        # a microsecond later; far in the future, where a clock was wrong, at least a little
        self._latest = max(self._clock(), self._latest + 1e-6, math.nextafter(self._latest, math.inf))
        self._writer.event({"time": self._latest, **event})
        if self._writer.has_pending_events:
            raise self._writer.events.error or OSError(5, "the edit could not be written", self._writer.run_dir)

    def close(self) -> None:
        """End the edit; readers see it from the moment of each :meth:`event`."""
        self._writer.close("finished")

    def __enter__(self) -> EditWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_edit_writer(
    layout: RepoLayout, run_hash: str, *, must_exist: bool = True, clock: Callable[[], float] = time.time
) -> EditWriter:
    """Open a run to edit it; works whether or not the run is being written to.

    Args:
        must_exist: False for a run read in place from another tool's files, which has no directory until it is edited.

    Raises:
        RunNotFoundError: there is no such run.
    """
    from aim.storage.reader import read_run

    files = read_run(layout.run_dir(run_hash), run_hash)
    if must_exist and not files.state.writers:
        raise RunNotFoundError(f"no run {run_hash} in {layout.root}")
    not_before = files.state.last_event_at or 0.0
    opened_at = max(clock(), not_before + 1e-6)
    writer = RunWriter(
        layout,
        run_hash,
        ordinal=_next_ordinal(list(files.state.writers)),
        opened={"role": ev.ROLE_EDIT, "pid": os.getpid(), "host": host_name()},
        clock=lambda: max(clock(), opened_at),
    )
    return EditWriter(writer, max(not_before, writer.opened_at), clock)
