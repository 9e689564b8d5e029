"""A callback that every Keras takes, whichever it is, with the base class of those that are loaded.

Keras 3 and Keras 2 (``tf_keras``) have different ``Callback`` classes, and both take any object with the right methods.
So the methods are here, and the frameworks' classes are added where that costs no import: an instance is then what
``isinstance(callback, keras.callbacks.Callback)`` asks for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

__all__ = ["PlainCallback", "with_loaded_bases"]

_F = TypeVar("_F", bound=Callable[..., Any])


def _default(method: _F) -> _F:
    # Both versions of Keras mark the hooks that do nothing so, and call batch hooks that are not marked at a cost.
    method._is_default = True  # type: ignore[attr-defined]  # the mark itself: functions declare no such attribute
    return method


class PlainCallback:
    """What both versions of Keras call on a callback, doing nothing."""

    model: Any
    params: Any

    def __init__(self) -> None:
        self.params = None
        self.set_model(None)

    def set_params(self, params: Any) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self.model = model

    @_default
    def on_batch_begin(self, batch: int, logs: Any = None) -> None: ...

    @_default
    def on_batch_end(self, batch: int, logs: Any = None) -> None: ...

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None: ...

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...

    @_default
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None: ...

    @_default
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None: ...

    @_default
    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None: ...

    @_default
    def on_test_batch_end(self, batch: int, logs: Any = None) -> None: ...

    @_default
    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None: ...

    @_default
    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None: ...

    def on_train_begin(self, logs: Any = None) -> None: ...

    def on_train_end(self, logs: Any = None) -> None: ...

    def on_test_begin(self, logs: Any = None) -> None: ...

    def on_test_end(self, logs: Any = None) -> None: ...

    def on_predict_begin(self, logs: Any = None) -> None: ...

    def on_predict_end(self, logs: Any = None) -> None: ...

    # Keras 2 asks these of every callback.

    def _implements_train_batch_hooks(self) -> bool:
        return not all(
            getattr(getattr(self, name), "_is_default", False)
            for name in ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
        )

    def _implements_test_batch_hooks(self) -> bool:
        return not all(
            getattr(getattr(self, name), "_is_default", False) for name in ("on_test_batch_begin", "on_test_batch_end")
        )

    def _implements_predict_batch_hooks(self) -> bool:
        return not all(
            getattr(getattr(self, name), "_is_default", False)
            for name in ("on_predict_batch_begin", "on_predict_batch_end")
        )


_NAMESPACES: Final = ("keras", "tf_keras")
_classes: dict[tuple[type, ...], type] = {}


def with_loaded_bases(cls: type) -> type:
    """`cls`, with the ``Callback`` of each Keras that is loaded now as a base; imports nothing."""
    bases = [base for base in map(_callback_of, _NAMESPACES) if base is not None and not issubclass(cls, base)]
    if not bases:
        return cls
    key = (cls, *bases)
    if key not in _classes:
        # PlainCallback stays last: where a framework has a method of its own, that one counts
        names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__, "_plain": cls}
        _classes[key] = type(cls.__name__, (cls, *bases, PlainCallback), names)
    return _classes[key]


def _callback_of(namespace: str) -> type | None:
    base = getattr(getattr(sys.modules.get(namespace), "callbacks", None), "Callback", None)
    return base if isinstance(base, type) else None
