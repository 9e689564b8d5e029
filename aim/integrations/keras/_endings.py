"""How a ``fit`` or ``evaluate`` ends that raises: Keras tells callbacks of a regular end only (no ``on_train_end``).

So the method itself must be asked, and from inside: in ``model.fit(x, y, callbacks=[AimCallback()])`` Python has looked
up ``model.fit`` before our callback exists, so that another function in its place would come too late. But both, in
Keras 2 and 3, are wrapped in ``traceback_utils.filter_traceback``, whose closure holds the function to call. While a
callback needs it, that function is one that calls the original and passes on to the callback what it raised: once, with
its arguments, its result and its exceptions untouched, and without a line of ours in tracebacks.

Where a future Keras is built otherwise nothing is changed, and a run whose fit raised ends with the process.
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
import weakref
from collections.abc import Callable
from itertools import product
from types import CellType, FunctionType
from typing import Any, Final

__all__ = ["CallWatch", "forget_calls", "watch_calls"]

_NAMESPACES: Final = ("keras", "tf_keras")
_METHODS: Final = ("fit", "evaluate")
_lock = threading.RLock()
_callbacks: weakref.WeakSet[Any] = weakref.WeakSet()
_patched: list[tuple[CellType, Callable[..., Any]]] = []
"""Cells and what they held."""


class _Calls(threading.local):
    """The calls that this thread is in, each with those who watch it, the innermost last."""

    def __init__(self) -> None:
        self.watched: list[list[CallWatch]] = []


_calls = _Calls()


class CallWatch:
    """Calls `ended` with what left the call that this thread is in, unless it is cancelled before."""

    def __init__(self, ended: Callable[[BaseException | None], None]) -> None:
        self._ended: Callable[[BaseException | None], None] | None = ended
        if _calls.watched:
            _calls.watched[-1].append(self)

    @property
    def is_of_this_call(self) -> bool:
        """Whether the call that it watches is the innermost one of this thread."""
        return bool(_calls.watched) and self in _calls.watched[-1]

    def cancel(self) -> None:
        """The end of the call was told."""
        self._ended = None

    def left(self, error: BaseException | None) -> None:
        """The call is over."""
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(error)


def watch_calls(callback: Any, model: Any = None) -> None:
    """Have every Keras that is loaded tell how its calls end, as long as `callback` lives.

    Args:
        model: Also the Keras that this one is of.
    """
    kinds = [getattr(sys.modules.get(name), "Model", None) for name in _NAMESPACES]
    with _lock:
        if callback not in _callbacks:
            # before the set takes it: what is told last of its death is told when it has left the set
            weakref.finalize(callback, forget_calls).atexit = False
            _callbacks.add(callback)
        for kind, name in product((*kinds, type(model)), _METHODS):
            cell = _cell_of(getattr(kind, name, None))
            if cell is not None and all(cell is not patched for patched, _ in _patched):
                _patched.append((cell, cell.cell_contents))
                cell.cell_contents = _telling(cell.cell_contents)


def forget_calls() -> None:
    """Put back what was there, if no callback is left that needs to know."""
    with _lock:
        while _patched and not _callbacks:
            cell, original = _patched.pop()
            cell.cell_contents = original


def _cell_of(method: Any) -> CellType | None:
    """Where Keras's wrapper keeps the function that it calls; None if there is no such wrapper."""
    while isinstance(method, FunctionType):
        if method.__code__.co_filename.endswith("traceback_utils.py"):
            cells = dict(zip(method.__code__.co_freevars, method.__closure__ or (), strict=True))
            return cells.get("fn")
        method = getattr(method, "__wrapped__", None)  # another tool's wrapper
    return None


def _telling(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def telling(*args: Any, **kwargs: Any) -> Any:
        watches: list[CallWatch] = []
        _calls.watched.append(watches)
        try:
            result = method(*args, **kwargs)
        except BaseException as error:
            _tell(watches, error)
            if error.__traceback__ is not None:
                error.__traceback__ = error.__traceback__.tb_next  # but for this frame
            raise
        finally:
            _calls.watched.pop()
        _tell(watches, None)
        return result

    return telling


def _tell(watches: list[CallWatch], error: BaseException | None) -> None:
    for watch in watches:
        try:
            watch.left(error)
        except Exception:  # not in the place of what the call raised, nor of its result
            logging.getLogger("aim").exception("the end of a call could not be recorded")
