"""The SQLite file of an index: made, opened, replaced when it is damaged or of another version.

A directory holds ``v<schema version>``, a small file that names the database in use, and the databases. A database
that cannot be used is never repaired or emptied in place, as other processes may have it open: a new one is made
under a new name, and the name published by atomic rename. So no process can ever pair one's WAL with another's pages.
"""

from __future__ import annotations

import atexit
import errno
import os
import re
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Table, create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateIndex, CreateTable

from aim.errors import IndexUnavailableError
from aim.index.sql.codecs import ColumnError
from aim.index.sql.interrupt import make_interruptible
from aim.index.sql.location import Location
from aim.index.sql.tables import SCHEMA_VERSION, metadata
from aim.storage.repo import files, trees

__all__ = ["BUSY_TIMEOUT_S", "Database", "insert_sql", "is_busy", "is_damage"]

BUSY_TIMEOUT_S: Final = 10.0
"""How long a statement waits for another process that writes, unless told otherwise."""

PAGE_BYTES: Final = 16_384
_CACHE_KIB: Final = 4_096
"""With 16 MB runs are taken in no faster (10,000 runs: 8.4 to 9.4 s of CPU, with 4 MB 8.2 s), and a server's memory
grows for half an hour."""
_READ_CACHE_KIB: Final = 2_048
"""There are several connections for reading, and each commit of another empties their caches: what is read again comes
from the system's cache. With 16 MB queries are no faster, and a server holds up to 64 MB more."""
_WRITE_STATEMENTS: Final = 128
"""The driver keeps so many prepared statements of the connection for writing, which are few and always the same. Of
those for reading it keeps none: one that names 10,000 runs takes a megabyte, and to prepare it again a fraction of what
it takes to run it."""
_COMPILED_STATEMENTS: Final = 100
"""SQLAlchemy lets go of some when it has half as many more; each takes some 30 KB."""
_CHECKPOINT_PAGES: Final = 512
_WAL_LIMIT_BYTES: Final = 16 * 1024 * 1024
_ORPHAN_AGE_S: Final = 3_600.0
"""A database that is not the one in use may be in the making by another process: it is removed when this old."""

_DATABASE: Final = re.compile(r"v[0-9]+-[0-9a-f]+\.sqlite")
_JOURNAL: Final = "-journal"
"""A rollback journal, which a WAL database has only while it is made. SQLite plays one back at the first read, and
deletes a file that it names, wherever that lies: a database beside which there is one is never opened."""
_ENDINGS: Final = ("", "-wal", "-shm", _JOURNAL)
_POINTER_BYTES: Final = 200

_FOREIGN_SQL: Final = (
    "SELECT 1 FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%' LIMIT 1"
)
"""Views, triggers and virtual tables, of which we make none: they would be run by what reads and writes tables."""

_DIALECT = sqlite.dialect()


def insert_sql(table: Table, *columns: str) -> str:
    """An INSERT of the driver's own kind, for `executemany` with tuples; all columns unless some are named."""
    names = columns or tuple(column.name for column in table.columns)
    quoted = ", ".join(_DIALECT.identifier_preparer.quote(name) for name in names)
    return f"INSERT INTO {table.name} ({quoted}) VALUES ({', '.join('?' * len(names))})"


def is_busy(error: BaseException) -> bool:
    """Whether another process held the database for too long."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(origin, sqlite3.OperationalError) and ("locked" in str(origin) or "busy" in str(origin))


_NO_DESCRIPTOR: Final = (errno.EMFILE, errno.ENFILE)
_DESCRIPTORS: Final = 8
"""A database takes four at most, and so do the folders on the way to it."""


def _lacks_descriptors() -> bool:
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


def is_damage(error: BaseException) -> bool:
    """Whether an error means that the database cannot be used any more."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(origin, ColumnError):
        return True
    if not isinstance(origin, sqlite3.DatabaseError) or is_busy(origin):
        return False
    if isinstance(origin, sqlite3.OperationalError):  # a table or column that should be there, a file that was removed
        text = str(origin)
        if "unable to open" in text and _lacks_descriptors():
            return False
        return any(
            part in text
            for part in ("no such", "disk I/O", "unable to open", "readonly", "malformed", "decode to UTF-8")
        )
    return not isinstance(origin, (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError))


class Database:
    """The database in use in one directory. Connections are for one process; after a fork the child opens anew.

    Args:
        place: Where it lies.
        wait_s: How long a statement waits for another process.
        copy_of: Path of a database; one that is made here begins as a copy of it, if it can be read.

    Raises:
        IndexUnavailableError: nothing can be made there.
    """

    def __init__(self, location: Location, *, wait_s: float = BUSY_TIMEOUT_S, copy_of: str | None = None) -> None:
        self._wait_s = wait_s
        self._copy_of = copy_of
        self._temporary: str | None = None
        if location.is_temporary:
            try:
                self._temporary = tempfile.mkdtemp(prefix="aim-index-", dir=location.directory)
            except OSError as error:
                reason = error.strerror or error
                raise IndexUnavailableError(f"no index can be made in {location.directory}: {reason}") from error
            atexit.register(self._remove_temporary)
        self.directory = self._temporary or location.directory
        self._root = self._temporary or location.root
        self._pointer = os.path.join(self.directory, f"v{SCHEMA_VERSION}")
        self._engine: Engine | None = None
        self._writer: sqlite3.Connection | None = None
        self._inherited: tuple[Engine | None, sqlite3.Connection | None] | None = None
        self._pid = self._maker = os.getpid()
        self.path = self._find() or self._make()

    @property
    def is_current(self) -> bool:
        """Whether this is still the one in use: false after somebody deleted or replaced it."""
        name = os.path.basename(self.path)
        try:
            with files.open_folder(self._root, self.directory) as folder:
                is_published = _pointed_to(folder, os.path.basename(self._pointer)) == name
                folder.stat(name)
        except OSError as error:
            if error.errno in _NO_DESCRIPTOR:
                raise  # it may be there
            return False
        return is_published and os.getpid() == self._pid

    def refresh(self) -> None:
        """Go on with the one in use now; make one if there is none."""
        self._disconnect()
        self.path = self._find() or self._make()

    def replace(self) -> None:
        """Give up the database, and go on with a new, empty one (or with one that another process made meanwhile)."""
        broken = os.path.basename(self.path)
        self._disconnect()
        if self._published() in (broken, None):
            self.path = self._make()
            _remove_database(self._root, os.path.join(self.directory, broken))
        else:
            self.path = self._find() or self._make()

    def engine(self) -> Engine:
        """SQLAlchemy's engine for reading; each statement sees the last committed state (autocommit)."""
        if self._engine is None or os.getpid() != self._pid:
            self._leave_fork()
            path = self.path
            self._engine = create_engine(
                "sqlite+pysqlite://",
                creator=lambda: _connect(path, _READ_CACHE_KIB, statements=0, wait_s=self._wait_s),
                poolclass=QueuePool,
                pool_size=4,
                max_overflow=-1,
                pool_use_lifo=True,  # the one used last has the pages wanted next; the others' caches stay small
                pool_reset_on_return=None,
                query_cache_size=_COMPILED_STATEMENTS,
            )
            make_interruptible(self._engine)
        return self._engine

    def connect(self) -> Connection:
        """A connection for reading."""
        return self.engine().connect()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """The driver's own connection, with one unchanging state of the database until the block ends."""
        pooled = self.engine().raw_connection()
        try:
            connection = pooled.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()
        finally:
            pooled.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection for writing, in a transaction that no other process writes beside; one thread at a time."""
        if os.getpid() != self._pid:
            self._leave_fork()
        connection = self._connect_writer()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            try:
                connection.rollback()
            except sqlite3.Error:  # the error that is on its way says more
                pass
            raise
        connection.commit()

    def _connect_writer(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = _connect(self.path, wait_s=self._wait_s)
        return self._writer

    def change_mark(self) -> object:
        """A value that changes whenever another process commits; None where the database cannot even be read."""
        if os.getpid() != self._pid:
            self._leave_fork()
        try:
            return self._connect_writer().execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None

    def size_bytes(self) -> int:
        """Size of the database's files."""
        return sum(trees.tree_size(self._root, self.path + end) for end in ("", "-wal"))

    def close(self) -> None:
        """Close all connections; a temporary index is removed."""
        self._disconnect()
        if self._temporary is not None:
            self._remove_temporary()
            atexit.unregister(self._remove_temporary)

    def _remove_temporary(self) -> None:
        if self._temporary is not None and os.getpid() == self._maker:  # a forked child's exit is none of its parent's
            with suppress(OSError):
                trees.remove_root(self._temporary)

    def _leave_fork(self) -> None:
        # What the parent opened must neither be used nor closed here: closing would drop the parent's file locks.
        if os.getpid() != self._pid:
            self._inherited = (self._engine, self._writer)
            self._engine = self._writer = None
            self._pid = os.getpid()

    def _disconnect(self) -> None:
        self._leave_fork()
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _published(self) -> str | None:
        try:
            with files.open_folder(self._root, self.directory) as folder:
                return _pointed_to(folder, os.path.basename(self._pointer))
        except OSError as error:
            if error.errno in _NO_DESCRIPTOR:
                raise  # it may be there
            return None

    def _find(self) -> str | None:
        """The published database, if it can be used."""
        name = self._published()
        if name is None or not _DATABASE.fullmatch(name):
            return None
        path = os.path.join(self.directory, name)
        try:
            if _is_own(self._root, path) and _is_sound(self._root, path, self._wait_s):
                return path
            if _lacks_descriptors():
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)
            return None
        except sqlite3.Error as error:
            if is_busy(error):
                return path
            if not is_damage(error):
                raise
            return None

    def _make(self) -> str:
        path = os.path.join(self.directory, f"v{SCHEMA_VERSION}-{secrets.token_hex(8)}.sqlite")
        aside = f"{self._pointer}.{secrets.token_hex(4)}"
        try:
            files.make_folders(self._root, self.directory)
            if self._copy_of is None or not _copy(self._copy_of, self._root, path):
                _create(path)
            self._copy_of = None  # should this one be replaced, there is a reason not to trust it
            before = self._published()
            files.write_new(self._root, aside, (os.path.basename(path) + "\n").encode("ascii"))
            if before is None and not _publish_first(self._root, aside, self._pointer):
                other = self._find()
                if other is not None:  # of several processes that find no index, the first one's is used by all
                    files.unlink(self._root, aside)
                    _remove_database(self._root, path)
                    return other
            if files.exists(self._root, aside):
                files.rename(self._root, aside, self._pointer)
            if before is not None and _DATABASE.fullmatch(before):
                _remove_database(self._root, os.path.join(self.directory, os.path.basename(before)))
            _remove_orphans(self._root, self.directory, os.path.basename(path))
        except (OSError, sqlite3.Error) as error:
            _remove_database(self._root, path)
            _unlink(self._root, aside)
            raise IndexUnavailableError(f"no index can be made in {self.directory}: {error}") from error
        return path


def _connect(
    path: str,
    cache_kib: int = _CACHE_KIB,
    *,
    statements: int = _WRITE_STATEMENTS,
    wait_s: float = BUSY_TIMEOUT_S,
) -> sqlite3.Connection:
    if _has_journal(path):
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


def _has_journal(path: str) -> bool:
    return files.exists(os.path.dirname(path), path + _JOURNAL)


def _as_uri(path: str) -> str:
    from urllib.parse import quote

    return quote(os.fsencode(path.replace(os.sep, "/")))  # of bytes: a folder's name need not be UTF-8


def _set_pragmas(connection: sqlite3.Connection, cache_kib: int = _CACHE_KIB) -> None:
    # No mmap: if the file is truncated by somebody, reading a map kills the process.
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    connection.execute("PRAGMA trusted_schema = OFF")  # the file may come from somebody else
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")


def _create(path: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # before WAL: afterwards it does nothing, in silence
        connection.execute("PRAGMA journal_mode = WAL")
        _set_pragmas(connection)
        connection.execute("BEGIN")
        for table in metadata.sorted_tables:
            connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)))
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)))
        connection.execute("INSERT INTO meta (key, value) VALUES ('schema', ?)", (str(SCHEMA_VERSION),))
        connection.execute("COMMIT")


def _copy(source: str, root: str, path: str) -> bool:
    """Make a database at `path` that holds what is committed in another one; False: that one cannot be read."""

    def give_up(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):  # the driver would try for ever
            raise sqlite3.OperationalError("database is locked")

    try:
        with (
            closing(_connect(source, wait_s=0.0)) as held,
            closing(sqlite3.connect(path, isolation_level=None)) as connection,
        ):
            held.backup(connection, progress=give_up)
            connection.execute("PRAGMA journal_mode = WAL")
        if _is_sound(root, path, 0.0):
            return True
    except sqlite3.Error:
        pass
    _remove_database(root, path)
    return False


def _is_own(root: str, path: str) -> bool:
    """Whether a database is there, without a journal, and no file of it is a pipe, or a link, which is followed."""
    if not files.exists(root, path) or files.exists(root, path + _JOURNAL):
        return False
    return not any(files.why_unsafe(root, path + end) for end in _ENDINGS)


def _is_sound(root: str, path: str, wait_s: float) -> bool:
    """The checks that cost nothing: the schema's version and kinds, and that the file is as long as it says."""
    with closing(_connect(path, wait_s=wait_s)) as connection:
        if connection.execute(_FOREIGN_SQL).fetchone() or connection.execute("PRAGMA journal_mode").fetchone() != (
            "wal",
        ):
            return False
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        if row is None or row[0] != str(SCHEMA_VERSION):
            return False
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        has_wal = trees.tree_size(root, path + "-wal") > 0
        return has_wal or trees.tree_size(root, path) >= pages * PAGE_BYTES


def _publish_first(root: str, aside: str, pointer: str) -> bool:
    """Give `aside` the name `pointer` if nothing has it; False if that did not come about."""
    try:
        files.link(root, aside, pointer)
    except OSError:  # there is one, or the file system has no links
        return False
    files.unlink(root, aside)
    return True


def _remove_database(root: str, path: str) -> None:
    for end in _ENDINGS:
        _unlink(root, path + end)


def _unlink(root: str, path: str) -> None:
    try:
        files.unlink(root, path)
    except OSError:  # not there, or open elsewhere on a system that minds
        pass


def _remove_orphans(root: str, directory: str, current: str) -> None:
    now = time.time()
    with files.open_folder(root, directory) as folder:
        for name in folder.names():
            if not _DATABASE.fullmatch(name) or name == current:
                continue
            try:
                age_s = now - folder.stat(name).st_mtime
            except OSError:
                continue
            if age_s > _ORPHAN_AGE_S and not _is_published(folder, name):
                _remove_database(root, os.path.join(directory, name))


def _is_published(folder: files.Folder, name: str) -> bool:
    """Whether another version of Aim uses it."""
    return _pointed_to(folder, name.partition("-")[0]) == name


def _pointed_to(folder: files.Folder, pointer: str) -> str | None:
    """The database that a pointer names; None if it cannot be read."""
    try:
        return folder.read(pointer, _POINTER_BYTES).decode("ascii").strip()
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _NO_DESCRIPTOR:
            raise  # it may be there
        return None


def rows(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """All rows of a query at once: a cursor left open would keep the WAL from being checkpointed."""
    return connection.execute(sql, parameters).fetchall()
