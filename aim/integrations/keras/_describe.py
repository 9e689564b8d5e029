"""The configuration of a training, as params, and the current learning rate. Reads the model; imports no Keras."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from types import FrameType
from typing import Any, Final

__all__ = [
    "frame_of_fit",
    "hparams_of",
    "iterations_of",
    "learning_rate_of",
    "parameters_of",
    "steps_an_execution_of",
]

_ARGUMENTS_OF_FIT: Final = ("initial_epoch", "steps_per_epoch", "validation_split")


def frame_of_fit() -> FrameType | None:
    """The frame of Keras's ``fit`` that calls us, None where something else calls the callbacks."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not (frame.f_code.co_name == "fit" and "callbacks" in frame.f_code.co_varnames):
        frame = frame.f_back
    return frame


def hparams_of(model: Any, params: Mapping[str, Any], frame: FrameType | None) -> dict[str, Any]:
    """Compile configuration and the arguments of fit.

    Args:
        model: Compiled.
        params: What Keras gives to callbacks: epochs, and steps per epoch if known.
        frame: Of the fit, for what Keras does not give to callbacks; None if there is none.
    """
    optimizer = _optimizer_config(model)
    rate, inner = optimizer.pop("learning_rate", None), optimizer.get("inner_optimizer")
    if rate is None and isinstance(inner, Mapping):  # mixed_float16 wraps the optimizer in one that scales the loss
        rate = inner.get("learning_rate")
    described = {
        "model": type(_unwrapped(model)).__name__,
        "model_name": str(getattr(model, "name", "") or ""),
        "optimizer": _class_name(getattr(_unwrapped(model), "optimizer", None)),
        "learning_rate": rate,
        "optimizer_config": optimizer,
        "loss": _loss_name(getattr(_unwrapped(model), "loss", None)),
        "compile": _compile_config(model),
        "epochs": params.get("epochs"),
        "steps_per_epoch": params.get("steps"),
        "framework": _framework(model),
    }
    if frame is not None:
        arguments = frame.f_locals
        for name in _ARGUMENTS_OF_FIT:
            if isinstance(arguments.get(name), (int, float)):
                described[name] = arguments[name]
        described["batch_size"] = _batch_size(arguments)
    return {key: value for key, value in described.items() if value not in (None, {}, "")}


def parameters_of(model: Any) -> dict[str, int] | None:
    """How many numbers the model holds, and trains; None before it is built."""
    model = _unwrapped(model)
    if not getattr(model, "built", True):
        return None
    try:
        weights, trainable = list(model.weights), list(model.trainable_weights)
    except (ValueError, AttributeError):  # Keras 2, of layers that are not built
        return None
    return {"parameters": sum(map(_size, weights)), "trainable_parameters": sum(map(_size, trainable))}


def learning_rate_of(model: Any) -> float | None:
    """The current learning rate, be it a number, a variable or a schedule; None without an optimizer."""
    optimizer: Any = getattr(_unwrapped(model), "optimizer", None)
    rate = getattr(optimizer, "learning_rate", None)
    if callable(rate):  # the schedule itself: Keras 2's legacy optimizers
        rate = rate(optimizer.iterations)
    return None if rate is None else _number(rate)


def iterations_of(model: Any) -> int:
    """How many steps the optimizer has made, 0 if unknown."""
    iterations = getattr(getattr(_unwrapped(model), "optimizer", None), "iterations", None)
    return 0 if iterations is None else int(_number(iterations))


def steps_an_execution_of(model: Any) -> int:
    """``steps_per_execution`` of Keras 3; 1 for Keras 2, which has it elsewhere."""
    steps = getattr(_unwrapped(model), "steps_per_execution", 1)
    return steps if isinstance(steps, int) else 1


def _number(value: Any) -> float:
    import numpy as np

    # float() raises for a variable that MirroredStrategy keeps on several devices; each Keras knows one of these two.
    try:
        return float(np.asarray(value))
    except Exception:
        return float(value.numpy())


def _size(weight: Any) -> int:
    size = 1
    for length in weight.shape:
        size *= int(length)
    return size


def _unwrapped(model: Any) -> Any:
    """The Keras model in torch's DistributedDataParallel."""
    inner = getattr(model, "module", None)
    return inner if inner is not None and type(model).__name__ == "DistributedDataParallel" else model


def _class_name(thing: Any) -> str | None:
    return None if thing is None else type(thing).__name__


def _loss_name(loss: Any) -> Any:
    if loss is None or isinstance(loss, str):
        return loss
    if isinstance(loss, Mapping):
        return {str(key): _loss_name(item) for key, item in loss.items()}
    if isinstance(loss, (list, tuple)):
        return [_loss_name(item) for item in loss]
    return getattr(loss, "__name__", None) or type(loss).__name__


def _compile_config(model: Any) -> dict[str, Any]:
    """Loss, metrics and the other arguments of ``compile``, except the optimizer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns that a lambda could not be loaded again: it never is
        try:
            config = _unwrapped(model).get_compile_config() or {}
            return {k: _simple(v) for k, v in config.items() if k != "optimizer" and v is not None}
        except Exception:  # a loss or a metric of the user's that cannot describe itself
            return {}


def _optimizer_config(model: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            config = _unwrapped(model).optimizer.get_config()
            return {k: _simple(v) for k, v in config.items() if k != "name" and v is not None}
        except Exception:  # no optimizer, or the user's own that cannot describe itself
            return {}


_CONTAINERS: Final = ("__tuple__", "__list__", "__dict__")
_MODELS_ONLY: Final = ("module", "registered_name", "build_config", "shared_object_id", "dtype")


def _simple(node: Any) -> Any:
    """Keras's serialized objects without what only loading needs: a name, or a dict of the name and its settings."""
    if isinstance(node, (list, tuple)):
        return [_simple(item) for item in node]
    if not isinstance(node, Mapping):
        return _short_float(node)
    name, config = node.get("class_name"), node.get("config")
    if not isinstance(name, str):
        return {str(key): _simple(item) for key, item in node.items()}
    if name in _CONTAINERS:
        return _simple(node.get("items", config))
    if name == "__lambda__":
        return "<lambda>"
    if isinstance(config, str):  # a function
        return config
    if not isinstance(config, Mapping):
        return name
    settings = {k: _simple(v) for k, v in config.items() if k not in ("name", *_MODELS_ONLY)}
    return {"name": name, **settings} if settings else name


def _short_float(value: Any) -> Any:
    """A float32 in its shortest form: 0.001 for 0.0010000000474974513, so that a query finds it."""
    import numpy as np

    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and float(np.float32(value)) == value:
        return float(str(np.float32(value)))
    return value


def _batch_size(arguments: Mapping[str, Any]) -> int | None:
    """From the data that fit iterates over: 32 for arrays without a given size, the size of a dataset's batches."""
    iterator = arguments.get("epoch_iterator") or arguments.get("data_handler")
    adapter: Any = getattr(iterator, "data_adapter", None) or getattr(iterator, "_adapter", None)
    try:
        size = adapter.batch_size
        size = size() if callable(size) else size
        size = arguments.get("batch_size") if size is None else size
        return None if size is None else int(size)
    except Exception:  # an unknown data adapter, or the user's own
        return None


def _framework(model: Any) -> dict[str, Any]:
    package = next(
        (kind.__module__.partition(".")[0] for kind in type(_unwrapped(model)).__mro__ if _is_of_keras(kind)), "keras"
    )
    module: Any = sys.modules.get(package)
    described = {"name": package, "version": str(getattr(module, "__version__", "") or "")}
    try:
        described["backend"] = str(module.backend.backend())
    except Exception:  # a Keras built otherwise: its name and version are enough
        pass
    return described


def _is_of_keras(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("keras", "tf_keras")
