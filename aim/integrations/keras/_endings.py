"""How a ``fit`` ends that raises: Keras tells callbacks of a regular end only (no ``on_train_end``).

So ``fit`` itself must be asked, and from inside: in ``model.fit(x, y, callbacks=[AimCallback()])`` Python has looked up
``model.fit`` before our callback exists, so that another function in its place would come too late. But every ``fit``
of Keras, 2 and 3, is wrapped in ``traceback_utils.filter_traceback``, whose closure holds the function to call. While a
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
from types import CellType, FunctionType
from typing import Any, Final

__all__ = ["FitWatch", "forget_fits", "watch_fits"]

_NAMESPACES: Final = ("keras", "tf_keras")
_lock = threading.RLock()
_callbacks: weakref.WeakSet[Any] = weakref.WeakSet()
_patched: list[tuple[CellType, Callable[..., Any]]] = []
"""Cells and what they held."""


class _Fits(threading.local):
    """The fits that this thread is in, each with those who watch it, the innermost last."""

    def __init__(self) -> None:
        self.watched: list[list[FitWatch]] = []


_fits = _Fits()


class FitWatch:
    """Calls `ended` with what left the fit that this thread is in, unless it is cancelled before."""

    def __init__(self, ended: Callable[[BaseException | None], None]) -> None:
        self._ended: Callable[[BaseException | None], None] | None = ended
        if _fits.watched:
            _fits.watched[-1].append(self)

    def cancel(self) -> None:
        """The end of the fit was told."""
        self._ended = None

    def left(self, error: BaseException | None) -> None:
        """The fit is over."""
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(error)


def watch_fits(callback: Any, model: Any = None) -> None:
    """Have every Keras that is loaded tell how its fits end, as long as `callback` lives.

    Args:
        model: Also the Keras that this one is of.
    """
    kinds = [getattr(sys.modules.get(name), "Model", None) for name in _NAMESPACES]
    with _lock:
        if callback not in _callbacks:
            # before the set takes it: what is told last of its death is told when it has left the set
            weakref.finalize(callback, forget_fits).atexit = False
            _callbacks.add(callback)
        for kind in (*kinds, type(model)):
            cell = _cell_of(getattr(kind, "fit", None))
            if cell is not None and all(cell is not patched for patched, _ in _patched):
                _patched.append((cell, cell.cell_contents))
                cell.cell_contents = _telling(cell.cell_contents)


def forget_fits() -> None:
    """Put back what was there, if no callback is left that needs to know."""
    with _lock:
        while _patched and not _callbacks:
            cell, original = _patched.pop()
            cell.cell_contents = original


def _cell_of(fit: Any) -> CellType | None:
    """Where Keras's wrapper keeps the function that it calls; None if there is no such wrapper."""
    while isinstance(fit, FunctionType):
        if fit.__module__.endswith(".traceback_utils") or fit.__code__.co_filename.endswith("traceback_utils.py"):
            cells = dict(zip(fit.__code__.co_freevars, fit.__closure__ or (), strict=True))
            return cells.get("fn")
        fit = getattr(fit, "__wrapped__", None)  # another tool's wrapper
    return None


def _telling(fit: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fit)
    def telling_fit(*args: Any, **kwargs: Any) -> Any:
        watches: list[FitWatch] = []
        _fits.watched.append(watches)
        try:
            result = fit(*args, **kwargs)
        except BaseException as error:
            _tell(watches, error)
            if error.__traceback__ is not None:
                error.__traceback__ = error.__traceback__.tb_next  # but for this frame
            raise
        finally:
            _fits.watched.pop()
        _tell(watches, None)
        return result

    return telling_fit


def _tell(watches: list[FitWatch], error: BaseException | None) -> None:
    for watch in watches:
        try:
            watch.left(error)
        except Exception:  # not in the place of what the fit raised, nor of its result
            logging.getLogger("aim").exception("the end of a fit could not be recorded")
