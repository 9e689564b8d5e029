"""Session: an open handle that attributes calls to a run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Never

from aim.sdk.recording.guard import accept
from aim.sdk.recording.handle import RunHandle
from aim.sdk.recording.opening import is_disabled, open_recorder, resume_of
from aim.sdk.recording.recorder import Recorder
from aim.storage.repo.layout import RepoLayout
from aim.storage.writing.request import RunRequest

__all__ = ["Session", "inert_session", "session_on"]


class Session(RunHandle):
    """Records one run.

    Several sessions can be open at once, also on several repos. Safe to use from several threads and from signal
    handlers. A forked child cannot record through its parent's session: it gets a warning and opens its own.

    Args:
        repo: The ``.aim`` directory or the directory that holds it; by default AIM_REPO, else the nearest ``.aim``
            upwards from the working directory, else one is created here.
        experiment: Groups runs; by default AIM_EXPERIMENT, else the one checked out (``aim experiments checkout``),
            else "default".
        flush_frequency: Accepted for compatibility and without effect: every point is with the operating system when
            ``track`` returns.
        block_termination: Accepted for compatibility and without effect: nothing is left to wait for at exit.
        run: Name of the run, unique in its experiment; by default a readable one is made up.
        run_hash: Resume the run with this hash. Ranks of one job that are given one hash share the run.
        resume: What to do about a run of that name (or hash) that is there already. False: the new run is named
            ``name (2)``, with a warning; a hash is resumed, and refused if no run has it. True or "allow": resume the
            run, begin it if there is none. "must": resume it, refuse if there is none. "never": refuse if there is one.
            While other processes record into a resumed run this is one of them; when all have ended it is the run's
            next attempt.
        rank: Rank of this process; by default from the launcher's environment (RANK, SLURM_PROCID, ...).
        strict: Raise instead of warning; by default AIM_STRICT.
        mode: "disabled": record nothing and touch no disk; the session has every member all the same. AIM_DISABLED=1
            does so for all.
        tags: Added to the run's tags.
        description: Of the run.
        system_tracking_interval, log_system_params, capture_terminal_logs: Accepted for code written for Aim 2 and 3,
            without effect so far.

    Raises:
        RepoError: what is given is not a repo and cannot become one (a server's address, a file, a newer format). A
            disk that refuses (full, read-only, another user's) is not an error: one warning, and the run is recorded
            once it can be; in strict mode it raises.
        RunNameTakenError: `run` is in use in this experiment and `resume` is "never"; or another rank of the same job
            has just begun the run of this name.
        RunNotFoundError: the repo has no run `run_hash`, or none to be resumed with `resume` "must".
        InvalidValueError: a name cannot be used, or an argument has an unknown value.

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
        run_hash: str | None = None,
        resume: bool | str | None = False,
        rank: int | None = None,
        strict: bool | None = None,
        mode: str | None = None,
        tags: str | Iterable[str] = (),
        description: str | None = None,
        system_tracking_interval: float | None = None,
        log_system_params: bool | None = None,
        capture_terminal_logs: bool | None = None,
        **unknown: Never,
    ) -> None:
        if unknown:
            from aim.sdk.recording.hints import unknown_arguments  # only mistakes pay for loading it

            raise unknown_arguments("Session", unknown, Session.__init__)
        accept(
            "aim.Session",
            system_tracking_interval=system_tracking_interval,
            log_system_params=log_system_params,
            capture_terminal_logs=capture_terminal_logs,
        )
        resume = resume_of(resume)
        if is_disabled(mode):
            from aim.sdk.recording.inert import InertRecorder  # here and below: `import aim` does without it

            self._attach(InertRecorder(run_hash=run_hash, name=run, experiment=experiment), None)
        else:
            request = RunRequest(run_hash, name=run, experiment=experiment, resume=resume, rank=rank)
            self._attach(*open_recorder(repo, request, strict=strict))
        self._describe(tags, description)


def session_on(recorder: Recorder, layout: RepoLayout | None) -> Session:
    """A session on a recorder that is open already."""
    session = Session.__new__(Session)
    session._attach(recorder, layout)
    return session


def inert_session() -> Session:
    """A session that records nothing: on a rank other than 0, or if no repo can be created."""
    from aim.sdk.recording.inert import InertRecorder

    return session_on(InertRecorder(), None)
