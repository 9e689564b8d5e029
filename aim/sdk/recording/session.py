"""Session: an open handle that attributes calls to a run."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from aim.errors import InvalidValueError, RepoError, RunNameTakenError, RunNotFoundError
from aim.schema.names import DEFAULT_EXPERIMENT, ContextValue, check_label, is_run_hash
from aim.sdk.recording import lifecycle
from aim.sdk.recording.guard import Warner, is_strict_by_environment
from aim.sdk.recording.ranks import environment_job, environment_rank, is_distributed
from aim.sdk.recording.recorder import Recorder
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import (
    active_experiment,
    create_repo,
    disk_refusal,
    iter_repos_upwards,
    named_repo,
    resolve_repo,
)
from aim.storage.writing.open_run import open_new_run, open_resumed_run
from aim.storage.writing.run_names import claim_run_name, claimed_run, find_run_named, name_taken, readable_run_name
from aim.storage.writing.stream import making_room
from aim.storage.writing.sync import syncer
from aim.storage.writing.writer import RunWriter, new_run_hash
from aim.version import __version__

__all__ = ["InertSession", "Session", "close_recorder", "open_recorder", "repo_for_writing"]

DEFAULT_PARAMS_NAME = "params"


def repo_for_writing(repo: str | os.PathLike[str] | RepoLayout | None) -> RepoLayout:
    """The repo that a new run goes to: the one given, else AIM_REPO, else the nearest upwards, else one made here.

    Raises:
        RepoError: it cannot be made or opened.
    """
    return repo if isinstance(repo, RepoLayout) else create_repo(_place_for_writing(repo).root)


def _place_for_writing(repo: str | os.PathLike[str] | None) -> RepoLayout:
    """Where that repo is, or is to be made."""
    repo = named_repo(repo)
    if repo is not None:
        try:
            return resolve_repo(repo)
        except (TypeError, ValueError) as error:
            raise RepoError(f"repo={repo!r:.80} is no path: {error}") from None
    try:
        here = os.getcwd()
    except FileNotFoundError:
        raise RepoError("the working directory was deleted; pass repo= or change to another directory") from None
    found = list(iter_repos_upwards(here))
    if len(found) > 1:
        Warner().warn(
            "repos",
            f"recording into {found[0].root}; another repo lies further up, {found[1].root}. Pass repo= to choose",
        )
    return found[0] if found else resolve_repo(here)


def open_repo_for_training(
    repo: str | os.PathLike[str] | RepoLayout | None, experiment: str | None, *, is_strict: bool
) -> tuple[RepoLayout, str, bool]:
    """The repo and the experiment of a new run, and whether the repo is ready to be written to.

    Where the disk refuses (it is full, read-only, or another user's) training begins all the same unless `is_strict`:
    the repo is then made, or opened, when that can be done.

    Raises:
        RepoError: what is given is no repo and cannot become one.
        InvalidValueError: `experiment` is no name for one.
    """
    layout = repo if isinstance(repo, RepoLayout) else _place_for_writing(repo)
    is_ready = True
    try:
        making_room(lambda: repo_for_writing(layout if isinstance(repo, RepoLayout) else layout.root))
    except RepoError as error:
        if is_strict or disk_refusal(error) is None:
            raise
        is_ready = False
    try:
        chosen = making_room(lambda: chosen_experiment(layout, experiment))
    except RepoError as error:
        if is_strict or disk_refusal(error) is None:
            raise
        chosen = DEFAULT_EXPERIMENT
        if is_ready:  # else it is told that the disk refuses
            Warner().warn("config", f"the run goes to the experiment {DEFAULT_EXPERIMENT!r}: {error}")
    return layout, chosen, is_ready


def chosen_experiment(layout: RepoLayout, experiment: str | None) -> str:
    """The experiment of a new run: the one given, else AIM_EXPERIMENT, else the one checked out.

    Raises:
        InvalidValueError: it is no name for an experiment.
    """
    chosen = experiment if experiment is not None else os.environ.get("AIM_EXPERIMENT") or active_experiment(layout)
    check_label(chosen, "an experiment")
    return chosen


def open_recorder(
    *,
    repo: str | os.PathLike[str] | RepoLayout | None,
    experiment: str | None,
    name: str | None,
    run_hash: str | None,
    resume: bool,
    rank: int | None,
    strict: bool | None,
    attempt: int | None = None,
) -> tuple[Recorder, RepoLayout]:
    """Open a run for recording.

    Args:
        attempt: With `run_hash`: join this attempt; the run begins if there is none yet. See
            :mod:`aim.sdk.recording.joining`.
        others: Those of :class:`Session`.
    """
    is_strict = is_strict_by_environment() if strict is None else strict
    layout, experiment, is_ready = open_repo_for_training(repo, experiment, is_strict=is_strict)
    if name is not None:
        check_label(name, "a run name")
    rank, job = environment_rank() if rank is None else rank, environment_job()
    if run_hash is not None and not is_run_hash(run_hash):
        raise RunNotFoundError(
            f"{run_hash!r:.80} is no run hash (24 hex digits); to go on in a run by its name pass run= and resume=True"
        )
    is_shared_hash = run_hash is not None and is_distributed()
    is_by_name = run_hash is None and resume
    if is_by_name:
        if name is None:
            raise InvalidValueError("resume=True needs the run to go on with: pass run= (its name) or run_hash=")
        run_hash = find_run_named(layout, experiment, name)
    is_new = run_hash is None or (attempt is not None and not files.is_folder(layout.root, layout.run_dir(run_hash)))
    this_hash = run_hash or new_run_hash()
    is_claimed = not is_new or name is None
    if is_new and name is not None:
        try:
            is_claimed = _claim(layout, experiment, name, this_hash, may_write=is_ready)
        except RunNameTakenError as error:
            holder = claimed_run(layout, experiment, name) if is_by_name else None
            if holder is None:
                if is_distributed():
                    raise RunNameTakenError(
                        f"{error}. Ranks of one job share a run by its hash: pass the same run_hash= to each "
                        f"(any 24 hex digits), or record on rank 0 only"
                    ) from None
                raise
            this_hash, is_new = holder, False  # another process began it after we looked
            is_claimed = True
        except OSError as error:
            if is_strict:
                raise RepoError(f"cannot write to {layout.root}: {error.strerror or error}") from error

    def open_writer(report: Callable[[str, str], None]) -> RunWriter:
        prepare = None
        if not (is_ready and is_claimed):
            prepare = _Preparation(layout, this_hash, experiment, None if is_claimed else name, report)
        if is_new:
            return open_new_run(
                layout,
                this_hash,
                name=name or readable_run_name(),
                experiment=experiment,
                rank=rank,
                job=job,
                aim_version=__version__,
                report=report,
                prepare=prepare,
            )
        return open_resumed_run(
            layout,
            this_hash,
            rank=rank,
            job=job,
            may_begin=is_shared_hash or is_by_name,
            attempt=attempt,
            experiment=experiment,
            name=name or readable_run_name(),
            aim_version=__version__,
            report=report,
            prepare=prepare,
        )

    recorder = Recorder(open_writer, is_strict=is_strict)
    syncer.add(recorder.writer)
    lifecycle.register(recorder)
    return recorder, layout


def _claim(layout: RepoLayout, experiment: str, name: str, run_hash: str, *, may_write: bool) -> bool:
    """Claim a run name; where nothing may be written yet, look whether somebody has it. Whether it is claimed.

    Raises:
        RunNameTakenError: another run of the experiment has it.
        OSError: the claim cannot be written.
    """
    if may_write:
        making_room(lambda: claim_run_name(layout, experiment, name, run_hash))
    elif (holder := claimed_run(layout, experiment, name)) is not None:
        raise name_taken(experiment, name, holder)
    return may_write


class _Preparation:
    """What could not be made when a run was opened, because the disk refused: its repo, the claim to its name.

    Called until it returns True; raises what the disk says.
    """

    def __init__(
        self,
        layout: RepoLayout,
        run_hash: str,
        experiment: str,
        name: str | None,
        report: Callable[[str, str], None],
    ) -> None:
        self._layout, self._run_hash, self._experiment, self._name = layout, run_hash, experiment, name
        self._report = report

    def __call__(self) -> bool:
        create_repo(self._layout.root)
        if self._name is not None:
            try:
                claim_run_name(self._layout, self._experiment, self._name, self._run_hash)
            except RunNameTakenError as error:
                self._report("name", f"while the disk refused, {error}. This run goes on under its hash with that name")
            self._name = None
        return True


def close_recorder(recorder: Recorder, error: BaseException | None = None) -> None:
    """Close a recorder after code that ended with `error`, None for a return."""
    reason, exit_code, described = lifecycle.ending_of(error)
    recorder.close(reason, exit_code=exit_code, error=described)
    lifecycle.unregister(recorder)


class Session:
    """Records one run.

    Several sessions can be open at once, also on several repos. Safe to use from several threads and from signal
    handlers. A forked child cannot record through its parent's session: it gets a warning and opens its own.

    Args:
        repo: The ``.aim`` directory or the directory that holds it; by default AIM_REPO, else the nearest ``.aim``
            upwards from the working directory, else one is made here.
        experiment: Groups runs; by default AIM_EXPERIMENT, else the one checked out (``aim experiment checkout``),
            else "default".
        flush_frequency: Accepted for compatibility and without effect: every point is with the operating system when
            ``track`` returns.
        block_termination: Accepted for compatibility and without effect: nothing is left to wait for at exit.
        run: Name of the run, unique in its experiment; by default a readable one is made up.
        resume: Go on in the run of that name instead of refusing the name; a new run if there is none. Beside processes
            that record there this is one of them; when all have ended it is the run's next attempt.
        run_hash: Go on in the run with this hash. Ranks of one job that are given one hash share the run.
        rank: Rank of this process; by default from the launcher's environment (RANK, SLURM_PROCID, ...).
        strict: Raise where training would be kept going with a warning; by default AIM_STRICT.

    Raises:
        RepoError: what is given is no repo and cannot become one (a server's address, a file, a newer format). A disk
            that refuses (full, read-only, another user's) is no error: one warning, and recorded once it can be; in
            strict mode it raises.
        RunNameTakenError: `run` is in use in this experiment and `resume` is false.
        RunNotFoundError: `run_hash` is no run of the repo.
        InvalidValueError: a name that cannot be one.

    Example:
        >>> with aim.Session(experiment="digits", run="baseline") as session:
        ...     session.set_params({"lr": 0.01}, name="hparams")
        ...     session.track(0.25, name="loss", epoch=0, subset="train")
    """

    def __init__(
        self,
        repo: str | os.PathLike[str] | None = None,
        experiment: str | None = None,
        flush_frequency: int = 128,
        block_termination: bool = True,
        run: str | None = None,
        *,
        resume: bool = False,
        run_hash: str | None = None,
        rank: int | None = None,
        strict: bool | None = None,
    ) -> None:
        self._take(
            *open_recorder(
                repo=repo, experiment=experiment, name=run, run_hash=run_hash, resume=resume, rank=rank, strict=strict
            )
        )

    @classmethod
    def _of(cls, recorder: Recorder, layout: RepoLayout) -> Session:
        session = cls.__new__(cls)
        session._take(recorder, layout)
        return session

    def _take(self, recorder: Recorder, layout: RepoLayout) -> None:
        self._recorder, self._layout = recorder, layout
        self.record = recorder.track
        """:meth:`track` with all arguments in place: ``(value, name, step, epoch, context)``."""
        # a session nobody holds any more can record nothing more: its run has finished
        self._finalizer = weakref.finalize(self, close_recorder, self._recorder)
        self._finalizer.atexit = False  # the end of the process is the lifecycle's, which knows how it ended

    def __repr__(self) -> str:
        state = "active" if self.active else "closed"
        return f"<aim.Session {self.run_hash} {state} repo={self.repo_path!r}>"

    @property
    def run_hash(self) -> str:
        """The run's hash, 24 hex digits."""
        return self._recorder.writer.run_hash

    @property
    def repo_path(self) -> str:
        """The ``.aim`` directory."""
        return self._layout.root

    @property
    def active(self) -> bool:
        """Whether the session still records."""
        return self._recorder.is_open

    @property
    def is_foreign(self) -> bool:
        """Whether this process is a fork of the one that opened the session, and so cannot record through it."""
        return self._recorder.writer.is_foreign

    def track(
        self, /, value: Any, name: str, *, step: int | None = None, epoch: float | None = None, **context: ContextValue
    ) -> None:
        """Append one value to a metric of the run.

        Returns once the operating system has the point, so that a crash of the process cannot lose it; :meth:`flush`
        waits for the disk. Disk errors never raise: one warning, and every lost point is counted on the run.

        Args:
            value: A real number, or a 0-d array or tensor, read once. Kept as float64, so integers beyond 2**53 are
                rounded; NaN and infinities are kept.
            name: Metric name: any printable text, e.g. "loss" or "F1 (macro)".
            step: Position in the sequence; None continues one after the highest step seen, from 0.
            epoch: Pass over the data, counted from 0, fractions allowed; None if there is none. Seven digits are kept.
            **context: Short key-values that tell sequences of one name apart, e.g. subset="train".

        Raises:
            InvalidValueError: `value` is not a single real number, or another argument cannot be recorded (strict mode
                only; otherwise warned once a line, and counted as rejected).
            SessionClosedError: the session is closed (strict mode only, as above).
        """
        self.record(value, name, step, epoch, context)

    def track_many(
        self,
        name: str,
        values: Any,
        steps: Any = None,
        epochs: Any = None,
        times: Any = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> None:
        """Append many values to one metric at once.

        Args:
            name: Metric name.
            values: Shape (n,): list, array or tensor of real numbers.
            steps: Shape (n,) integers; None continues after the highest step seen.
            epochs: Shape (n,); None for none.
            times: Shape (n,), Unix seconds; None for now.
            context: As the key-values of :meth:`track`.

        Raises:
            InvalidValueError: the arrays do not fit together (strict mode only; nothing is recorded).
        """
        self._recorder.track_array(name, values, steps, epochs, times, context)

    def set_params(self, params: Any, name: str | None = None) -> None:
        """Record what the run is configured with; several calls with one name merge deeply.

        Args:
            params: Nested dicts, lists, dataclasses, namespaces, OmegaConf configs, numpy scalars and small arrays,
                enums, paths. Anything else is kept as its repr, with a warning.
            name: Name of the set, e.g. "hparams"; by default "params".
        """
        self._recorder.set_params(name if name is not None else DEFAULT_PARAMS_NAME, params)

    def add_record(self, kind: str, value: Any) -> None:
        """Keep a small fact of the run in a list under `kind`: a checkpoint that was written, a model's summary."""
        self._recorder.add_record(kind, value)

    def flush(self) -> None:
        """Wait until the disk has everything recorded so far; needed against a power cut only."""
        self._recorder.flush()

    def close(self) -> None:
        """End the run. Without it the run ends with the process or when the session is no longer referenced."""
        close_recorder(self._recorder)
        self._finalizer.detach()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        close_recorder(self._recorder, error)
        self._finalizer.detach()


class InertSession:
    """The default session where nothing is recorded: on a rank other than 0, or where no repo can be made."""

    active = False
    run_hash = ""
    repo_path = ""

    def track(
        self, /, value: Any, name: str, *, step: int | None = None, epoch: float | None = None, **context: Any
    ) -> None:
        """Do nothing."""

    def record(self, value: Any, name: str, step: Any, epoch: Any, context: Mapping[str, Any] | None) -> None:
        """Do nothing."""

    def track_many(
        self, name: str, values: Any, steps: Any = None, epochs: Any = None, times: Any = None, context: Any = None
    ) -> None:
        """Do nothing."""

    def set_params(self, params: Any, name: str | None = None) -> None:
        """Do nothing."""

    def add_record(self, kind: str, value: Any) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
