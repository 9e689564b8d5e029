"""Ids that rows refer to: those of names, contexts and param paths, and those that tables count up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aim.index.sql.dialect import Dialect, DriverConnection, fetch_all
from aim.index.sql.params import path_row

__all__ = ["SET_META", "Dictionaries", "IdCounter"]

SET_META: Final = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
"""Writes (key, value) down, in place of an earlier value."""


class Dictionaries:
    """Ids of names of sequences, contexts and param paths, as far as they were met. Such rows are never removed.

    Args:
        dialect: Of the database.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._names: dict[tuple[str, str], int] = {}
        self._contexts: dict[str, int] = {}
        self._paths: dict[tuple[str, ...], int] = {}
        self._is_tainted = False

    def begin(self) -> None:
        """Called in each transaction first: forget what one that failed had put in."""
        if self._is_tainted:
            self._names.clear()
            self._contexts.clear()
            self._paths.clear()
        self._is_tainted = True

    def commit(self) -> None:
        """Called after each transaction that did not fail."""
        self._is_tainted = False

    def name_id(self, connection: DriverConnection, holds: str, name: str) -> int:
        """Id of the name of sequences that hold metrics, images ..."""
        found = self._names.get((holds, name))
        if found is None:
            row = {"holds": holds, "name": name}
            found = self._names[holds, name] = self._row_id(connection, "metric_name", row, key=("holds", "name"))
        return found

    def context_id(self, connection: DriverConnection, context: str) -> int:
        """Id of a canonical context."""
        found = self._contexts.get(context)
        if found is None:
            row = {"context": context}
            found = self._contexts[context] = self._row_id(connection, "context", row, key=("context",))
        return found

    def path_id(self, connection: DriverConnection, path: tuple[str, ...]) -> int:
        """Id of a param path."""
        found = self._paths.get(path)
        if found is None:
            row = dict(zip(("path", "full", "tail"), path_row(path), strict=True))
            found = self._paths[path] = self._row_id(connection, "path", row, key=("path",))
        return found

    def _row_id(self, connection: DriverConnection, table: str, row: Mapping[str, Any], *, key: Sequence[str]) -> int:
        condition = " AND ".join(f'"{name}" = ?' for name in key)
        found = fetch_all(connection, f"SELECT id FROM {table} WHERE {condition}", [row[name] for name in key])
        if found:
            return int(found[0][0])
        return self._dialect.insert_returning_id(connection, table, list(row), list(row.values()))


class IdCounter:
    """Ids of one table, never used twice while the index exists. In a transaction beside which no other writes."""

    def __init__(self, connection: DriverConnection, table: str) -> None:
        self._key = f"next:{table}"
        found = fetch_all(connection, "SELECT value FROM meta WHERE key = ?", (self._key,))
        self._next = self._begin = int(found[0][0]) if found else 1

    def take(self) -> int:
        """The next id."""
        self._next += 1
        return self._next - 1

    def save(self, connection: DriverConnection) -> None:
        """Write down how far it got."""
        if self._next != self._begin:
            connection.execute(SET_META, (self._key, str(self._next)))
