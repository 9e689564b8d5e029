"""Giving up in the middle of a question: SQL statements and long loops of this thread end when whoever asked has gone.

What such a question costs is counted for its thread: the time of a processor (:func:`spent_s`), and the size of what
was taken into its answer (:func:`taken_bytes`) or made for a condition (:func:`built_bytes`), so that `check` can set
a limit.

While a thread is inside :func:`interruptible`, the statement that it waits for asks `check` now and then whether to go
on (:meth:`aim.index.sql.dialect.Dialect.interrupt_when`); loops in Python call :func:`checkpoint`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Engine

from aim.index.sql.dialect import Dialect

__all__ = [
    "building",
    "built_bytes",
    "checkpoint",
    "interruptible",
    "is_uncounted",
    "make_interruptible",
    "spent_s",
    "take_in",
    "taken_bytes",
    "uncounted",
]

Check = Callable[[], None]

_of_thread = threading.local()


class _Building(threading.local):
    """What this thread's question does inside one row (:mod:`aim.query.language.effort`)."""

    units = 0
    """Of work since the last check."""
    built_bytes = 0
    """Of the lists and strings made for the condition that is being decided."""


building: Final = _Building()


@contextmanager
def interruptible(check: Check) -> Iterator[None]:
    """Within, what this thread asks of an index ends with the exception that `check` raises.

    Args:
        check: Called often; it raises when nobody waits for the answer any longer.
    """
    raised: list[Exception] = []

    def stop() -> bool:
        try:
            check()
        except Exception as error:  # the driver would only say that it was interrupted
            raised.append(error)
        return bool(raised)

    before = _current()
    _of_thread.current = (check, stop)
    building.built_bytes = 0
    try:
        yield
    except Exception:
        if raised:
            raise raised[0] from None
        raise
    finally:
        _of_thread.current = before


def checkpoint() -> None:
    """For loops over many rows: raises what the `check` of :func:`interruptible` raises; costs next to nothing."""
    current = _current()
    if current is not None:
        current[0]()


@contextmanager
def uncounted() -> Iterator[None]:
    """Within, this thread works for all (it brings the index up to date): that is not a cost of its question."""
    depth = getattr(_of_thread, "uncounted_depth", 0)
    begin = time.thread_time()
    _of_thread.uncounted_depth = depth + 1
    try:
        yield
    finally:
        _of_thread.uncounted_depth = depth
        if not depth:
            _of_thread.uncounted_s = getattr(_of_thread, "uncounted_s", 0.0) + time.thread_time() - begin


def is_uncounted() -> bool:
    """Whether this thread is inside :func:`uncounted`, where it may hold locks that others wait for."""
    return getattr(_of_thread, "uncounted_depth", 0) > 0


def spent_s() -> float:
    """Seconds of a processor that this thread took so far, without what was uncounted."""
    return time.thread_time() - float(getattr(_of_thread, "uncounted_s", 0.0))


def take_in(size_bytes: int) -> None:
    """Count `size_bytes` as part of the answer that this thread puts together."""
    _of_thread.taken_bytes = taken_bytes() + size_bytes


def taken_bytes() -> int:
    """How much this thread took into answers so far."""
    return int(getattr(_of_thread, "taken_bytes", 0))


def built_bytes() -> int:
    """How much memory what was made for the condition that this thread decides takes, about."""
    return building.built_bytes


def make_interruptible(engine: Engine, dialect: Dialect) -> None:
    """Make connections of this engine heed :func:`interruptible`."""

    def taken(connection: Any, *_: Any) -> None:
        current = _current()
        if current is not None:
            dialect.interrupt_when(connection, current[1])

    def given_back(connection: Any, *_: Any) -> None:
        if connection is not None:
            dialect.interrupt_when(connection, None)

    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", given_back)


def _current() -> tuple[Check, Callable[[], bool]] | None:
    return getattr(_of_thread, "current", None)
