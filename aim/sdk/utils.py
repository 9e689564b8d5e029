"""Helpers of Aim 3's ``aim.sdk.utils``."""

from __future__ import annotations

import os
import secrets

from aim.errors import RepoNotFoundError
from aim.sdk.configs import get_aim_repo_name as get_aim_repo_name
from aim.storage.repo.repo_files import locate_repo

__all__ = ["clean_repo_path", "generate_run_hash", "get_aim_repo_name", "search_aim_repo"]


def generate_run_hash(len_: int = 24) -> str:
    """A new hash for a run: hex digits.

    Args:
        len_: How many; Aim's own have 24.
    """
    return secrets.token_hex((len_ + 1) // 2)[:len_]


def clean_repo_path(path: str | os.PathLike[str] | None) -> str:
    """The absolute path of the folder that holds ``.aim``; "" for None.

    Args:
        path: That folder, or the ``.aim`` directory in it.
    """
    if not path:
        return ""
    text = os.path.abspath(os.path.expanduser(os.fspath(path)))
    return os.path.dirname(text) if os.path.basename(text) == get_aim_repo_name() else text


def search_aim_repo(path: str | os.PathLike[str]) -> tuple[str | None, bool]:
    """(folder that holds the nearest ``.aim`` at or above `path`, whether there is one)."""
    folder = os.path.abspath(os.path.expanduser(os.fspath(path)))
    while True:
        if is_repo(folder):
            return folder, True
        above = os.path.dirname(folder)
        if above == folder:
            return None, False
        folder = above


def is_repo(path: str | os.PathLike[str]) -> bool:
    """Whether there is a repo at `path`, in or above ``.aim``."""
    try:
        locate_repo(clean_repo_path(path))
    except RepoNotFoundError:
        return False
    return True
