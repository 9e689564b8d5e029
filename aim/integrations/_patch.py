"""Patches: hear the calls of a function that belongs to a framework, and put it back afterwards.

A patch is a plain function around the original, made with ``functools.wraps``, and not a ``wrapt.FunctionWrapper``:
that one cannot be pickled or copied (joblib does both with bound methods), breaks ``torch.compile`` where it traces a
wrapped module function, and costs several times as much a call.

What holds for every patched function:

- The original is called exactly once, with the very objects that came in; its result and its exceptions pass
  unchanged, and tracebacks have no line of this file.
- Name, signature and docstring are kept. It can be pickled, and is a mere pass-through in another process.
- What a listener raises is contained. A call that a listener makes itself is not heard.
- Listening twice is listening once. Patching and undoing are safe from any thread.
- Undoing silences the patch at once and puts the original back. Where another tool has patched over it the patch
  cannot be taken out: it stays below as a pass-through, and is taken out when it is on top again.
"""

from __future__ import annotations

import functools
import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CellType
from typing import Any, Final, Protocol, TypeAlias

__all__ = ["AttributeTarget", "CellTarget", "Ended", "Listener", "Patches", "Target"]

Ended: TypeAlias = Callable[[Any, BaseException | None], None]
"""Called once when a call is over, with its result and None, or with None and what it raised."""

Listener: TypeAlias = Callable[[tuple[Any, ...], Mapping[str, Any]], Ended | None]
"""Called before the original, with the arguments of the call (``self`` is the first of a method's); what it returns is
called when the call is over."""


class Target(Protocol):
    """A place that holds a function. Equal targets are the same place."""

    def read(self) -> Any:
        """What is there now; None if there is nothing to patch."""

    def write(self, value: Any) -> None:
        """Put something there."""

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class AttributeTarget:
    """A function of a module, or a method that a class defines itself: an inherited one is patched where it is defined.

    Attributes:
        owner: The class or module.
        name: Of the attribute.
    """

    owner: Any
    name: str

    def read(self) -> Any:
        return vars(self.owner).get(self.name)

    def write(self, value: Any) -> None:
        setattr(self.owner, self.name, value)


@dataclass(frozen=True, eq=False)
class CellTarget:
    """A function that another one holds in its closure, where the attribute is read before we can patch it.

    Attributes:
        cell: Of the closure.
    """

    cell: CellType

    def read(self) -> Any:
        return self.cell.cell_contents

    def write(self, value: Any) -> None:
        self.cell.cell_contents = value

    # Cells compare by their contents.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, CellTarget) and other.cell is self.cell

    def __hash__(self) -> int:
        return id(self.cell)


class _Patch:
    """One patched place: whatever listens there shares it."""

    __slots__ = ("function", "installed", "listeners", "original", "target", "wrapper")

    def __init__(self, target: Target | None, original: Any, function: Callable[..., Any]) -> None:
        self.target = target
        self.original = original
        """What was there: the function, or a classmethod or staticmethod of it."""
        self.function = function
        self.listeners: tuple[tuple[Patches, Listener], ...] = ()
        """Replaced as a whole, so that a call sees one state of it."""
        self.wrapper = _wrapper_of(self)
        self.installed: Any = self.wrapper if original is function else type(original)(self.wrapper)
        """What is there now."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _Patch, (None, self.function, self.function)

    @property
    def is_on_top(self) -> bool:
        return self.target is not None and self.target.read() is self.installed

    @property
    def is_reachable(self) -> bool:
        """Whether what is there now is ours, or says that it wraps ours."""
        seen = self.target.read() if self.target is not None else None
        while seen is not None and seen is not self.installed and seen is not self.wrapper:
            seen = getattr(seen, "__wrapped__", None)
        return seen is not None


_lock = threading.RLock()
_patches: dict[Target, _Patch] = {}
_log = logging.getLogger("aim")


class _Thread(threading.local):
    is_listening = False
    """Whether a listener is at work in this thread."""


_thread = _Thread()


class Patches:
    """The patches of one user of this module, undone together.

    Args:
        contain: Told what a listener raised; what it raises itself (in strict mode) is raised into the call. None: it
            is logged.
    """

    def __init__(self, contain: Callable[[Exception], None] | None = None) -> None:
        self.contain: Final = contain or _log_failure
        self._added: list[tuple[Target, Listener]] = []

    def add(self, target: Target, listener: Listener) -> bool:
        """Have `listener` hear the calls of the function at `target`, until :meth:`undo`.

        Returns:
            Whether it does. False where there is no plain Python function: nothing, a built-in, one that is
            asynchronous or a generator (their calls end before their work does).
        """
        with _lock:
            _take_out_silent_patches()
            if (target, listener) in self._added and _patches[target].is_reachable:
                return True
            patch = _patch_at(target)
            if patch is None:
                return False
            if (target, listener) not in self._added:
                self._added.append((target, listener))
                patch.listeners += ((self, listener),)
            return True

    def undo(self) -> None:
        """Hear nothing more, and put back what was there."""
        with _lock:
            for target, _ in self._added:
                patch = _patches[target]
                patch.listeners = tuple(pair for pair in patch.listeners if pair[0] is not self)
            self._added.clear()
            _take_out_silent_patches()


def _patch_at(target: Target) -> _Patch | None:
    """The patch of a place, made or made again if another tool has removed it."""
    before = _patches.get(target)
    if before is not None and before.is_reachable:
        return before
    original = target.read()
    function = original.__func__ if isinstance(original, (classmethod, staticmethod)) else original
    if not inspect.isfunction(function) or _is_deferred(function):
        return None
    patch = _Patch(target, original, function)
    try:
        target.write(patch.installed)
    except (AttributeError, TypeError):  # of a class that takes no attributes
        return None
    if before is not None:  # silent from now on, should another tool still call it
        patch.listeners, before.listeners = before.listeners, ()
    _patches[target] = patch
    return patch


def _is_deferred(function: Any) -> bool:
    return (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    )


def _take_out_silent_patches() -> None:
    for target, patch in list(_patches.items()):
        if patch.listeners:
            continue
        if patch.is_on_top:
            target.write(patch.original)
            del _patches[target]
        elif not patch.is_reachable:
            del _patches[target]


def _wrapper_of(patch: _Patch) -> Callable[..., Any]:
    # It names nothing but importable functions of this module: cloudpickle takes the class of a script by value.
    @functools.wraps(patch.function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return _call(patch, args, kwargs)
        except BaseException as error:
            _drop_own_frames(error)
            raise

    return wrapper


def _call(patch: _Patch, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    listeners = patch.listeners
    if not listeners or _thread.is_listening:
        return patch.function(*args, **kwargs)
    waiting = _begin(listeners, args, kwargs)
    try:
        result = patch.function(*args, **kwargs)
    except BaseException as error:
        _end(waiting, None, error)
        raise
    _end(waiting, result, None)
    return result


def _begin(
    listeners: tuple[tuple[Patches, Listener], ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[tuple[Patches, Ended]]:
    waiting: list[tuple[Patches, Ended]] = []
    _thread.is_listening = True
    try:
        for patches, listener in listeners:
            try:
                ended = listener(args, kwargs)
            except Exception as error:
                patches.contain(error)
            else:
                if ended is not None:
                    waiting.append((patches, ended))
    finally:
        _thread.is_listening = False
    return waiting


def _end(waiting: list[tuple[Patches, Ended]], result: Any, error: BaseException | None) -> None:
    _thread.is_listening = True
    try:
        for patches, ended in reversed(waiting):
            try:
                ended(result, error)
            except Exception as own_error:
                # Not in the place of what the call raised.
                (patches.contain if error is None else _log_failure)(own_error)
    finally:
        _thread.is_listening = False


def _log_failure(error: Exception) -> None:
    _log.error("a call could not be recorded", exc_info=error)


def _drop_own_frames(error: BaseException) -> None:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    if traceback is not None:
        error.__traceback__ = traceback
