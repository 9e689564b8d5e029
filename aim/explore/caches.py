"""Answers that are kept for the next question.

- :class:`SearchCache` keeps what searches found, as long as the index is as it was: the next page of a table costs its
  rows alone.
- :class:`StaleCache` keeps what takes long to compute, and gives it again for a while although the index has changed.
- :class:`TimedCache` keeps small values for a time, whatever happens to the index.

All are thread-safe, and belong to one server or one notebook.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import func, select

from aim.explore.view import View
from aim.index.sql import tables as t

__all__ = ["SearchCache", "SearchResult", "StaleCache", "TimedCache", "index_state"]

T = TypeVar("T")

MAX_ENTRIES: Final = 8
"""Searches that are kept; one of 100,000 runs takes 0.8 MB."""
STALE_FACTOR: Final = 10.0
"""What took long to compute may be this many times older than it took."""
LONG_S: Final = 0.1
"""Seconds of CPU time. What takes less is computed again whenever something changed."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The runs that a search found."""

    ids: array[int]
    """In the order of the search."""
    total: int
    """Runs among which it searched."""
    hints: list[str]


def index_state(view: View) -> tuple[Hashable, ...]:
    """A value that differs whenever anything in the index differs.

    Every change of a run's rows raises the run's version, and ids are not used again.
    """
    run = t.run.c
    with view.connect() as connection:
        row = connection.execute(
            select(func.count(), func.coalesce(func.sum(run.version), 0), func.coalesce(func.max(run.id), 0))
        ).one()
    return (view.index.path, *row, tuple(sorted((h, standing.value) for h, standing in view.live().items())))


class SearchCache:
    """The last searches and what they found.

    Args:
        max_entries: How many are kept; the one that was asked for least recently goes first.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[tuple[Hashable, ...], SearchResult]] = OrderedDict()

    def get(
        self, view: View, key: tuple[Any, ...], search: Callable[[], SearchResult], *, depends_on_time: bool
    ) -> SearchResult:
        """What a search finds; from memory where nothing changed since the same search.

        Args:
            view: The index.
            key: Tells searches apart.
            search: Runs the search.
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
                while len(self._entries) > self._max_entries:
                    self._entries.popitem(last=False)
        return found


class StaleCache:
    """Answers that take long to compute and may be somewhat old while the index changes.

    An answer is given again as long as the index is as it was. While it changes, one that took long (LONG_S) is given
    again for ten times as long: a large repo that is written to is not counted all the time, a small one always.

    Args:
        max_entries: How many are kept; the one that was computed least recently goes first.
    """

    def __init__(self, max_entries: int = 2 * MAX_ENTRIES) -> None:
        self._max_entries = max_entries
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
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
        return answer


class TimedCache:
    """Small values that may be a little old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, tuple[float, Any]] = {}

    def get(self, key: str, max_age_s: float, compute: Callable[[], T]) -> T:
        """The value, computed if there is none or it is older than `max_age_s` seconds."""
        now = time.monotonic()
        with self._lock:
            found = self._values.get(key)
        if found is not None and now - found[0] < max_age_s:
            value: T = found[1]
            return value
        value = compute()
        with self._lock:
            self._values[key] = (now, value)
        return value

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._values.clear()
