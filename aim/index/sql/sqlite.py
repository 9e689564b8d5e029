"""SQLite for the index: files, connections, pragmas, what its errors mean. The only module that knows the driver."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateIndex, CreateTable

from aim.index.sql.codecs import ColumnError
from aim.index.sql.dialect import DriverConnection
from aim.index.sql.holder import describe_holder
from aim.index.sql.tables import VIEWS, metadata
from aim.storage.repo import files, trees

__all__ = ["SQLite", "lacks_descriptors"]

_PAGE_BYTES: Final = 16_384
_CACHE_KIB: Final = 4_096
"""With 16 MB runs are not taken in faster (10,000 runs: 8.4 to 9.4 s of CPU, with 4 MB 8.2 s), and a server's memory
grows for half an hour."""
_READ_CACHE_KIB: Final = 2_048
"""There are several connections for reading, and each commit of another empties their caches: what is read again comes
from the system's cache. With 16 MB queries are not faster, and a server holds up to 64 MB more."""
_WRITE_STATEMENTS: Final = 128
"""Prepared statements that the driver keeps of the connection for writing, which are few and always the same. Of those
for reading it keeps none: one that names 10,000 runs takes a megabyte, and preparing it again takes a fraction of the
time of running it."""
_COMPILED_STATEMENTS: Final = 100
"""SQLAlchemy drops some when it has half as many more; each takes some 30 KB."""
_CHECKPOINT_PAGES: Final = 512
_WAL_LIMIT_BYTES: Final = 16 * 1024 * 1024
_INSTRUCTIONS: Final = 20_000
"""Of SQLite's machine between two checks whether to stop: about a millisecond."""

_JOURNAL: Final = "-journal"
"""A rollback journal, which a WAL database has only while it is made. SQLite plays one back at the first read, and
deletes a file that it names, wherever that is: a database beside which there is one is never opened."""
_ENDINGS: Final = ("", "-wal", "-shm", _JOURNAL)

_ACTIVE_SQL: Final = (
    "SELECT name, sql FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 20"
)
"""Views, triggers and virtual tables: what reads and writes tables runs them, so only our own views may be there."""

_TOO_LARGE: Final = ("tree is too large", "too many SQL variables", "parser stack overflow", "too many terms")
_DAMAGED: Final = ("no such", "disk I/O", "unable to open", "readonly", "malformed", "decode to UTF-8")
"""A table or column that should be there, a file that was removed."""

_NO_DESCRIPTOR: Final = (errno.EMFILE, errno.ENFILE)
_DESCRIPTORS: Final = 8
"""A database takes four at most, and so do the folders on the way to it."""


def lacks_descriptors() -> bool:
    """Whether so few files can be opened that nothing can be concluded from a database that cannot."""
    opened: list[int] = []
    try:
        for _ in range(_DESCRIPTORS):
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in _NO_DESCRIPTOR
    finally:
        for fd in opened:
            os.close(fd)
    return False


class SQLite:
    """See :class:`aim.index.sql.dialect.Dialect`."""

    errors: Final[tuple[type[Exception], ...]] = (sqlite3.Error, DBAPIError)
    file_suffix: Final = ".sqlite"
    true: Final = "1"

    def create(self, path: str, *, schema_version: int) -> None:
        """Make a database with the empty tables."""
        dialect = sqlite.dialect()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # before WAL: afterwards it does nothing, silently
            connection.execute("PRAGMA journal_mode = WAL")
            _set_pragmas(connection, _CACHE_KIB)
            connection.execute("BEGIN")
            for table in metadata.sorted_tables:
                connection.execute(str(CreateTable(table).compile(dialect=dialect)))
                for index in sorted(table.indexes, key=lambda index: str(index.name)):
                    index.dialect_options["sqlite"]["where"] = index.info.get("where")
                    connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
            for statement in VIEWS.values():
                connection.execute(statement)
            connection.execute("INSERT INTO meta (key, value) VALUES ('schema', ?)", (str(schema_version),))
            connection.execute("COMMIT")

    def copy(self, source: str, root: str, path: str, *, schema_version: int) -> bool:
        """Copy what is committed; False: it cannot be read."""

        def give_up(status: int, remaining: int, total: int) -> None:
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):  # the driver would try forever
                raise sqlite3.OperationalError("database is locked")

        try:
            with (
                closing(_connect(source, _CACHE_KIB, statements=0, wait_s=0.0)) as held,
                closing(sqlite3.connect(path, isolation_level=None)) as connection,
            ):
                held.backup(connection, progress=give_up)
                connection.execute("PRAGMA journal_mode = WAL")
            if _is_sound(root, path, schema_version, 0.0):
                return True
        except sqlite3.Error:
            pass
        self.remove(root, path)
        return False

    def is_usable(self, root: str, path: str, *, schema_version: int, wait_s: float) -> bool:
        """Whether it is there, without a journal and no file of it a pipe or a link (which is followed), and sound."""
        if not files.exists(root, path) or files.exists(root, path + _JOURNAL):
            return False
        if any(files.why_unsafe(root, path + end) for end in _ENDINGS):
            return False
        return _is_sound(root, path, schema_version, wait_s)

    def remove(self, root: str, path: str) -> None:
        """Remove its files."""
        for end in _ENDINGS:
            try:
                files.unlink(root, path + end)
            except OSError:  # not there, or open elsewhere on a system that minds
                pass

    def size_bytes(self, root: str, path: str) -> int:
        """Of the database and its log."""
        return sum(trees.tree_size(root, path + end) for end in ("", "-wal"))

    def describe_holder(self, path: str) -> str:
        """Who has the lock for writing."""
        return describe_holder(path)

    def connect_writer(self, path: str, *, wait_s: float) -> DriverConnection:
        """The driver's connection."""
        return _connect(path, _CACHE_KIB, statements=_WRITE_STATEMENTS, wait_s=wait_s)

    def reading_engine(self, path: str, *, wait_s: float) -> Engine:
        """A pool of connections."""
        return create_engine(
            "sqlite+pysqlite://",
            creator=lambda: _connect(path, _READ_CACHE_KIB, statements=0, wait_s=wait_s),
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=-1,
            pool_use_lifo=True,  # the one used last has the pages wanted next; the others' caches stay small
            pool_reset_on_return=None,
            query_cache_size=_COMPILED_STATEMENTS,
        )

    def begin_writing(self, connection: DriverConnection) -> None:
        """Take the lock for writing at once."""
        connection.execute("BEGIN IMMEDIATE")

    def begin_reading(self, connection: DriverConnection) -> None:
        """Of WAL: the state at the first read."""
        connection.execute("BEGIN")

    def change_mark(self, connection: DriverConnection) -> object:
        """SQLite counts commits of others."""
        return connection.execute("PRAGMA data_version").fetchall()

    def interrupt_when(self, connection: Any, should_stop: Callable[[], bool] | None) -> None:
        """SQLite asks by itself now and then."""
        connection.set_progress_handler(should_stop, _INSTRUCTIONS if should_stop is not None else 0)

    def insert_returning_id(
        self, connection: DriverConnection, table: str, columns: Sequence[str], row: Sequence[Any]
    ) -> int:
        """By the id of the row; RETURNING came with 3.35."""
        names = ", ".join(f'"{name}"' for name in columns)
        cursor: Any = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", row)
        return int(cursor.lastrowid)

    def least(self, one: str, other: str) -> str:
        """The scalar function."""
        return f"min({one}, {other})"

    def greatest(self, one: str, other: str) -> str:
        """The scalar function."""
        return f"max({one}, {other})"

    def is_busy(self, error: BaseException) -> bool:
        """Told by its message: the codes are the same for other failures on Python 3.11."""
        origin = _origin(error)
        return isinstance(origin, sqlite3.OperationalError) and ("locked" in str(origin) or "busy" in str(origin))

    def is_damage(self, error: BaseException) -> bool:
        """What is not a mistake of ours, nor busy, nor for lack of descriptors."""
        origin = _origin(error)
        if isinstance(origin, ColumnError):
            return True
        if not isinstance(origin, sqlite3.DatabaseError) or self.is_busy(origin):
            return False
        if isinstance(origin, sqlite3.OperationalError):
            text = str(origin)
            if "unable to open" in text and lacks_descriptors():
                return False
            return any(part in text for part in _DAMAGED)
        return not isinstance(origin, (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError))

    def is_conflict(self, error: BaseException) -> bool:
        """A constraint."""
        return isinstance(_origin(error), sqlite3.IntegrityError)

    def is_unstorable(self, error: BaseException) -> bool:
        """For example an integer beyond 64 bits."""
        return isinstance(_origin(error), sqlite3.DataError)

    def is_too_large(self, error: BaseException) -> bool:
        """Its limits on expressions and parameters."""
        return any(text in str(_origin(error)) for text in _TOO_LARGE)


def _origin(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _connect(path: str, cache_kib: int, *, statements: int, wait_s: float) -> sqlite3.Connection:
    if files.exists(os.path.dirname(path), path + _JOURNAL):
        raise sqlite3.DatabaseError(f"{path}{_JOURNAL} is not ours")  # which is damage: another database is made
    connection = sqlite3.connect(
        f"file:{_as_uri(path)}?mode=rw",
        uri=True,
        timeout=wait_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=statements,
    )
    _set_pragmas(connection, cache_kib)
    return connection


def _as_uri(path: str) -> str:
    return quote(os.fsencode(path.replace(os.sep, "/")))  # of bytes: a folder's name need not be UTF-8


def _set_pragmas(connection: sqlite3.Connection, cache_kib: int) -> None:
    # No mmap: if another process truncates the file, reading a map kills this one.
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    connection.execute("PRAGMA trusted_schema = OFF")  # the file may come from another user
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")


def _is_sound(root: str, path: str, schema_version: int, wait_s: float) -> bool:
    """The checks that cost nothing: the schema's version and kinds, and that the file is as long as it says."""
    with closing(_connect(path, _CACHE_KIB, statements=0, wait_s=wait_s)) as connection:
        if dict(connection.execute(_ACTIVE_SQL).fetchall()) != VIEWS:
            return False
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            return False
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        if row is None or row[0] != str(schema_version):
            return False
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        has_wal = trees.tree_size(root, path + "-wal") > 0
        return has_wal or trees.tree_size(root, path) >= pages * _PAGE_BYTES
