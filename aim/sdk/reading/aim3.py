"""What code written for Aim 3 calls on a repo, in the words of Aim 3."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Self

from aim.errors import RepoNotFoundError, StorageError
from aim.schema.contexts import Context
from aim.schema.names import is_run_hash
from aim.sdk.care.places import read_contents
from aim.sdk.reading.open_repo import OpenRepo
from aim.storage.repo import trees
from aim.storage.repo.repo_files import find_repo, is_repo, locate_repo, resolve_repo, working_directory

__all__ = ["Aim3Repo"]


class Aim3Repo(OpenRepo):
    """The part of Repo that has the names of Aim 3."""

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], read_only: bool | None = None, init: bool = False) -> Self:
        """The same as ``Repo(path)``, under Aim 3's name.

        Args:
            read_only: Accepted: reading never needs more, and edits say where they are refused.
            init: Make the repo if there is none.
        """
        return cls(path, read_only=read_only, init=init)

    @classmethod
    def default_repo(cls, init: bool = False) -> Self:
        """The repo of AIM_REPO, else the nearest at or above the working directory.

        Args:
            init: Make one in the working directory if there is none.

        Raises:
            RepoNotFoundError: there is none, and `init` is false.
        """
        return cls(cls.default_repo_path(), init=init)

    @classmethod
    def default_repo_path(cls) -> str:
        """The folder that holds the repo of :meth:`default_repo`; the working directory if there is none."""
        try:
            return os.path.dirname(locate_repo().root)
        except RepoNotFoundError:
            return working_directory()

    @classmethod
    def exists(cls, path: str | os.PathLike[str] | None = None) -> bool:
        """Whether there is a repo at `path`; None: at or above the working directory.

        Args:
            path: The ``.aim`` directory or the one that holds it.

        Example:
            >>> repo = aim.Repo("experiments", init=not aim.Repo.exists("experiments"))
        """
        layout = find_repo() if path is None else resolve_repo(path)
        return layout is not None and is_repo(layout)

    @classmethod
    def rm(cls, path: str | os.PathLike[str]) -> None:
        """Delete a repo with all its runs. Nothing of it can be restored.

        Args:
            path: The ``.aim`` directory or the one that holds it.

        Raises:
            RepoNotFoundError: there is none.
            RunActiveError: a run is being written to. Nothing was deleted.
            StorageError: the folder holds files that Aim did not make, or the file system refused.
        """
        layout = locate_repo(path)
        foreign = read_contents(layout.root).foreign
        if foreign:
            raise StorageError(
                f"{layout.root} holds files that Aim did not make ({', '.join(foreign)[:200]}): nothing was deleted. "
                "Move them away first"
            )
        trees.remove_root(layout.root)

    def run_exists(self, run_hash: str) -> bool:
        """Whether the repo has a run of this hash, archived or not."""
        return is_run_hash(run_hash) and self._caught_up().run_by_hash(run_hash) is not None

    def total_runs_count(self) -> int:
        """How many runs there are, archived ones too."""
        return len(self._caught_up().runs("", archived="include"))

    def list_all_runs(self) -> list[str]:
        """The hashes of all runs, archived ones too, oldest first."""
        return [row.hash for row in self._caught_up().runs("", archived="include")]

    def list_active_runs(self) -> list[str]:
        """The hashes of the runs to which points may still come, oldest first."""
        return [row.hash for row in self._caught_up().runs("", archived="include") if row.details.is_active]

    def collect_sequence_info(
        self, sequence_types: str | Iterable[str] = ("metric",)
    ) -> dict[str, dict[str, list[Context]]]:
        """The names of all metrics with their contexts: ``{"metric": {"loss": [{"subset": "val"}, ...]}}``.

        Args:
            sequence_types: "metric" is the only one that has something in it so far.
        """
        types = (sequence_types,) if isinstance(sequence_types, str) else tuple(sequence_types)
        found: dict[str, dict[str, list[Context]]] = {kind: {} for kind in types}
        if "metric" in found:
            known: dict[tuple[str, str], Context] = {}
            for row in self._caught_up().sequences("", archived="include"):
                known.setdefault((row.name, row.context_text), Context(row.context))
            for (name, _), context in sorted(known.items(), key=lambda item: item[0]):
                found["metric"].setdefault(name, []).append(context)
        return found

    def collect_params_info(self) -> dict[str, Any]:
        """The params of all runs in one nested dict; where several runs have a param, the value of the newest."""
        merged: dict[str, Any] = {}
        for row in self._caught_up().runs("", archived="include"):
            _merge(merged, row.params())
        return merged


def _merge(into: dict[str, Any], params: Any) -> None:
    for key, value in params.items():
        if isinstance(value, dict):
            below = into.get(key)
            if not isinstance(below, dict):
                below = into[key] = {}
            _merge(below, value)
        else:
            into[key] = list(value) if isinstance(value, list) else value
