"""The seam between the index and a database system: everything that differs from one to the next, in one Protocol.

:mod:`aim.index.sql.sqlite` implements it, and is the only module that knows a driver. All other SQL of the index is
common to SQLite and PostgreSQL. What an implementation for PostgreSQL has to provide is listed here: a connection
that takes ``?`` for parameters, ``insert ... returning id``, ``least`` and ``greatest``, an advisory lock for
:meth:`Dialect.begin_writing`, a read-only repeatable-read transaction for :meth:`Dialect.begin_reading`, cancelling of
a statement, and what its errors mean. A "path" names a database: the file of SQLite; a schema elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Engine

__all__ = ["Dialect", "DriverConnection", "DriverCursor", "fetch_all", "insert_sql"]


class DriverCursor(Protocol):
    """What a driver returns for a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement changed."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows."""
        ...


class DriverConnection(Protocol):
    """A driver's own connection, without SQLAlchemy, which costs more than many small statements do.

    Parameters are marked by ``?``; a driver with other marks is wrapped by its dialect.
    """

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> DriverCursor:
        """Run a statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> DriverCursor:
        """Run a statement for each row of parameters."""
        ...

    def commit(self) -> None:
        """End the transaction; others see it."""
        ...

    def rollback(self) -> None:
        """End the transaction as if it had not been."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Dialect(Protocol):
    """One database system."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises, and SQLAlchemy for it; the base classes."""
        ...

    @property
    def file_suffix(self) -> str:
        """How the name of a database ends."""
        ...

    @property
    def true(self) -> str:
        """What a boolean column is compared with by IS, as SQLAlchemy writes it too: partial indexes match by text."""
        ...

    # databases

    def create(self, path: str, *, schema_version: int) -> None:
        """Make a database with the empty tables of :mod:`aim.index.sql.tables`, which knows its version."""
        ...

    def copy(self, source: str, root: str, path: str, *, schema_version: int) -> bool:
        """Make a database that holds what is committed in another one; False: that one cannot be read."""
        ...

    def is_usable(self, root: str, path: str, *, schema_version: int, wait_s: float) -> bool:
        """Whether there is a database of this version that is our own, as far as that can be seen at no cost.

        Raises:
            Exception: one of :attr:`errors`.
        """
        ...

    def remove(self, root: str, path: str) -> None:
        """Remove a database, if it is there."""
        ...

    def size_bytes(self, root: str, path: str) -> int:
        """How much disk a database takes."""
        ...

    def describe_holder(self, path: str) -> str:
        """In words, the process that keeps others from writing to a database."""
        ...

    # connections

    def connect_writer(self, path: str, *, wait_s: float) -> DriverConnection:
        """A connection for writing, which waits up to `wait_s` seconds for another process."""
        ...

    def reading_engine(self, path: str, *, wait_s: float) -> Engine:
        """SQLAlchemy's engine for reading; each statement sees the last committed state (autocommit)."""
        ...

    def begin_writing(self, connection: DriverConnection) -> None:
        """Begin a transaction beside which no other writes: ids may be counted by reading and adding."""
        ...

    def begin_reading(self, connection: DriverConnection) -> None:
        """Begin a transaction that sees one unchanging state."""
        ...

    def change_mark(self, connection: DriverConnection) -> object:
        """A value that changes whenever another connection commits."""
        ...

    def interrupt_when(self, connection: Any, should_stop: Callable[[], bool] | None) -> None:
        """While a statement runs, ask now and then whether to stop it; None: ask no more."""
        ...

    # statements

    def insert_returning_id(
        self, connection: DriverConnection, table: str, columns: Sequence[str], row: Sequence[Any]
    ) -> int:
        """Insert a row whose id the database chooses."""
        ...

    def least(self, one: str, other: str) -> str:
        """The lower of two expressions that are not NULL."""
        ...

    def greatest(self, one: str, other: str) -> str:
        """The higher of two expressions that are not NULL."""
        ...

    # what errors mean

    def is_busy(self, error: BaseException) -> bool:
        """Whether another process held the database for too long."""
        ...

    def is_damage(self, error: BaseException) -> bool:
        """Whether the database cannot be used any more."""
        ...

    def is_conflict(self, error: BaseException) -> bool:
        """Whether a row is there already."""
        ...

    def is_unstorable(self, error: BaseException) -> bool:
        """Whether a value was refused, rather than that something is wrong with the database."""
        ...

    def is_too_large(self, error: BaseException) -> bool:
        """Whether a statement is beyond what the database parses."""
        ...


def fetch_all(connection: DriverConnection, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """All rows of a query at once: a cursor left open would keep the database from being tidied up."""
    return connection.execute(sql, parameters).fetchall()


def insert_sql(table: Table, *columns: str) -> str:
    """An INSERT for `executemany` with tuples; all columns unless some are named."""
    names = columns or tuple(column.name for column in table.columns)
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table.name} ({quoted}) VALUES ({', '.join('?' * len(names))})"
