"""What searches found, kept while the index stays as it is: the next page of a table costs its rows and no more."""

from __future__ import annotations

import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from aim.explore.service import View
from aim.index.sql import tables as t

__all__ = ["Found", "FoundRuns", "Kept", "index_state"]

KEPT: Final = 8
"""Searches that are kept; one of 100,000 runs takes 0.8 MB."""
STALE_FACTOR: Final = 10.0
"""What takes long to compute may be so many times older than it took."""
LONG_S: Final = 0.1
"""Of a processor. What takes less is computed anew whenever something changed."""


@dataclass(frozen=True, slots=True)
class Found:
    """The runs that a search found."""

    ids: array[int]
    """In the order of the search."""
    total: int
    """Runs among which it searched."""
    hints: list[str]


def index_state(view: View) -> tuple[Hashable, ...]:
    """A value that differs whenever anything in the index differs.

    Every change of a run's rows raises the run's version, and ids are not used again: see
    :class:`aim.web.process.live_hub.Look`.
    """
    run = t.run.c
    with view.connect() as connection:
        row = connection.execute(
            select(func.count(), func.coalesce(func.sum(run.version), 0), func.coalesce(func.max(run.id), 0))
        ).one()
    return (view.index.path, *row, tuple(sorted((h, standing.value) for h, standing in view.live().items())))


class FoundRuns:
    """The last searches of one server. Thread-safe.

    Args:
        kept: How many.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[tuple[Hashable, ...], Found]] = OrderedDict()

    def get(self, view: View, key: tuple[Any, ...], search: Callable[[], Found], *, depends_on_time: bool) -> Found:
        """What a search finds; from memory where nothing changed since the same search.

        Args:
            view: The index.
            key: Tells searches apart.
            search: Searches.
            depends_on_time: The answer may change though nothing in the index does: it is not kept.
        """
        state = index_state(view)
        if not depends_on_time:
            with self._lock:
                entry = self._entries.get(key)
                if entry is not None and entry[0] == state:
                    self._entries.move_to_end(key)
                    return entry[1]
        found = search()
        if not depends_on_time:
            with self._lock:
                self._entries[key] = (state, found)
                self._entries.move_to_end(key)
                while len(self._entries) > self._kept:
                    self._entries.popitem(last=False)
        return found


class Kept:
    """Answers that take long to compute and may be somewhat old while the index changes. Thread-safe.

    An answer is given again as long as the index is as it was. While it changes, one that took long (LONG_S) is given
    again for ten times as long: a large repo that is written to is not counted all the time, a small one always.

    Args:
        kept: How many.
    """

    def __init__(self, kept: int = 2 * KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[tuple[Hashable, ...], float, float, Any]] = OrderedDict()

    def get(self, view: View, key: Hashable, compute: Callable[[], Any]) -> Any:
        """The answer for `key`."""
        state = index_state(view)
        now = time.monotonic()
        with self._lock:
            entry = self._entries.get(key)
        # another database: nothing of the old one holds
        if entry is not None and entry[0][0] == state[0]:
            known_state, at, took_s, answer = entry
            if known_state == state or (took_s > LONG_S and now < at + STALE_FACTOR * took_s):
                return answer
        begin = time.thread_time()
        answer = compute()
        took_s = time.thread_time() - begin
        with self._lock:
            self._entries[key] = (state, now, took_s, answer)
            self._entries.move_to_end(key)
            while len(self._entries) > self._kept:
                self._entries.popitem(last=False)
        return answer
