"""What Aim made in a repo's folder, known by its names. Only that is deleted: a user who links ``.aim`` to another
folder, or keeps notes in it, has files there that Aim does not know."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from aim.storage.repo import files, trees
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.trees import A_FILE, A_TREE, Made

__all__ = ["LEFT_OVERS", "ROOT_FILES", "ROOT_NAMES", "foreign_entries", "is_trashed_run", "remove_index"]

ROOT_FILES: Final = (".clock", "config.lock", "import.lock", "web.json", "web.log", "web.log.1")
"""Plain files directly in a repo that come and go: locks, the clock, the server's lease and logs."""

_RUN: Final = r"[0-9a-f]{24}"
_MARKER: Final = _RUN + r"\.[0-9]{1,6}-[0-9a-f]{8,16}"
_PUBLISHED: Final = r"(\.[0-9]+-[0-9a-f]{8}\.tmp)?"
"""Ends the name of a file that was about to replace another."""

_RUN_LEFT_OVER: Final = _RUN + r"\.[0-9a-f]{8}\.tmp"
_NAME: Final = r"[0-9a-f]{40}(\.(0|[0-9a-f]{24}))?"
_NAME_LEFT_OVER: Final = _NAME + r"(\.[0-9]+-|\.)[0-9a-f]{8}\.tmp"
_ROOT_LEFT_OVER: Final = r"(VERSION|config\.json|web\.json|import\.lock)\.([0-9]+-)?[0-9a-f]{8}\.tmp"
_EMPTIED: Final = r"aim\.[0-9a-f]{8}\.tmp"

_INDEX: Final[Made] = {
    r"v[0-9]+(\.[0-9a-f]{8})?": A_FILE,
    r"v[0-9]+-[0-9a-f]+\.sqlite(-wal|-shm|-journal)?": A_FILE,
    r"\.try-[0-9a-f]{16}": A_FILE,
}

_REPO: Final[Made] = {
    "|".join(re.escape(name) for name in ("VERSION", "config.json", *ROOT_FILES)): A_FILE,
    _ROOT_LEFT_OVER: A_FILE,
    _EMPTIED: A_TREE,
    r"runs": {_RUN: A_TREE, _RUN_LEFT_OVER: A_TREE},
    r"active": {_MARKER: A_FILE},
    r"closed": {r"[0-9]{4}-[0-9]{2}-[0-9]{2}": {_MARKER: A_FILE}},
    r"names": {_NAME: A_FILE, _NAME_LEFT_OVER: A_FILE},
    r"trash": {_RUN + r"(\.[0-9a-f]{8})?": A_TREE},
    r"views": {r"[0-9a-f]{32}\.json" + _PUBLISHED: A_FILE},
    r"index": _INDEX,
    r"aside": {r"[0-9]{8}T[0-9]{6}Z": A_TREE, r"acknowledged\.jsonl" + _PUBLISHED: A_FILE},
}

ROOT_NAMES: Final = frozenset(
    ("VERSION", "config.json", *ROOT_FILES, "runs", "active", "closed", "names", "trash", "views", "index", "aside")
)
"""What may be directly in a repo, except what an interrupted operation leaves."""

LEFT_OVERS: Final = re.compile("|".join((_ROOT_LEFT_OVER, _EMPTIED, _RUN_LEFT_OVER, _NAME_LEFT_OVER)))
"""Names of what an interrupted operation leaves in the root, in ``runs/`` and in ``names/``."""


def is_trashed_run(name: str) -> bool:
    """Whether a name in the trash is that of a deleted run."""
    return re.fullmatch(_RUN + r"(\.[0-9a-f]{8})?", name) is not None


def foreign_entries(layout: RepoLayout) -> list[str]:
    """What Aim did not make in the repo's folder, as paths relative to it; also inside the folders that Aim made."""
    return trees.list_others(layout.root, _REPO)


def remove_index(layout: RepoLayout) -> None:
    """Remove the index in the repo, and its folder unless that holds what Aim did not make."""
    with files.open_folder(layout.root, layout.index) as folder:
        ours = [name for name in folder.names() if any(re.fullmatch(pattern, name) for pattern in _INDEX)]
        for name in ours:
            with suppress(FileNotFoundError, IsADirectoryError):
                folder.unlink(name)
        is_empty = not folder.names()
    if is_empty:
        trees.remove_tree(layout.root, layout.index)
