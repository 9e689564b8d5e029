"""A callback that every Keras takes, whichever it is, with the base class of those that are loaded.

Keras 3 and Keras 2 (``tf_keras``) have different ``Callback`` classes, and both take any object with the right methods.
So the methods are here, and the ``Callback`` of each Keras that is loaded is a further base.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from aim.integrations._bases import FrameworkBases

__all__ = ["PlainCallback"]

_BASES: Final = FrameworkBases(("keras:callbacks.Callback",), ("tf_keras:callbacks.Callback",))

_F = TypeVar("_F", bound=Callable[..., Any])


def _default(method: _F) -> _F:
    # Both versions of Keras mark hooks that do nothing like this; calling a batch hook without the mark costs time.
    method._is_default = True  # type: ignore[attr-defined]  # the mark itself: functions declare no such attribute
    return method


class PlainCallback:
    """Every method that the two versions of Keras call on a callback; they do nothing."""

    model: Any
    params: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return object.__new__(_BASES.subclass(cls, last=(PlainCallback,)))

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

    # Keras 2 calls these on every callback.

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
