"""Records what AI software does while it runs, keeps it in an open format, and gives it back.

    >>> import aim
    >>> aim.set_params({"lr": 0.01}, name="hparams")
    >>> aim.track(0.25, name="loss", epoch=0, subset="train")

``aim.keras``, ``aim.tensorflow`` and ``aim.pytorch_lightning`` are the adapters, also after a bare ``import aim``.
Importing this loads the standard library only; what needs numpy, SQLAlchemy or a framework loads on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aim.sdk.recording.default_session import (
    add_note,
    add_record,
    add_tag,
    finish,
    flush,
    log_error,
    log_info,
    log_warning,
    remove_tag,
    session,
    set_note,
    set_params,
    track,
    track_many,
)
from aim.sdk.recording.default_session import set as set  # noqa: A004 - not in __all__: a star import must leave Python's own
from aim.sdk.recording.run import Run
from aim.sdk.recording.session import Session
from aim.version import __version__

if TYPE_CHECKING:
    from aim import keras as keras
    from aim import pytorch_lightning as pytorch_lightning
    from aim import tensorflow as tensorflow
    from aim.sdk.reading.repo import Repo as Repo
    from aim.sdk.recording.objects import Audio as Audio
    from aim.sdk.recording.objects import Distribution as Distribution
    from aim.sdk.recording.objects import Figure as Figure
    from aim.sdk.recording.objects import Image as Image
    from aim.sdk.recording.objects import Text as Text

__all__ = [
    "Repo",
    "Run",
    "Session",
    "__version__",
    "add_note",
    "add_record",
    "add_tag",
    "errors",
    "finish",
    "flush",
    "log_error",
    "log_info",
    "log_warning",
    "remove_tag",
    "session",
    "set_note",
    "set_params",
    "track",
    "track_many",
]

_ADAPTERS = ("keras", "pytorch_lightning", "tensorflow")
"""Of the table of adapters: scripts/sync_adapters.py."""

_LATER = (
    "acme catboost distributed_hugging_face ext fastai hugging_face keras_tuner lightgbm mxnet optuna paddle prophet "
    "pytorch pytorch_ignite sb3 xgboost"
).split()
"""Of Aim 3 and without an adapter so far: aim/compat/to_come.py."""
_OBJECTS = ("Audio", "Distribution", "Figure", "Image", "Text")

_LAZY = {
    "Repo": ("aim.sdk.reading.repo", "Repo"),
    "_in_place_kinds": ("aim.importers._registry", "in_place_kinds"),
    "errors": ("aim.errors", None),
    **{name: (f"aim.{name}", None) for name in (*_ADAPTERS, *_LATER)},
    **{name: ("aim.sdk.recording.objects", name) for name in _OBJECTS},
}


def __getattr__(name: str) -> Any:
    try:
        module_name, attribute = _LAZY[name]
    except KeyError:
        if name.startswith("__"):  # asked for by Python and by tools
            raise AttributeError(f"module 'aim' has no attribute {name!r}") from None
        from aim.sdk.recording.hints import unknown_function

        raise AttributeError(unknown_function(name, __dir__())) from None
    from importlib import import_module

    module = import_module(module_name)
    value = module if attribute is None else getattr(module, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
