"""Taking turns: few questions are computed at a time, so that pages stay quick however many are asked at once.

There are two lanes. Every question begins in the first; one that turns out long continues in the second, which has
fewer places, so that long questions delay each other rather than the many short ones. Each lane serves in the order of
arrival, and a question that finds too many waiting is refused.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from aim.web.http.errors import ApiError

__all__ = ["LONG_S", "Turn", "Turns"]

LONG_S: Final = 0.2
"""Seconds of a processor after which a question is a long one."""
SHORT_AT_A_TIME: Final = 4
LONG_AT_A_TIME: Final = 2
"""Python computes in one thread at a time: more would only wait for each other, and pages for all of them."""
MAX_WAITING: Final = 100
MAX_LONG_WAITING: Final = 16
"""Each keeps what it has read so far in memory, and at 20 s each the next one would wait for minutes."""
_LOOK_S: Final = 0.1
"""Between two checks whether the client still waits for the answer."""


class _Lane:
    def __init__(self, places: int, waiting: int) -> None:
        self._free = places
        self._max_waiting = waiting
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    def enter(self, check: Callable[[], None]) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if len(self._waiting) >= self._max_waiting:
                raise ApiError(503, "too many questions are being answered; ask again in a moment", code="busy")
            mine = threading.Event()
            self._waiting.append(mine)
        try:
            while not mine.wait(_LOOK_S):
                check()
        except BaseException:
            with self._lock:
                is_waiting = not mine.is_set()
                if is_waiting:
                    self._waiting.remove(mine)
            if not is_waiting:  # the place was given to it at this very moment
                self.leave()
            raise

    def leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class Turns:
    """The lanes of one server. Thread-safe.

    Args:
        short, long: How many questions are computed at a time in each lane.
        waiting, long_waiting: How many wait in each.
    """

    def __init__(
        self,
        short: int = SHORT_AT_A_TIME,
        long: int = LONG_AT_A_TIME,
        *,
        waiting: int = MAX_WAITING,
        long_waiting: int = MAX_LONG_WAITING,
    ) -> None:
        self._short = _Lane(short, waiting)
        self._long = _Lane(long, long_waiting)

    def begin(self, check: Callable[[], None]) -> Turn:
        """Wait for a turn.

        Args:
            check: Called now and then meanwhile; what it raises ends the waiting.

        Raises:
            ApiError: too many wait.
        """
        self._short.enter(check)
        return Turn(self._short, self._long)


class Turn:
    """One question's turn. For the thread that computes."""

    def __init__(self, lane: _Lane, long: _Lane) -> None:
        self._lane: _Lane | None = lane
        self._long = long
        self.is_long = False

    def lengthen(self, check: Callable[[], None]) -> None:
        """Leave the place to others, and wait for one among the long questions; arguments and errors as for `begin`."""
        self.is_long = True
        self.end()
        self._long.enter(check)
        self._lane = self._long

    def end(self) -> None:
        """Leave the place."""
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.leave()
