"""An open repo: where it is, its index, and closing it. What can be done with it is in its subclass Repo."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from aim.errors import RepoNotFoundError
from aim.sdk.reading.sources import Folders, logs_only_repo, open_index, to_in_place
from aim.storage.repo.repo_files import create_repo, locate_repo, open_repo, working_directory

if TYPE_CHECKING:
    from aim.index.index import Index
    from aim.query.answering.engine import QueryEngine
    from aim.schema.in_place import InPlace
    from aim.storage.repo.layout import RepoLayout

__all__ = ["OpenRepo"]


class OpenRepo:
    """A repo and its index, which is opened on first use. Safe to use from several threads."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        tf_logs: Iterable[str | os.PathLike[str]] = (),
        read_only: Any = None,  # bools; Any, so that folders by their kind can be passed by **
        init: Any = False,
        **further: Folders,
    ) -> None:
        if init:
            create_repo(path if path is not None else working_directory())
        in_place = to_in_place({"tf_logs": tf_logs, **further})
        self._open(_find(path, in_place), in_place)

    def _open(self, layout: RepoLayout, in_place: tuple[InPlace, ...]) -> None:
        self._layout = layout
        self._in_place = in_place
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._engine: QueryEngine | None = None

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> Self:
        """Make an empty repo at `path`, or open the one that is there. Harmless if several processes do it at once.

        Args:
            path: The ``.aim`` directory or the one that is to hold it.

        Raises:
            RepoError: the file system refused.
            RepoFormatError: a repo of a newer format is there.
        """
        return cls(create_repo(path).root)

    @classmethod
    def for_repair(cls, path: str | os.PathLike[str] | None = None) -> Self:
        """The repo at `path` whatever its VERSION says, to check and repair one that ``Repo(path)`` refuses to open.

        Raises:
            RepoNotFoundError: there is none.
        """
        repo = cls.__new__(cls)
        repo._open(locate_repo(path), ())
        return repo

    def __repr__(self) -> str:
        return f"<aim.Repo {self.path!r}>"

    def __fspath__(self) -> str:
        """So that a repo can be given wherever a path to one can."""
        return self.path

    @property
    def path(self) -> str:
        """The ``.aim`` directory."""
        return self._layout.root

    @property
    def layout(self) -> RepoLayout:
        """Where things are in it."""
        return self._layout

    @property
    def index(self) -> Index:
        """The index of the repo, opened on first use."""
        with self._lock:
            if self._index is None:
                self._index = open_index(self._layout, self._in_place)
            return self._index

    @property
    def engine(self) -> QueryEngine:
        """Answers queries from the index as it is, without looking at the run directories first."""
        index = self.index
        with self._lock:
            if self._engine is None:
                from aim.query.answering.engine import QueryEngine

                self._engine = QueryEngine(index)
            return self._engine

    def _caught_up(self) -> QueryEngine:
        self.index.catch_up()
        return self.engine

    def close(self) -> None:
        """Close the index. Results that have not read their arrays yet open it again."""
        with self._lock:
            index, self._index, self._engine = self._index, None, None
        if index is not None:
            index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened, (type(self), self.path, self._in_place)


def _opened(kind: type[OpenRepo], path: str, in_place: tuple[InPlace, ...]) -> OpenRepo:
    return kind(path, **{each.kind: each.folders for each in in_place})


def _find(path: str | os.PathLike[str] | None, in_place: Sequence[InPlace]) -> RepoLayout:
    try:
        return open_repo(path)
    except RepoNotFoundError:
        if path is None and in_place:
            return logs_only_repo(in_place)
        raise
