"""Giving up in the middle of a question: SQL statements and long loops of this thread end when whoever asked has gone.

A statement of SQLite cannot be left from outside, but it asks now and then whether it shall go on. While a thread is
inside :func:`interruptible`, each connection it reads with asks `check`; loops in Python call :func:`checkpoint`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

__all__ = ["checkpoint", "interruptible", "make_interruptible"]

Check = Callable[[], None]

INSTRUCTIONS: Final = 20_000
"""Of SQLite's machine between two looks: about a millisecond."""

_of_thread = threading.local()


@contextmanager
def interruptible(check: Check) -> Iterator[None]:
    """Within, what this thread asks of an index ends with the exception that `check` raises.

    Args:
        check: Called often; it raises when nobody waits for the answer any more.
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
    try:
        yield
    except (OperationalError, sqlite3.OperationalError):
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


def make_interruptible(engine: Engine) -> None:
    """Connections of this engine heed :func:`interruptible`; those of SQLite only."""

    def taken(connection: Any, *_: Any) -> None:
        current = _current()
        if current is not None:
            connection.set_progress_handler(current[1], INSTRUCTIONS)

    def given_back(connection: Any, *_: Any) -> None:
        if connection is not None:
            connection.set_progress_handler(None, 0)

    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", given_back)


def _current() -> tuple[Check, Callable[[], bool]] | None:
    return getattr(_of_thread, "current", None)
