"""Opening a run for writing: to record it, or to edit it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aim.errors import RunNotFoundError
from aim.schema import events as ev
from aim.schema.limits import MAX_ORDINAL, MAX_TIME_S, time_after
from aim.schema.names import DEFAULT_EXPERIMENT
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.process import host_name
from aim.storage.writing.request import RunRequest
from aim.storage.writing.run_names import readable_run_name
from aim.storage.writing.writer import RunWriter, new_run_hash

if TYPE_CHECKING:
    from aim.schema.runstate import RunState, SequenceIdentity, WriterState
    from aim.storage.writing.beside import Beside

__all__ = ["EditWriter", "open_edit_writer", "open_run"]

Report = Callable[[str, str], None]


def _opened(request: RunRequest, attempt: int, beside: list[str], *, begins: bool) -> dict[str, Any]:
    """The keys of the ``opened`` event."""
    opened: dict[str, Any] = {
        "role": ev.ROLE_TRAIN,
        "attempt": attempt,
        "beside": beside,
        "rank": request.rank or 0,
    }
    if request.job:
        opened["job"] = request.job
    if begins:
        opened["experiment"] = request.experiment or DEFAULT_EXPERIMENT
        opened["name"] = request.name or readable_run_name()
    return {
        **opened,
        "host": host_name(),
        "pid": os.getpid(),
        "aim": request.aim_version,
        "python": sys.version.partition(" ")[0],
        "platform": sys.platform,
        "argv": [arg[:1000].encode("utf-8", "backslashreplace").decode("utf-8") for arg in sys.argv[:100]],
    }


def open_run(
    layout: RepoLayout,
    request: RunRequest,
    *,
    report: Report | None = None,
    prepare: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.time,
) -> RunWriter:
    """Open a run for recording: begin it, or add a writer to one that exists.

    A writer joins the highest attempt if one of its own job began that and no writer of its rank is in it yet (ranks
    that were given one run hash): so they share an attempt without talking to each other, whichever comes first. If
    all of them died or failed, they belonged to an earlier start of that job.
    Otherwise it joins those that are recording at the moment, see :mod:`aim.storage.writing.beside`; if there are none
    it begins the next attempt (a run that is resumed).

    Its events are stamped after everything that the run has seen, so that what it is given wins over what was there,
    whatever the clocks say. The times of points are as the clock has them.

    Args:
        report, prepare, clock: As for :class:`RunWriter`.

    Raises:
        RunNotFoundError: there is no such run, and it may not begin here.
        RunUnreadableError: a file of it cannot be read.
    """
    if request.run_hash is None or request.is_new:
        opened = _opened(request, 1, [], begins=True)
        run_hash = request.run_hash or new_run_hash()
        return RunWriter(layout, run_hash, opened=opened, report=report, prepare=prepare, clock=clock)
    return _open_existing(layout, request.run_hash, request, report=report, prepare=prepare, clock=clock)


def _open_existing(
    layout: RepoLayout,
    run_hash: str,
    request: RunRequest,
    *,
    report: Report | None,
    prepare: Callable[[], bool] | None,
    clock: Callable[[], float],
) -> RunWriter:
    from aim.storage.reading.events import check_readable, highest_steps, read_run

    files = read_run(layout.run_dir(run_hash), run_hash)
    trained = [w for w in files.state.writers.values() if w.role == ev.ROLE_TRAIN]
    if not files.state.writers and not request.may_begin:
        raise RunNotFoundError.missing(run_hash, layout.root)
    attempt, beside, earlier = _choose_attempt(layout, files.state, trained, request)
    check_readable(files, earlier)  # now, when nothing is at stake yet: steps continue after theirs
    highest: dict[SequenceIdentity, int] | None = None

    def first_step_of(identity: SequenceIdentity) -> int:
        nonlocal highest
        if highest is None:  # only who uses automatic steps pays for reading the streams
            highest = highest_steps(files, earlier) if earlier else {}
        step = highest.get(identity)
        return 0 if step is None else step + 1

    writer = RunWriter(
        layout,
        run_hash,
        ordinal=_next_ordinal(list(files.state.writers)),
        opened=_opened(request, attempt, beside.ids, begins=request.may_begin and not trained),
        report=report,
        prepare=prepare,
        first_step_of=first_step_of,
        clock=clock,
        event_clock=None if request.is_import else _later_clock(clock, files.state.last_event_at),
    )
    if not beside.is_settled:
        writer.look_around = lambda: _look_again(writer, beside)
    return writer


def _choose_attempt(
    layout: RepoLayout, state: RunState, trained: list[WriterState], request: RunRequest
) -> tuple[int, Beside, list[str]]:
    """The attempt to join or begin, the writers beside this one in it, and the writers whose steps go before ours."""
    from aim.storage.writing.beside import Beside, find_beside, is_over  # `import aim` does without it

    if request.attempt is not None:
        return request.attempt, Beside(), [w.writer for w in trained if w.attempt <= request.attempt]
    rank = request.rank or 0
    mates = [w for w in trained if w.attempt == state.attempt and w.job == request.job]
    if all(w.rank != rank for w in mates) and not all(is_over(layout, state.hash, w) for w in reversed(mates)):
        beside = Beside({w.writer for w in mates[-ev.MAX_BESIDE :]})
        return state.attempt, beside, [w.writer for w in trained if w.attempt < state.attempt]
    beside = find_beside(layout, state)
    return _attempt_beside(state, beside), beside, [w.writer for w in trained]


def _attempt_beside(state: RunState, beside: Beside) -> int:
    """The attempt of the writers that record; if none does, the next one after all that there were."""
    joined = [writer.attempt for name in beside.ids if (writer := state.writers.get(name)) is not None]
    if joined:
        return max(joined)
    return state.attempt + 1 if any(w.role == ev.ROLE_TRAIN for w in state.writers.values()) else 1


def _look_again(writer: RunWriter, beside: Beside) -> None:
    """Correct what the writer wrote about the others, if those that seemed to record were over, or the reverse."""
    from aim.storage.reading.events import read_run

    if beside.look_again(writer.layout, writer.run_hash):
        state = read_run(writer.run_dir, writer.run_hash).state
        among = [state.writers[name].attempt for name in beside.ids or beside.ever if name in state.writers]
        writer.attempt = max(among, default=0) + (not beside.ids)
        writer.event({"type": ev.ATTEMPT, "attempt": writer.attempt, "beside": beside.ids})
    if beside.is_settled:
        writer.look_around = None


def _later_clock(clock: Callable[[], float], latest: float | None) -> Callable[[], float]:
    """A clock that continues after `latest`, if the one given is behind."""
    if latest is None or (now := clock()) > latest:
        return clock
    begin = time_after(latest)
    ahead_s = begin - now
    return lambda: min(max(begin, clock() + ahead_s), MAX_TIME_S)


def _next_ordinal(writers: list[str]) -> int:
    """One more than the highest, up to the last that readers accept, which writers may share."""
    return min(1 + max((int(writer.partition("-")[0]) for writer in writers), default=0), MAX_ORDINAL)


class EditWriter:
    """A writer that changes the metadata of a run (name, tags, notes), not its points. Also a context manager.

    An edit is stamped after everything that the run has seen, so that it wins whatever the clocks say.
    """

    def __init__(self, writer: RunWriter, not_before: float, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._latest = not_before
        self._clock = clock

    @property
    def writer_id(self) -> str:
        """The id of the writer."""
        return self._writer.id

    def event(self, event: ev.Event, *, after: float = 0.0) -> None:
        """Append one event (``type`` and its keys); the time is filled in.

        Args:
            event: What to append.
            after: Unix seconds of the last event that the run is known to have; it may be newer than this writer.

        Raises:
            OSError: it could not be written.
        """
        self._latest = max(self._clock(), time_after(max(self._latest, after)))
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
    layout: RepoLayout,
    run_hash: str,
    *,
    must_exist: bool = True,
    last_event_at: float | None = None,
    clock: Callable[[], float] = time.time,
) -> EditWriter:
    """Open a run to edit it; works whether or not the run is being written to.

    Args:
        layout, run_hash: Which run.
        must_exist: False for a run read in place from another tool's files, which has no directory until it is edited.
        last_event_at: Unix seconds of the run's last event, of a caller who has just read it: it is not read again.
        clock: Gives Unix seconds.

    Raises:
        RunNotFoundError: there is no such run.
    """
    from aim.storage.reading.events import read_run
    from aim.storage.reading.streams import list_streams

    run_dir = layout.run_dir(run_hash)
    if last_event_at is None:
        state = read_run(run_dir, run_hash).state
        writers, not_before = list(state.writers), state.last_event_at or 0.0
    else:
        writers, not_before = [stream.writer for stream in list_streams(run_dir)], last_event_at
    if must_exist and not writers:
        raise RunNotFoundError.missing(run_hash, layout.root)
    opened_at = max(clock(), time_after(not_before))
    writer = RunWriter(
        layout,
        run_hash,
        ordinal=_next_ordinal(writers),
        opened={"role": ev.ROLE_EDIT, "pid": os.getpid(), "host": host_name()},
        clock=lambda: max(clock(), opened_at),
    )
    return EditWriter(writer, max(not_before, writer.opened_at), clock)
