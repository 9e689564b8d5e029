"""AimLogger is a ``Logger`` of whichever namespace of Lightning a script uses; none is imported that it does not.

``lightning`` and ``pytorch_lightning`` hold two separate copies of everything. A logger made while a namespace is
loaded gets its class as a real base, so that what a later Lightning adds to it is there; a namespace that is imported
later has the class registered. Both are needed: ``aim`` sorts before ``lightning`` among the imports of a script.
"""

from __future__ import annotations

import sys
import types
from typing import Any, Final

import wrapt

__all__ = ["WithLoadedBases", "register_with_later_imports"]

_FAMILIES: Final = (
    ("pytorch_lightning.loggers.logger", "lightning_fabric.loggers.logger"),
    ("lightning.pytorch.loggers.logger", "lightning.fabric.loggers.logger"),
)
"""Modules that define a ``Logger``, the derived one first."""

_made: dict[tuple[type, tuple[type, ...]], type] = {}


def _loaded_bases() -> tuple[type, ...]:
    found: list[type] = []
    for family in _FAMILIES:
        for name in family:
            base = getattr(sys.modules.get(name), "Logger", None)
            if isinstance(base, type):
                found.append(base)
                break
    return tuple(found)


class WithLoadedBases:
    """An object of a subclass is one of :func:`_real_class`.

    A class of its own: LightningCLI takes a class's arguments from a ``__new__`` of it rather than from ``__init__``.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return object.__new__(_real_class(cls))


def _real_class(cls: type) -> type:
    """`cls` with the loggers of the namespaces that are loaded as further bases."""
    missing = tuple(base for base in _loaded_bases() if base not in cls.__mro__)
    if not missing:
        return cls
    key = (cls, missing)
    if key not in _made:
        names = {
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
            "_made_of": cls,
        }
        _made[key] = types.new_class(cls.__name__, (cls, *missing), {}, lambda namespace: namespace.update(names))
    return _made[key]


def register_with_later_imports(cls: type) -> None:
    """Make `cls` a virtual subclass of every ``Logger``, of a namespace not loaded yet when it gets loaded."""

    def register(module: Any) -> None:
        module.Logger.register(cls)

    for family in _FAMILIES:
        for name in family:
            wrapt.register_post_import_hook(register, name)
