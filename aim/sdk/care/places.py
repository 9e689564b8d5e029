"""Where a repo is, or would be made; and emptying one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from aim.storage.care.removal import empty_repo, foreign_files, repo_totals
from aim.storage.reading.runs import check_not_live, run_hashes
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import find_repo, is_repo, named_repo, resolve_repo, working_directory
from aim.storage.repo.trees import tree_size

__all__ = ["Contents", "RepoPlace", "empty_place", "find_place", "read_contents"]


@dataclass(frozen=True, slots=True)
class RepoPlace:
    """A place where a repo is, or may be made.

    Attributes:
        path: The ``.aim`` directory.
        is_repo: Whether a repo is there.
        named_by: "path": the caller; "AIM_REPO": the environment variable; "": it is here, or the nearest one upwards.
    """

    path: str
    is_repo: bool
    named_by: Literal["path", "AIM_REPO", ""]


def find_place(path: str | os.PathLike[str] | None = None, *, upwards: bool = True) -> RepoPlace:
    """The place that `path` means, else AIM_REPO, else the nearest one upwards, else the working directory.

    Args:
        path: The ``.aim`` directory or the one that holds it.
        upwards: False: without a path and without AIM_REPO the working directory is meant, wherever repos are.

    Raises:
        RepoError: it is the address of a server.
        RepoNotFoundError: nothing is named, and the working directory was deleted.
    """
    named = named_repo(path)
    if named is not None:
        layout = resolve_repo(named)
        return RepoPlace(layout.root, is_repo(layout), "path" if path is not None else "AIM_REPO")
    layout = (find_repo() if upwards else None) or resolve_repo(working_directory())
    return RepoPlace(layout.root, is_repo(layout), "")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a repo holds.

    Attributes:
        size_bytes: Of what Aim made.
        foreign: What Aim did not make, as paths relative to the ``.aim`` directory.
    """

    runs: int
    points: int
    size_bytes: int
    foreign: tuple[str, ...]


def read_contents(path: str, *, force: bool = False) -> Contents:
    """What :func:`empty_place` would take, and what it would leave.

    Args:
        path: The ``.aim`` directory.
        force: Even if a run is being written to.

    Raises:
        RepoFormatError: it has no VERSION that this version of Aim reads.
        RunActiveError: a run is being written to, and `force` is false.
        UnsafeFileError: a folder of it is a link.
        StorageError: the file system refused.
    """
    layout = RepoLayout(path)
    foreign = foreign_files(layout)
    totals = repo_totals(layout)
    if not force:
        check_not_live(layout, run_hashes(layout))
    others = sum(tree_size(layout.root, os.path.join(layout.root, name)) for name in foreign)
    return Contents(totals.runs, totals.points, max(totals.size_bytes - others, 0), tuple(foreign))


def empty_place(path: str) -> list[str]:
    """Make a repo empty: its runs go into its trash, from which ``Repo.restore_runs`` brings them back.

    Its experiments and saved views are kept in ``.aim/aside/``.

    Args:
        path: The ``.aim`` directory.

    Returns:
        The hashes of the runs that went into the trash.

    Raises: as :func:`read_contents`, but for RunActiveError.
    """
    return empty_repo(RepoLayout(path))
