"""Which runs a command means: by hash, by the beginning of a hash, or by name."""

from __future__ import annotations

from collections.abc import Sequence

from aim.cli.context import NotFoundError
from aim.errors import AimError, InvalidValueError, RunNotFoundError
from aim.schema.names import is_run_hash
from aim.sdk.reading.sources import configured_logs
from aim.storage.care.housekeeping import run_hashes, trashed_run, trashed_runs
from aim.storage.repo.layout import RepoLayout

__all__ = ["in_place_runs", "select_own_runs", "select_runs", "select_trashed_runs"]

MIN_PREFIX_CHARS = 4
_HEX = frozenset("0123456789abcdef")


def select_runs(layout: RepoLayout, texts: Sequence[str]) -> list[str]:
    """The hashes of the runs that `texts` mean, each once, in the order given.

    Raises:
        RunNotFoundError: a text means no run.
        AimError: a text means several runs; names some.
    """
    hashes = run_hashes(layout)
    if _has_logs(layout):
        from aim.sdk.reading.repo import Repo

        with Repo(layout.root) as repo:  # runs that are read in place have no directory until they are edited
            hashes = sorted({*hashes, *(run.hash for run in repo.iter_runs())})
    by_text = {text: _by_hash(hashes, text) for text in texts}
    named = [text for text, matches in by_text.items() if not matches]
    if named:
        from aim.sdk.reading.repo import Repo

        with Repo(layout.root) as repo:
            by_text.update({text: repo.runs_named(text) for text in named})
    return list(dict.fromkeys(_only(layout, text, matches, "") for text, matches in by_text.items()))


def select_own_runs(layout: RepoLayout, texts: Sequence[str]) -> list[str]:
    """As :func:`select_runs`, of the runs that Aim recorded.

    Raises:
        InvalidValueError: a text means a run that is read in place from another tool's files.
    """
    hashes = select_runs(layout, texts)
    in_place = in_place_runs(layout, hashes)
    if in_place:
        raise InvalidValueError(
            f"run {in_place[0]} is read in place from another tool's logs: archive it to hide it, or delete its files"
        )
    return hashes


def in_place_runs(layout: RepoLayout, hashes: Sequence[str]) -> list[str]:
    """Those of some runs of the repo that are read in place from another tool's files."""
    if not _has_logs(layout):
        return []
    from aim.sdk.reading.repo import Repo

    with Repo(layout.root) as repo:
        return [run_hash for run_hash in hashes if not repo.index.is_own(run_hash)]


def _has_logs(layout: RepoLayout) -> bool:
    return bool(configured_logs(layout)[0])


def select_trashed_runs(layout: RepoLayout, texts: Sequence[str]) -> list[str]:
    """The hashes of the runs in the trash that `texts` mean: by hash, by the beginning of a hash, or by name.

    Raises: as :func:`select_runs`.
    """
    hashes = trashed_runs(layout)
    by_text = {text: _by_hash(hashes, text) for text in texts}
    if not all(by_text.values()):
        names = {run_hash: trashed_run(layout, run_hash).name for run_hash in hashes}
        for text, matches in by_text.items():
            if not matches:
                by_text[text] = [run_hash for run_hash, name in names.items() if name == text]
    found = (_only(layout, text, matches, "the trash of ") for text, matches in by_text.items())
    return list(dict.fromkeys(found))


def _by_hash(hashes: Sequence[str], text: str) -> list[str]:
    if is_run_hash(text):
        return [text] if text in hashes else []
    if len(text) < MIN_PREFIX_CHARS or not _HEX.issuperset(text):
        return []
    return [run_hash for run_hash in hashes if run_hash.startswith(text)]


def _only(layout: RepoLayout, text: str, matches: Sequence[str], where: str) -> str:
    if not matches:
        command = "aim runs ls --trash" if where else "aim runs ls"
        raise RunNotFoundError(f"no run {text!r} in {where}{layout.root}. List them with: {command}")
    if len(matches) > 1:
        some = ", ".join(matches[:3]) + (", ..." if len(matches) > 3 else "")
        raise AimError(f"{text!r} means {len(matches)} runs ({some}): give more of the hash")
    return matches[0]


def unknown_experiment(layout: RepoLayout, name: str) -> NotFoundError:
    """The error for an experiment that is not there."""
    return NotFoundError(f"no experiment {name!r} in {layout.root}. List them with: aim experiment ls")
