"""Classes of ours whose base is the framework's, which is not imported for it.

A script may use one of several frameworks with a class each for what we offer as one (``keras`` and ``tf_keras``,
``lightning`` and ``pytorch_lightning``), and it may import it after ``aim``. So an object gets, when it is made, a
class with the classes of the loaded frameworks as further bases: what a later version of one adds to its class is
there, and ``isinstance`` says what users expect.
"""

from __future__ import annotations

import sys
import types
from typing import Any

__all__ = ["FrameworkBases", "class_of_ours"]


class FrameworkBases:
    """The classes that an adapter's class stands in for.

    Args:
        families: One for each framework: the places of its class, as "module:attribute". The first that is loaded
            counts, so a class comes before those that it is derived from.
    """

    def __init__(self, *families: tuple[str, ...]) -> None:
        self._families = families
        self._made: dict[tuple[type, ...], type] = {}

    def loaded(self) -> tuple[type, ...]:
        """The classes of the frameworks that are loaded now."""
        found = (next(filter(None, map(_class_at, family)), None) for family in self._families)
        return tuple(base for base in found if base is not None)

    def subclass(self, cls: type, *, last: tuple[type, ...] = ()) -> type:
        """`cls` with the loaded classes as further bases; `cls` itself where it has them all. Imports nothing.

        Args:
            last: Bases of `cls` whose methods count only where the framework's class has none.
        """
        missing = tuple(base for base in self.loaded() if base not in cls.__mro__)
        if not missing:
            return cls
        key = (cls, *missing)
        if key not in self._made:
            names = {
                "__module__": cls.__module__,
                "__qualname__": cls.__qualname__,
                "__doc__": cls.__doc__,
                "_class_of_ours": cls,
            }
            self._made[key] = types.new_class(cls.__name__, (*key, *last), {}, lambda space: space.update(names))
        return self._made[key]

    def register(self, cls: type) -> None:
        """Make `cls` a virtual subclass of each class, of one that is not loaded yet when it gets loaded.

        For abstract base classes only.
        """
        import wrapt  # 0.1 s, not for who only imports the adapter of a framework without such classes

        for place in (place for family in self._families for place in family):
            wrapt.register_post_import_hook(_Registration(cls, place), place.partition(":")[0])


class _Registration:
    """A post-import hook. It must not raise: the user's import would fail."""

    def __init__(self, cls: type, place: str) -> None:
        self._cls, self._place = cls, place

    def __call__(self, module: Any) -> None:
        register = getattr(_class_at(self._place), "register", None)
        if register is not None:
            register(self._cls)


def _class_at(place: str) -> type | None:
    module, _, path = place.partition(":")
    found: Any = sys.modules.get(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    return found if isinstance(found, type) else None


def class_of_ours(kind: type) -> type:
    """The class that :meth:`FrameworkBases.subclass` was given, for pickling: the made one is found by no name."""
    ours: type = vars(kind).get("_class_of_ours", kind)
    return ours
