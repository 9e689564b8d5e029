"""How a ``fit`` or ``evaluate`` that raises ends: Keras calls ``on_train_end`` at a regular end only.

The method itself must be watched, and from inside: in ``model.fit(x, y, callbacks=[AimCallback()])`` Python has looked
up ``model.fit`` before our callback exists, so that another function in its place would come too late. But both, in
Keras 2 and 3, are wrapped in ``traceback_utils.filter_traceback``, whose closure holds the function to call. That is
what is patched.

Where a future Keras is built otherwise nothing is changed, and a run whose fit raised ends with the process.
"""

from __future__ import annotations

import sys
from itertools import product
from types import CellType, FunctionType
from typing import Any, Final

from aim.integrations._calls import WatchedCalls
from aim.integrations._patch import CellTarget

__all__ = ["watch_calls"]

_NAMESPACES: Final = ("keras", "tf_keras")
_METHODS: Final = ("fit", "evaluate")
_watched: Final = WatchedCalls()


def watch_calls(callback: Any, model: Any = None) -> None:
    """Watch the calls of every Keras that is loaded, as long as `callback` lives.

    Args:
        model: Its class is watched, too.
    """
    kinds = [getattr(sys.modules.get(name), "Model", None) for name in _NAMESPACES]
    cells = [_cell_of(getattr(kind, name, None)) for kind, name in product((*kinds, type(model)), _METHODS)]
    _watched.watch(callback, [CellTarget(cell) for cell in cells if cell is not None])


def _cell_of(method: Any) -> CellType | None:
    """Where Keras's wrapper keeps the function that it calls; None if there is no such wrapper."""
    while isinstance(method, FunctionType):
        if method.__code__.co_filename.endswith("traceback_utils.py"):
            cells = dict(zip(method.__code__.co_freevars, method.__closure__ or (), strict=True))
            return cells.get("fn")
        method = getattr(method, "__wrapped__", None)  # another tool's wrapper
    return None
