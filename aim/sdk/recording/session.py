"""Session: an open handle that attributes calls to a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from aim.schema.names import ContextValue
from aim.sdk.recording.handle import RunHandle
from aim.sdk.recording.opening import open_recorder
from aim.sdk.recording.recorder import Recorder
from aim.storage.repo.layout import RepoLayout
from aim.storage.writing.request import RunRequest

__all__ = ["DEFAULT_PARAMS_NAME", "InertSession", "Session", "session_on"]

DEFAULT_PARAMS_NAME = "params"


class Session(RunHandle):
    """Records one run.

    Several sessions can be open at once, also on several repos. Safe to use from several threads and from signal
    handlers. A forked child cannot record through its parent's session: it gets a warning and opens its own.

    Args:
        repo: The ``.aim`` directory or the directory that holds it; by default AIM_REPO, else the nearest ``.aim``
            upwards from the working directory, else one is created here.
        experiment: Groups runs; by default AIM_EXPERIMENT, else the one checked out (``aim experiment checkout``),
            else "default".
        flush_frequency: Accepted for compatibility and without effect: every point is with the operating system when
            ``track`` returns.
        block_termination: Accepted for compatibility and without effect: nothing is left to wait for at exit.
        run: Name of the run, unique in its experiment; by default a readable one is made up.
        resume: Resume the run of that name instead of refusing the name; a new run if there is none. While other
            processes record there this is one of them; when all have ended it is the run's next attempt.
        run_hash: Resume the run with this hash. Ranks of one job that are given one hash share the run.
        rank: Rank of this process; by default from the launcher's environment (RANK, SLURM_PROCID, ...).
        strict: Raise instead of warning; by default AIM_STRICT.

    Raises:
        RepoError: what is given is not a repo and cannot become one (a server's address, a file, a newer format). A
            disk that refuses (full, read-only, another user's) is not an error: one warning, and the run is recorded
            once it can be; in strict mode it raises.
        RunNameTakenError: `run` is in use in this experiment and `resume` is false.
        RunNotFoundError: the repo has no run `run_hash`.
        InvalidValueError: a name cannot be used.

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
        self._attach(
            *open_recorder(
                repo,
                RunRequest(run_hash, name=run, experiment=experiment, resume=resume, rank=rank),
                strict=strict,
            )
        )

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

    def track(
        self, /, value: Any, name: str, *, step: int | None = None, epoch: float | None = None, **context: ContextValue
    ) -> None:
        """Append one value to a metric of the run.

        Returns once the operating system has the point, so that a crash of the process cannot lose it; :meth:`flush`
        waits for the disk. Disk errors never raise: one warning, and every lost point is counted on the run.

        Args:
            value: A real number, or a 0-d array or tensor, read once. Kept as float64, so integers beyond 2**53 are
                rounded; NaN and infinities are kept.
            name: Metric name: any printable string, e.g. "loss" or "F1 (macro)".
            step: Position in the sequence; None continues one after the highest step seen, from 0.
            epoch: Pass over the data, counted from 0, fractions allowed; None if there is none. Seven digits are kept.
            **context: Short key-values that distinguish sequences of one name, e.g. subset="train".

        Raises:
            InvalidValueError: `value` is not a single real number, or another argument cannot be recorded (strict mode
                only; otherwise warned once a line, and counted as rejected).
            SessionClosedError: the session is closed (strict mode only, as above).
        """
        self.record(value, name, step, epoch, context)

    def set_params(self, params: Any, name: str | None = None) -> None:
        """Record what the run is configured with; several calls with one name merge deeply.

        Args:
            params: Nested dicts, lists, dataclasses, namespaces, OmegaConf configs, numpy scalars and small arrays,
                enums, paths. Anything else is kept as its repr, with a warning.
            name: Name of the set, e.g. "hparams"; by default "params".
        """
        self._recorder.set_params(name if name is not None else DEFAULT_PARAMS_NAME, params)


def session_on(recorder: Recorder, layout: RepoLayout) -> Session:
    """A session on a recorder that is open already."""
    session = Session.__new__(Session)
    session._attach(recorder, layout)
    return session


class InertSession:
    """Stands in for a session where nothing is recorded: on a rank other than 0, or if no repo can be created."""

    active = False
    is_foreign = False
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
