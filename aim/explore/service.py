"""The one index of a server, and how requests get at it.

Requests are answered in threads. Each catches up first, so that an answer holds everything tracked before the question;
while the index catches up for the first time, requests wait a moment and then answer from what is there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from aim.errors import AimError, IndexUnavailableError
from aim.explore.view import View
from aim.sdk.reading.sources import open_index
from aim.storage.repo.layout import RepoLayout

if TYPE_CHECKING:
    from aim.index.index import Index
    from aim.query.answering.engine import QueryEngine
    from aim.schema.in_place import InPlace
    from aim.schema.runstate import RunState

__all__ = ["Cancelled", "Progress", "Service"]

T = TypeVar("T")
Progress = Callable[[int, int], None]

_log = logging.getLogger("aim")

FIRST_WAIT_S: Final = 1.0
"""How long a request waits for the first catch-up before it answers from what there is."""
OPEN_WAIT_S: Final = 30.0


class Cancelled(Exception):
    """The client that asked has gone."""


class Service:
    """Opens the index in the background and keeps it.

    Args:
        layout: The repo.
        in_place: Folders of other tools' files that are read in place, too.
        progress: Called during the first catch-up with (runs done, runs to do).
    """

    def __init__(
        self, layout: RepoLayout, *, in_place: Sequence[InPlace] = (), progress: Progress | None = None
    ) -> None:
        self.layout = layout
        self._in_place = tuple(in_place)
        self._progress = progress
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._engine: QueryEngine | None = None
        self._opened = threading.Event()
        self._caught_up = threading.Event()
        self._error: Exception | None = None
        self._first: tuple[int, int] = (0, 0)
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to open the index; returns at once."""
        self._thread = threading.Thread(target=self._begin, name="aim-web-index", daemon=True)
        self._thread.start()

    def _begin(self) -> None:
        try:
            self._index = open_index(self.layout, self._in_place)
            self._opened.set()
            self._index.catch_up(progress=self._on_progress)
        except Cancelled:
            pass
        except Exception as error:
            _log.warning("the index: %s", error)
            self._error = error
        finally:
            self._caught_up.set()
            self._opened.set()

    def _on_progress(self, done: int, total: int) -> None:
        if self._stopping:
            raise Cancelled
        self._first = (done, total)
        if self._progress is not None:
            self._progress(done, total)

    @property
    def catching_up(self) -> tuple[int, int] | None:
        """(runs done, runs to do) of the first catch-up; None after it."""
        return None if self._caught_up.is_set() else self._first

    @property
    def behind(self) -> int | None:
        """How many runs answers lack at most, while the first catch-up goes on (0: not known yet); None after it."""
        progress = self.catching_up
        return None if progress is None else progress[1] - progress[0]

    def wait_until_caught_up(self, timeout_s: float | None = None) -> bool:
        """Wait for the first catch-up."""
        return self._caught_up.wait(timeout_s)

    def view(self, *, fresh: bool = True) -> View:
        """The index, caught up with everything written before this call unless the first catch-up is still going on.

        Args:
            fresh: False: as it is.

        Raises:
            IndexUnavailableError: there is none.
        """
        if not self._opened.wait(OPEN_WAIT_S):
            raise IndexUnavailableError("the index is still being opened")
        index = self._index
        if index is None:
            error = self._error
            raise error if isinstance(error, AimError) else IndexUnavailableError(f"no index: {error}")
        if fresh and (self._caught_up.is_set() or self._caught_up.wait(FIRST_WAIT_S)):
            index.catch_up()
        return View(index, self._engine_of(index))

    def _engine_of(self, index: Index) -> QueryEngine:
        with self._lock:
            if self._engine is None:
                from aim.query.answering.engine import QueryEngine

                self._engine = QueryEngine(index)
            return self._engine

    def read(self, work: Callable[[View], T], *, fresh: bool = True) -> T:
        """Answer from the index; once more if it turns out damaged and is rebuilt."""
        view = self.view(fresh=fresh)
        return view.index.with_repair(lambda: work(view))

    def read_state(self, run_hash: str) -> RunState:
        """The state of a run as its files have it now, wherever they are; without writers if there is no such run.

        Raises:
            RunNotFoundError: `run_hash` is not a run hash.
        """
        self.layout.run_dir(run_hash)  # refuses what is not a hash before anything is read
        # the files are read, and the index only knows where they are
        return self.read(lambda view: view.index.read_state(run_hash), fresh=False)

    def close(self) -> None:
        """Close the index; a first catch-up that is still going on ends at its next step."""
        self._stopping = True
        self._caught_up.wait(5.0)
        if self._index is not None and self._caught_up.is_set():
            self._index.close()
