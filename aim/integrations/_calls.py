"""How a call of a framework ended, where the framework itself tells callbacks of a regular end only.

The call is heard through :mod:`aim.integrations._patch`. An adapter that is called during it (a hook, a callback) asks
with a :class:`CallWatch` to be called when it is over. Calls nest, and each thread has its own.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aim.integrations._patch import Ended, Patches, Target

__all__ = ["CallWatch", "WatchedCalls"]


class _Calls(threading.local):
    """The watched calls that this thread is in, each with those who watch it, the innermost last."""

    def __init__(self) -> None:
        self.watches: list[list[CallWatch]] = []


_calls = _Calls()


class CallWatch:
    """Calls `ended` once when the call that this thread is in is over, unless it is cancelled before.

    Outside of a watched call nothing is called.

    Args:
        ended: Takes what the call raised, or None. What it raises itself is logged: it must take the place of neither
            what the call raised nor its result.
    """

    def __init__(self, ended: Callable[[BaseException | None], None]) -> None:
        self._ended: Callable[[BaseException | None], None] | None = ended
        if _calls.watches:
            _calls.watches[-1].append(self)

    @property
    def is_of_this_call(self) -> bool:
        """Whether the call that it watches is the innermost one of this thread."""
        return bool(_calls.watches) and self in _calls.watches[-1]

    def cancel(self) -> None:
        """The end of the call is known already."""
        self._ended = None

    def _end(self, error: BaseException | None) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            try:
                ended(error)
            except Exception:
                logging.getLogger("aim").exception("the end of a call could not be recorded")


class WatchedCalls:
    """The functions of a framework whose calls are watched as long as an object lives that needs it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a finalizer may come at any line
        self._owners: weakref.WeakSet[Any] = weakref.WeakSet()
        self._patches = Patches()

    def watch(self, owner: Any, targets: Iterable[Target]) -> None:
        """Watch the calls of the functions at `targets` until `owner`, and every other owner, is gone."""
        with self._lock:
            if owner not in self._owners:
                # before the set takes it: of two callbacks on one death the later one runs first
                weakref.finalize(owner, self._forget).atexit = False
                self._owners.add(owner)
            for target in targets:
                self._patches.add(target, _listen)

    def _forget(self) -> None:
        with self._lock:
            if not self._owners:
                self._patches.undo()


def _listen(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Ended:
    watches: list[CallWatch] = []
    _calls.watches.append(watches)

    def ended(result: Any, error: BaseException | None) -> None:
        try:
            for watch in watches:
                watch._end(error)
        finally:
            _calls.watches.pop()

    return ended
