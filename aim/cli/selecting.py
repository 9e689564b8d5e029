"""Which runs a command means: by hash, by the beginning of a hash, or by name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aim.errors import AimError, InvalidValueError, RunNotFoundError
from aim.schema.names import is_run_hash

if TYPE_CHECKING:
    from aim.sdk.reading.repo import Repo

__all__ = ["check_own_runs", "select_own_runs", "select_runs", "select_trashed_runs"]

MIN_PREFIX_CHARS = 4
_QUERY_LIKE = re.compile(r"[=<>()]|\b(?:run|params|metric|context)\.|\s(?:and|or|in)\s|^not\s")
_HEX = frozenset("0123456789abcdef")


def select_runs(repo: Repo, texts: Sequence[str]) -> list[str]:
    """The hashes of the runs that `texts` mean, each once, in the order given.

    Raises:
        RunNotFoundError: a text means no run.
        AimError: a text means several runs; names some.
    """
    hashes = repo.run_hashes()
    by_text = {text: _by_hash(hashes, text) or repo.runs_named(text) for text in texts}
    return list(dict.fromkeys(_only(repo.path, text, matches, "") for text, matches in by_text.items()))


def select_own_runs(repo: Repo, texts: Sequence[str]) -> list[str]:
    """As :func:`select_runs`, of the runs that Aim recorded.

    Raises:
        InvalidValueError: a text means a run that is read in place from another tool's files.
    """
    hashes = select_runs(repo, texts)
    check_own_runs(repo, hashes)
    return hashes


def check_own_runs(repo: Repo, hashes: Sequence[str]) -> None:
    """Make sure that Aim recorded all of these runs.

    Raises:
        InvalidValueError: a run is read in place from another tool's files.
    """
    in_place = repo.in_place_runs(hashes)
    if in_place:
        raise InvalidValueError(
            f"run {in_place[0]} is read in place from another tool's logs: archive it to hide it, or delete its files"
        )


def select_trashed_runs(repo: Repo, texts: Sequence[str]) -> list[str]:
    """The hashes of the runs in the trash that `texts` mean: by hash, by the beginning of a hash, or by name.

    Raises: as :func:`select_runs`.
    """
    trashed = repo.trashed_runs()
    hashes = [run.hash for run in trashed]
    by_text = {text: _by_hash(hashes, text) or [run.hash for run in trashed if run.name == text] for text in texts}
    found = (_only(repo.path, text, matches, "the trash of ") for text, matches in by_text.items())
    return list(dict.fromkeys(found))


def _by_hash(hashes: Sequence[str], text: str) -> list[str]:
    if is_run_hash(text):
        return [text] if text in hashes else []
    if len(text) < MIN_PREFIX_CHARS or not _HEX.issuperset(text):
        return []
    return [run_hash for run_hash in hashes if run_hash.startswith(text)]


def _only(repo_path: str, text: str, matches: Sequence[str], where: str) -> str:
    if not matches:
        command = "aim runs ls --trash" if where else "aim runs ls"
        if not where and _QUERY_LIKE.search(text):
            hint = f". If this is a query, put it behind --query: {command} {shlex.quote(text)} lists what it finds"
        else:
            hint = f". List them with: {command}"
        raise RunNotFoundError.missing(text, f"{where}{repo_path}", hint=hint)
    if len(matches) > 1:
        some = ", ".join(matches[:3]) + (", ..." if len(matches) > 3 else "")
        raise AimError(f"{text!r} means {len(matches)} runs ({some}): give more of the hash")
    return matches[0]
