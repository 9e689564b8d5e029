"""Run: a session by the names that code written for Aim 3 uses."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aim.errors import InvalidValueError
from aim.sdk.recording.handle import RunHandle
from aim.sdk.recording.ignored import warn_of_ignored
from aim.sdk.recording.inert import InertRecorder
from aim.sdk.recording.opening import is_disabled, open_recorder
from aim.storage.writing.request import RunRequest

if TYPE_CHECKING:
    from aim import Repo

__all__ = ["Run"]


class Run(RunHandle):
    """Records one run. The same as :class:`aim.Session`, but for the arguments here.

    Args:
        run_hash: Resume the run with this hash; None begins a new one.
        repo: As for :class:`aim.Session`; also an :class:`aim.Repo`.
        name: Name of a new run, unique in its experiment; by default a readable one is made up.
        read_only, force_resume: Accepted for code written for Aim 3, and without effect.
        experiment, resume, rank, strict, mode, tags, description, system_tracking_interval, log_system_params,
        capture_terminal_logs: As for :class:`aim.Session`.

    Raises:
        RunNotFoundError: no run has this hash.
        InvalidValueError: `read_only` is true; :meth:`aim.Repo.get_run` reads.
        RepoError, RunNameTakenError: as for :class:`aim.Session`.

    Example:
        >>> run = aim.Run(experiment="digits")
        >>> run["hparams"] = {"lr": 0.01, "layers": [64, 32]}
        >>> run.track(0.25, name="loss", context={"subset": "train"})
        >>> run.track({"loss": 0.2, "accuracy": 0.9}, epoch=1, context={"subset": "val"})
        >>> run.close()
    """

    def __init__(
        self,
        run_hash: str | None = None,
        *,
        repo: str | os.PathLike[str] | Repo | None = None,
        experiment: str | None = None,
        name: str | None = None,
        resume: bool = False,
        rank: int | None = None,
        strict: bool | None = None,
        mode: str | None = None,
        tags: str | Iterable[str] = (),
        description: str | None = None,
        read_only: bool = False,
        system_tracking_interval: float | None = None,
        log_system_params: bool | None = None,
        capture_terminal_logs: bool | None = None,
        force_resume: bool | None = None,
    ) -> None:
        warn_of_ignored(
            "aim.Run",
            system_tracking_interval=system_tracking_interval,
            log_system_params=log_system_params,
            capture_terminal_logs=capture_terminal_logs,
        )
        if read_only:
            raise InvalidValueError("aim.Run records; to read a run (read_only=True) use aim.Repo(...).get_run(hash)")
        if is_disabled(mode):
            self._attach(InertRecorder(run_hash=run_hash, name=name, experiment=experiment), None)
        else:
            request = RunRequest(run_hash, name=name, experiment=experiment, resume=resume, rank=rank)
            self._attach(*open_recorder(repo, request, strict=strict))
        self._describe(tags, description)
