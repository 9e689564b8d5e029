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
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy.engine import Connection, Engine

from aim.errors import IndexUnavailableError
from aim.index.sql.dialect import Dialect, DriverConnection
from aim.index.sql.interrupt import make_interruptible
from aim.index.sql.location import Location
from aim.index.sql.sqlite import SQLite, lacks_descriptors
from aim.index.sql.tables import SCHEMA_VERSION
from aim.storage.repo import files, trees

__all__ = ["BUSY_TIMEOUT_S", "Database"]

BUSY_TIMEOUT_S: Final = 10.0
"""How long a statement waits for another process that writes, unless another time is given."""

_ORPHAN_AGE_S: Final = 3_600.0
"""A database that is not the one in use may be in the making by another process: it is removed when this old."""
_POINTER_BYTES: Final = 200
_NO_DESCRIPTOR: Final = (errno.EMFILE, errno.ENFILE)


class Database:
    """The database in use in one directory. Connections are for one process; after a fork the child opens its own.

    Args:
        location: Where it is.
        wait_s: How long a statement waits for another process.
        copy_of: Path of a database; one that is made here starts as a copy of it, if it can be read.
        dialect: The database system.

    Attributes:
        dialect: The database system.

    Raises:
        IndexUnavailableError: nothing can be made there.
    """

    def __init__(
        self,
        location: Location,
        *,
        wait_s: float = BUSY_TIMEOUT_S,
        copy_of: str | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        self.dialect: Dialect = SQLite() if dialect is None else dialect
        self._database_name = re.compile(rf"v[0-9]+-[0-9a-f]+{re.escape(self.dialect.file_suffix)}")
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
        self._writer: DriverConnection | None = None
        self._inherited: tuple[Engine | None, DriverConnection | None] | None = None
        self._pid = self._maker = os.getpid()
        self.path = self._find() or self._make()

    @property
    def is_current(self) -> bool:
        """Whether this is still the one in use: false after it was deleted or replaced."""
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
            self.dialect.remove(self._root, os.path.join(self.directory, broken))
        else:
            self.path = self._find() or self._make()

    def engine(self) -> Engine:
        """SQLAlchemy's engine for reading; each statement sees the last committed state (autocommit)."""
        if self._engine is None or os.getpid() != self._pid:
            self._leave_fork()
            self._engine = self.dialect.reading_engine(self.path, wait_s=self._wait_s)
            make_interruptible(self._engine, self.dialect)
        return self._engine

    def connect(self) -> Connection:
        """A connection for reading."""
        return self.engine().connect()

    @contextmanager
    def unchanging(self, connection: Connection) -> Iterator[DriverConnection]:
        """The driver's connection of one for reading, which sees one unchanging state until the block ends."""
        driver = connection.connection.driver_connection
        assert driver is not None
        self.dialect.begin_reading(driver)
        try:
            yield driver
        finally:
            driver.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[DriverConnection]:
        """The driver's own connection, with one unchanging state of the database until the block ends."""
        pooled = self.engine().raw_connection()
        try:
            connection: DriverConnection | None = pooled.driver_connection
            assert connection is not None
            self.dialect.begin_reading(connection)
            try:
                yield connection
            finally:
                connection.rollback()
        finally:
            pooled.close()

    @contextmanager
    def transaction(self) -> Iterator[DriverConnection]:
        """The connection for writing, in a transaction that no other process writes beside; one thread at a time."""
        if os.getpid() != self._pid:
            self._leave_fork()
        connection = self._connect_writer()
        self.dialect.begin_writing(connection)
        try:
            yield connection
        except BaseException:
            try:
                connection.rollback()
            except self.dialect.errors:  # the error that is on its way says more
                pass
            raise
        connection.commit()

    def _connect_writer(self) -> DriverConnection:
        if self._writer is None:
            self._writer = self.dialect.connect_writer(self.path, wait_s=self._wait_s)
        return self._writer

    def change_mark(self) -> object:
        """A value that changes whenever another process commits; None where the database cannot even be read."""
        if os.getpid() != self._pid:
            self._leave_fork()
        try:
            return self.dialect.change_mark(self._connect_writer())
        except self.dialect.errors:
            return None

    def size_bytes(self) -> int:
        """Size of the database's files."""
        return self.dialect.size_bytes(self._root, self.path)

    def describe_holder(self) -> str:
        """In words, the process that keeps others from writing to it."""
        return self.dialect.describe_holder(self.path)

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
        if name is None or not self._database_name.fullmatch(name):
            return None
        path = os.path.join(self.directory, name)
        try:
            if self.dialect.is_usable(self._root, path, schema_version=SCHEMA_VERSION, wait_s=self._wait_s):
                return path
            if lacks_descriptors():
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)
            return None
        except self.dialect.errors as error:
            if self.dialect.is_busy(error):
                return path
            if not self.dialect.is_damage(error):
                raise
            return None

    def _make(self) -> str:
        path = os.path.join(self.directory, f"v{SCHEMA_VERSION}-{secrets.token_hex(8)}{self.dialect.file_suffix}")
        aside = f"{self._pointer}.{secrets.token_hex(4)}"
        failures: tuple[type[Exception], ...] = (OSError, *self.dialect.errors)
        try:
            files.make_folders(self._root, self.directory)
            if self._copy_of is None or not self.dialect.copy(
                self._copy_of, self._root, path, schema_version=SCHEMA_VERSION
            ):
                self.dialect.create(path, schema_version=SCHEMA_VERSION)
            self._copy_of = None  # should this one be replaced, there is a reason not to trust it
            before = self._published()
            files.write_new(self._root, aside, (os.path.basename(path) + "\n").encode("ascii"))
            if before is None and not _publish_first(self._root, aside, self._pointer):
                other = self._find()
                if other is not None:  # of several processes that find no index, the first one's is used by all
                    files.unlink(self._root, aside)
                    self.dialect.remove(self._root, path)
                    return other
            if files.exists(self._root, aside):
                files.rename(self._root, aside, self._pointer)
            if before is not None and self._database_name.fullmatch(before):
                self.dialect.remove(self._root, os.path.join(self.directory, os.path.basename(before)))
            self._remove_orphans(os.path.basename(path))
        except failures as error:
            self.dialect.remove(self._root, path)
            _unlink(self._root, aside)
            raise IndexUnavailableError(f"no index can be made in {self.directory}: {error}") from error
        return path

    def _remove_orphans(self, current: str) -> None:
        now = time.time()
        with files.open_folder(self._root, self.directory) as folder:
            for name in folder.names():
                if not self._database_name.fullmatch(name) or name == current:
                    continue
                try:
                    age_s = now - folder.stat(name).st_mtime
                except OSError:
                    continue
                if age_s > _ORPHAN_AGE_S and not _is_published(folder, name):
                    self.dialect.remove(self._root, os.path.join(self.directory, name))


def _publish_first(root: str, aside: str, pointer: str) -> bool:
    """Give `aside` the name `pointer` if nothing has it; False if that did not come about."""
    try:
        files.link(root, aside, pointer)
    except OSError:  # there is one, or the file system has no links
        return False
    files.unlink(root, aside)
    return True


def _unlink(root: str, path: str) -> None:
    try:
        files.unlink(root, path)
    except OSError:  # not there, or open elsewhere on a system that minds
        pass


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
