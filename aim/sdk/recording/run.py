"""Run: a session by the names that code written for Aim 3 uses."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Never

from aim.schema.names import check_label, is_run_hash
from aim.sdk.recording.guard import accept
from aim.sdk.recording.handle import RunHandle
from aim.sdk.recording.opening import is_disabled, open_recorder, resume_of
from aim.storage.writing.request import ALLOW, NUMBER, RunRequest

if TYPE_CHECKING:
    from aim import Repo

__all__ = ["Run"]


class Run(RunHandle):
    """Records one run. The same as :class:`aim.Session`, but for the arguments here.

    Args:
        run_hash: Resume the run with this hash; None begins a new one. Any other text begins a run that is named so,
            with a hash that is made from the text, and resumes it the next time.
        repo: As for :class:`aim.Session`; also an :class:`aim.Repo`.
        name: Name of a new run, unique in its experiment; by default a readable one is made up.
        read_only: Read the run `run_hash` and record nothing: whatever would record is refused, as on a closed run.
        force_resume: Accepted for code written for Aim 3, and without effect.
        experiment, resume, rank, strict, mode, tags, description, system_tracking_interval, log_system_params,
        capture_terminal_logs: As for :class:`aim.Session`.

    Raises:
        RunNotFoundError: no run has this hash.
        RepoError, RunNameTakenError, InvalidValueError: as for :class:`aim.Session`.

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
        resume: bool | str | None = False,
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
        **unknown: Never,
    ) -> None:
        if unknown:
            from aim.sdk.recording.hints import unknown_arguments  # only mistakes pay for loading it

            raise unknown_arguments("Run", unknown, Run.__init__)
        accept(
            "aim.Run",
            system_tracking_interval=system_tracking_interval,
            log_system_params=log_system_params,
            capture_terminal_logs=capture_terminal_logs,
        )
        resume = resume_of(resume)
        if run_hash is not None and not is_run_hash(run_hash) and isinstance(run_hash, str):
            text = check_label(run_hash, "a run name")
            run_hash, name = _hash_of(text), name if name is not None else text
            resume = ALLOW if resume == NUMBER else resume
        if read_only:
            from aim.sdk.recording.inert import open_to_read

            self._attach(*open_to_read(repo, run_hash))
            return
        if is_disabled(mode):
            from aim.sdk.recording.inert import InertRecorder  # here and below: `import aim` does without it

            self._attach(InertRecorder(run_hash=run_hash, name=name, experiment=experiment), None)
        else:
            request = RunRequest(run_hash, name=name, experiment=experiment, resume=resume, rank=rank)
            self._attach(*open_recorder(repo, request, strict=strict))
        self._describe(tags, description)


def _hash_of(text: str) -> str:
    """The hash of the run that is known by a text instead of a hash."""
    import hashlib  # only such runs pay for loading it

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
