"""Opening a run for recording: which repo, which experiment, which name, a new run or one that exists."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aim.errors import InvalidValueError, RepoError, RunNameTakenError, RunNotFoundError, RunUnreadableError
from aim.schema.names import DEFAULT_EXPERIMENT, check_label, is_run_hash
from aim.sdk.recording import lifecycle
from aim.sdk.recording.companions import Companion
from aim.sdk.recording.guard import Warner, is_set, is_strict_by_environment
from aim.sdk.recording.ranks import environment_job, environment_rank, is_distributed
from aim.sdk.recording.recorder import Recorder
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import (
    create_repo,
    disk_refusal,
    iter_repos_upwards,
    named_repo,
    resolve_repo,
)
from aim.storage.writing.descriptors import retry_with_room
from aim.storage.writing.open_run import open_run
from aim.storage.writing.request import ALLOW, MUST, NEVER, NUMBER, RunRequest
from aim.storage.writing.run_names import (
    claim_run_name,
    claimed_run,
    find_run_named,
    name_taken,
    numbered_names,
    readable_run_name,
)
from aim.storage.writing.sync import syncer
from aim.storage.writing.writer import new_run_hash
from aim.version import __version__

__all__ = [
    "chosen_experiment",
    "is_disabled",
    "open_recorder",
    "open_repo_for_training",
    "repo_for_writing",
    "resume_of",
]


def is_disabled(mode: str | None) -> bool:
    """Whether nothing is to be recorded: by the caller's `mode`, or by AIM_DISABLED.

    Raises:
        InvalidValueError: there is no such mode.
    """
    if mode not in (None, "disabled"):
        raise InvalidValueError(f'mode={mode!r:.40} is not known: use mode="disabled" to record nothing, or none')
    return mode is not None or is_set("AIM_DISABLED")


def repo_for_writing(repo: str | os.PathLike[str] | RepoLayout | None) -> RepoLayout:
    """The repo that a new run goes to: the one given, else AIM_REPO, else the nearest upwards, else one that is created
    here.

    Raises:
        RepoError: it cannot be created or opened.
    """
    return repo if isinstance(repo, RepoLayout) else create_repo(_place_for_writing(repo).root)


def _place_for_writing(repo: str | os.PathLike[str] | None) -> RepoLayout:
    """Where that repo is, or is to be created."""
    repo = named_repo(repo)
    if repo is not None:
        try:
            return resolve_repo(repo)
        except (TypeError, ValueError) as error:
            raise RepoError(f"repo={repo!r:.80} is not a path: {error}") from None
    try:
        here = _started_in() or os.getcwd()
    except FileNotFoundError:
        raise RepoError("the working directory was deleted; pass repo= or change to another directory") from None
    found = list(iter_repos_upwards(here))
    if len(found) > 1:
        Warner().warn(
            "repos",
            f"recording into {found[0].root}; there is another repo further up, {found[1].root}. Pass repo= to choose",
        )
    return found[0] if found else resolve_repo(here)


def _started_in() -> str:
    """The directory that a job of Hydra was started in; "" without Hydra, which gives each job a working directory."""
    hydra = sys.modules.get("hydra.core.hydra_config")
    try:
        if hydra is not None and hydra.HydraConfig.initialized():
            started_in = str(hydra.HydraConfig.get().runtime.cwd)
            return started_in if os.path.isdir(started_in) else ""
    except Exception:  # another version: the working directory must do
        pass
    return ""


def open_repo_for_training(
    repo: str | os.PathLike[str] | RepoLayout | None, experiment: str | None, *, is_strict: bool
) -> tuple[RepoLayout, str, bool]:
    """The repo and the experiment of a new run, and whether the repo is ready to be written to.

    If the disk refuses (it is full, read-only, or another user's) training begins all the same unless `is_strict`:
    the repo is then created, or opened, when that is possible.

    Raises:
        RepoError: what is given is not a repo and cannot become one.
        InvalidValueError: `experiment` cannot name one.
    """
    layout = repo if isinstance(repo, RepoLayout) else _place_for_writing(repo)
    is_ready = True
    try:
        retry_with_room(lambda: repo_for_writing(layout if isinstance(repo, RepoLayout) else layout.root))
    except RepoError as error:
        if is_strict or disk_refusal(error) is None:
            raise
        is_ready = False
    try:
        chosen = retry_with_room(lambda: chosen_experiment(layout, experiment))
    except RepoError as error:
        if is_strict or disk_refusal(error) is None:
            raise
        chosen = DEFAULT_EXPERIMENT
        if is_ready:  # else a warning says that the disk refuses
            Warner().warn("config", f"the run goes to the experiment {DEFAULT_EXPERIMENT!r}: {error}")
    return layout, chosen, is_ready


def chosen_experiment(layout: RepoLayout, experiment: str | None) -> str:
    """The experiment of a new run: the one given, else AIM_EXPERIMENT, else the one checked out.

    Raises:
        InvalidValueError: it cannot name an experiment.
    """
    chosen = experiment if experiment is not None else os.environ.get("AIM_EXPERIMENT")
    if not chosen and experiment is None:
        from aim.storage.repo.experiments import active_experiment  # `import aim` does without it

        chosen = active_experiment(layout)
    return check_label(chosen, "an experiment")


RESUMES: Final = {False: NUMBER, None: NUMBER, True: ALLOW, ALLOW: ALLOW, MUST: MUST, NEVER: NEVER}
"""What may be given as `resume`, and what it stands for."""


def resume_of(resume: bool | str | None) -> str:
    """The word for an argument `resume`.

    Raises:
        InvalidValueError: it is not one of those in the table.
    """
    try:
        return RESUMES[resume]
    except (KeyError, TypeError):
        raise InvalidValueError(
            f'resume={resume!r:.40} is not known; use False, True (the same as "allow"), "must" or "never"'
        ) from None


def open_recorder(
    repo: str | os.PathLike[str] | RepoLayout | None,
    request: RunRequest,
    *,
    strict: bool | None = None,
    companions: tuple[Companion, ...] = (),
) -> tuple[Recorder, RepoLayout]:
    """Open a run for recording.

    Args:
        repo, strict: As for :class:`aim.Session`.
        request: What the caller asked for. With `attempt` and a hash (see :mod:`aim.sdk.recording.joining`) the run
            begins if there is none yet.
        companions: Start and end with the run. They are not part of the request, because storage knows no recorder.

    Raises:
        RepoError, RunNameTakenError, RunNotFoundError, InvalidValueError: as for :class:`aim.Session`.
    """
    is_strict = is_strict_by_environment() if strict is None else strict
    layout, experiment, is_ready = open_repo_for_training(repo, request.experiment, is_strict=is_strict)
    _check(request)
    run_hash, may_begin = _find_hash(layout, experiment, request)
    is_new = run_hash is None or (
        (request.attempt is not None or request.resume in (ALLOW, NEVER))
        and not files.is_folder(layout.root, layout.run_dir(run_hash))
    )
    request = replace(
        request,
        run_hash=run_hash or new_run_hash(),
        experiment=experiment,
        is_new=is_new,
        may_begin=may_begin,
        rank=environment_rank() if request.rank is None else request.rank,
        job=environment_job(),
        aim_version=__version__,
    )
    warner = Warner()
    is_claimed = True
    if request.is_new and request.name is not None:
        may_join = run_hash is None and request.resume == ALLOW
        request, is_claimed = _with_name(
            layout, request, warner, may_join=may_join, may_write=is_ready, is_strict=is_strict
        )
    if request.is_new and request.name is None:
        request = replace(request, name=readable_run_name())
    prepare = None
    if not (is_ready and is_claimed):
        prepare = _Preparation(layout, request, warner.warn, is_claimed=is_claimed)
    writer = open_run(layout, request, report=warner.warn, prepare=prepare)
    recorder = Recorder(writer, warner, is_strict=is_strict, companions=companions)
    syncer.add(writer)
    lifecycle.register(recorder)
    if prepare is None and not request.rank:  # else a warning says where it would be
        from aim.sdk.recording.announce import announce  # `import aim` does without it

        announce(recorder, request.name if request.is_new else None, experiment)
    recorder.start_companions()
    return recorder, layout


def _check(request: RunRequest) -> None:
    if request.name is not None:
        check_label(request.name, "a run name")
    if request.run_hash is not None and not is_run_hash(request.run_hash):
        raise RunNotFoundError.not_a_hash(
            request.run_hash, hint="; to resume a run by its name pass run= and resume=True"
        )
    if request.run_hash is None and request.name is None and request.resume in (ALLOW, MUST):
        how = "True" if request.resume == ALLOW else repr(request.resume)
        raise InvalidValueError(f"resume={how} needs a run to resume: pass run= (its name) or run_hash=")


def _find_hash(layout: RepoLayout, experiment: str, request: RunRequest) -> tuple[str | None, bool]:
    """The hash of the run that is asked for, None for a new one, and whether it may begin with this writer.

    Raises:
        RunNotFoundError: it is to be resumed, and there is none.
        RunNameTakenError: it is to begin, and there is one.
    """
    resume, run_hash, name = request.resume, request.run_hash, request.name
    if run_hash is not None:
        if resume == NEVER and files.is_folder(layout.root, layout.run_dir(run_hash)):
            raise RunNameTakenError(f"{layout.root} already has run {run_hash}, which resume='never' does not resume")
        return run_hash, resume in (ALLOW, NEVER) or (resume == NUMBER and is_distributed())
    if name is not None and resume in (ALLOW, MUST):
        found = find_run_named(layout, experiment, name)
        if found is None and resume == MUST:
            raise RunNotFoundError(
                f"no run named {name!r:.80} in experiment {experiment!r:.80} of {layout.root}, and resume='must' "
                "begins none; resume=True does"
            )
        return found, True
    return None, False


def _with_name(
    layout: RepoLayout, request: RunRequest, warner: Warner, *, may_join: bool, may_write: bool, is_strict: bool
) -> tuple[RunRequest, bool]:
    """Claim the name of a run that begins, with a number if it is in use; whether it is claimed.

    Args:
        may_join: A run that took the name after we looked is to be resumed.

    Raises:
        RunNameTakenError: another run of the experiment has it, and no other name will do.
        RepoError: the claim cannot be written (strict mode only).
    """
    experiment, wanted, run_hash = request.experiment, request.name, request.run_hash
    assert experiment is not None and wanted is not None and run_hash is not None
    first = ""
    try:
        for name in numbered_names(wanted):
            try:
                is_claimed = _claim(layout, experiment, name, run_hash, may_write=may_write)
            except RunNameTakenError as error:
                holder = claimed_run(layout, experiment, name)
                if holder is not None and may_join:
                    return replace(request, run_hash=holder, is_new=False), True
                if request.resume == NEVER:
                    raise
                if is_distributed() and (holder is None or _is_of_another_rank(layout, holder, request)):
                    raise RunNameTakenError(
                        f"{error}. Ranks of one job share a run by its hash: pass the same run_hash= to each "
                        f"(any 24 hex digits), or record on rank 0 only"
                    ) from None
                first = first or holder or "?"
                continue
            if name != wanted:
                warner.warn(
                    "name",
                    f"experiment {experiment!r:.80} already has a run named {wanted!r:.80} ({first}); this one is "
                    f"named {name!r:.80}. resume=True continues the other, resume='never' refuses a name in use",
                )
            return replace(request, name=name), is_claimed
    except OSError as error:
        if is_strict:
            raise RepoError(f"cannot write to {layout.root}: {error.strerror or error}") from error
    return request, False


def _is_of_another_rank(layout: RepoLayout, run_hash: str, request: RunRequest) -> bool:
    """Whether a run belongs to another rank of our job, or has just begun and does not say yet."""
    from aim.storage.reading.events import read_run  # only names in use pay for it

    try:
        writers = read_run(layout.run_dir(run_hash), run_hash).state.writers.values()
    except RunUnreadableError:
        return False
    opened = [w for w in writers if w.opened is not None]
    return not opened or any(w.job == request.job and w.rank != request.rank for w in opened)


def _claim(layout: RepoLayout, experiment: str, name: str, run_hash: str, *, may_write: bool) -> bool:
    """Claim a run name; if nothing may be written yet, check that no run has it. Whether it is claimed.

    Raises:
        RunNameTakenError: another run of the experiment has it.
        OSError: the claim cannot be written.
    """
    if may_write:
        retry_with_room(lambda: claim_run_name(layout, experiment, name, run_hash))
    elif (holder := claimed_run(layout, experiment, name)) is not None:
        raise name_taken(experiment, name, holder)
    return may_write


class _Preparation:
    """What could not be created when a run was opened, because the disk refused: its repo, the claim to its name.

    Called until it returns True; raises what the disk says.
    """

    def __init__(
        self, layout: RepoLayout, request: RunRequest, report: Callable[[str, str], None], *, is_claimed: bool
    ) -> None:
        self._layout, self._request, self._report, self._is_claimed = layout, request, report, is_claimed

    def __call__(self) -> bool:
        create_repo(self._layout.root)
        if not self._is_claimed:
            request = self._request
            assert request.experiment is not None and request.name is not None and request.run_hash is not None
            try:
                claim_run_name(self._layout, request.experiment, request.name, request.run_hash)
            except RunNameTakenError as error:
                self._report("name", f"while the disk refused, {error}. This run keeps its hash and has that name, too")
            self._is_claimed = True
        return True
