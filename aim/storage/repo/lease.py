"""A lease: a file in a repo that names the process that serves it, and is void once that process is dead.

Four things decide whether it is valid; the host's name is not one of them:

- The holder keeps a lock of the kernel on the file. Where it is taken, the holder lives, in whichever container; where
  it is free, on the same file system of the same kernel, the holder is dead.
- Boot id, pid namespace, pid and start time show the same where they can be read.
- The modification time is a heartbeat: where nothing can be proven (a network drive, another host), the lease holds for
  :data:`LEASE_S` after the last one.
- The file carries its own inode: a copy, made with the whole repo, is not a lease.

Recording runs takes no lease.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

from aim.schema.jsonvalues import from_json, to_json
from aim.storage.repo import files
from aim.storage.repo.clock import fs_now
from aim.storage.repo.kernel_lock import try_lock
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.process import Seen, boot_id, host_name, look_for, pid_namespace, process_start

__all__ = ["BEAT_S", "LEASE_S", "HeldLease", "Lease", "Standing", "find_lease", "take_lease"]

LEASE_S: Final = 60.0
"""How long a lease is valid after its last heartbeat where it cannot be seen whether its holder lives."""
BEAT_S: Final = 10.0
_LIMIT_BYTES: Final = 65_536
_TAKING_S: Final = 5.0
"""How long to wait for others that are taking one at this moment."""
_PAUSE_S: Final = 0.02


class Standing(Enum):
    """Whether a lease is valid."""

    HELD = "held"
    """Its holder is proven to live."""
    UNPROVEN = "unproven"
    """It cannot be checked, and the last heartbeat is recent."""
    MOVED = "moved"
    """Its holder is proven to live, and was started for the repo at another path."""
    OVER = "over"
    """Its holder is proven dead, or silent for too long; or it is a copy."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as found."""

    standing: Standing
    mtime: float
    """The last heartbeat."""
    owner: int
    """The user that the file belongs to."""
    pid: int = 0
    start: str = ""
    boot: str = ""
    pid_ns: str = ""
    host: str = ""
    """To be shown to people; nothing is decided by it where anything better is known."""
    place: str = ""
    """The repo's path for the holder."""
    says: dict[str, Any] | None = None
    """What the holder stored about itself; None if the file cannot be read."""

    @property
    def is_seen(self) -> bool:
        """Whether the holder lives, as a process that we can see."""
        return look_for(boot=self.boot, pid_ns=self.pid_ns, pid=self.pid, start=self.start) is Seen.LIVES

    @property
    def is_of_this_boot(self) -> bool:
        """Whether it was taken under the kernel that runs us, since its start."""
        return self.boot == boot_id() and (self.boot != "" or self.host == host_name())  # macOS has no boot id


def find_lease(layout: RepoLayout, path: str, *, lease_s: float = LEASE_S) -> Lease | None:
    """The lease at `path`, a file of the repo; None if there is none."""
    try:
        fd = files.open_file(layout.root, path)
    except PermissionError:
        return _unreadable(layout, path, lease_s)
    except OSError:
        return None
    try:
        return _judge(layout, fd, try_lock(fd, is_shared=True), lease_s)
    except OSError:
        return None
    finally:
        os.close(fd)


def _unreadable(layout: RepoLayout, path: str, lease_s: float) -> Lease | None:
    try:
        found = files.lstat(layout.root, path)
    except OSError:
        return None
    is_young = abs(fs_now(layout) - found.st_mtime) <= lease_s
    return Lease(Standing.UNPROVEN if is_young else Standing.OVER, found.st_mtime, found.st_uid)


def _judge(layout: RepoLayout, fd: int, is_free: bool | None, lease_s: float) -> Lease:
    """`is_free`: whether the lock is not taken; None where there are no locks."""
    found = os.fstat(fd)
    fields = _parse(os.pread(fd, _LIMIT_BYTES, 0))

    def text(key: str) -> str:
        value = fields.get(key)
        return value if isinstance(value, str) else ""

    pid, says = fields.get("pid"), fields.get("says")
    lease = Lease(
        Standing.OVER,
        found.st_mtime,
        found.st_uid,
        pid=pid if isinstance(pid, int) and not isinstance(pid, bool) else 0,
        start=text("start"),
        boot=text("boot"),
        pid_ns=text("pid_ns"),
        host=text("host"),
        place=text("place"),
        says=says if isinstance(says, dict) else None,
    )
    if lease.says is None or text("inode") != f"{found.st_ino:x}":
        return lease
    seen = look_for(boot=lease.boot, pid_ns=lease.pid_ns, pid=lease.pid, start=lease.start)
    lives = {Seen.LIVES: True, Seen.GONE: False}.get(seen)
    if is_free is False:
        lives = True
    # another mount of the same drive, and another kernel, has locks of its own
    elif is_free and text("device") == f"{found.st_dev:x}" and lease.is_of_this_boot:
        lives = False
    if lives:
        is_moved = seen is Seen.LIVES and lease.place != os.path.realpath(layout.root)
        return replace(lease, standing=Standing.MOVED if is_moved else Standing.HELD)
    if lives is None and abs(fs_now(layout) - found.st_mtime) <= lease_s:
        return replace(lease, standing=Standing.UNPROVEN)
    return lease


def _parse(data: bytes) -> dict[str, Any]:
    try:
        fields = from_json(data.decode("ascii"))
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


class HeldLease:
    """A lease that this process holds, and the thread that shows its heartbeat; made by :func:`take_lease`."""

    def __init__(self, layout: RepoLayout, path: str, says: dict[str, Any]) -> None:
        self._layout = layout
        self._path = path
        self._says = says
        self._has_ended = threading.Event()
        self._fd = self._publish()

    def _publish(self) -> int:
        """Put a new file in its place; it is locked and whole from the moment that others see it."""
        pid = os.getpid()
        aside = f"{self._path}.{os.urandom(4).hex()}.tmp"
        fd = files.open_file(self._layout.root, aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try_lock(fd)
            found = os.fstat(fd)
            fields = {
                "pid": pid,
                "start": process_start(pid),
                "boot": boot_id(),
                "pid_ns": pid_namespace(),
                "host": host_name()[:100],
                "place": os.path.realpath(self._layout.root),
                "inode": f"{found.st_ino:x}",
                "device": f"{found.st_dev:x}",
                "says": self._says,
            }
            files.write_fd(fd, to_json(fields).encode("ascii"))
            try:
                files.rename(self._layout.root, aside, self._path)
            except IsADirectoryError as error:
                raise IsADirectoryError(error.errno, f"{self._path} is a directory; move it away", self._path) from None
        except BaseException:
            with contextlib.suppress(OSError):
                files.unlink(self._layout.root, aside)
            os.close(fd)
            raise
        return fd

    def keep(self, beat_s: float = BEAT_S) -> None:
        """Show a sign of life every `beat_s` seconds from now on, in the background."""
        threading.Thread(target=self._beat_until_end, args=(beat_s,), name="aim-lease", daemon=True).start()

    def _beat_until_end(self, beat_s: float) -> None:
        while not self._has_ended.wait(beat_s):
            try:
                if not self.beat():
                    return
            except OSError:  # the drive is away, or full: the next one may come through
                continue

    def beat(self) -> bool:
        """Show a sign of life; False if another process has the lease by now.

        A file that was removed, or replaced by a copy of itself (a backup put back), is written again.
        """
        if self._is_in_place():
            files.touch_fd(self._fd, self._path)
            return True
        with _one_at_a_time(self._layout):
            other = find_lease(self._layout, self._path)
            if other is None or other.standing is Standing.OVER:
                before, self._fd = self._fd, self._publish()
                os.close(before)
                return True
        logging.getLogger("aim").warning(
            "%s: process %d on %s also serves this repo; `aim down` stops that one",
            self._layout.root,
            other.pid,
            other.host,
        )
        return False

    def _is_in_place(self) -> bool:
        try:
            found = files.lstat(self._layout.root, self._path)
        except FileNotFoundError:
            return False
        own = os.fstat(self._fd)
        return (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)

    def release(self) -> None:
        """End it: the file is removed, if it is still this one."""
        self._has_ended.set()
        with contextlib.suppress(OSError):
            if self._is_in_place():
                files.unlink(self._layout.root, self._path)
        with contextlib.suppress(OSError):
            os.close(self._fd)


def take_lease(layout: RepoLayout, path: str, says: dict[str, Any], *, lease_s: float = LEASE_S) -> HeldLease | Lease:
    """Take the lease at `path`, a file of the repo; of processes that try at once, one gets it.

    Args:
        layout: The repo.
        path: Its file; only its owner may read it.
        says: What the holder stores about itself, for JSON.
        lease_s: See :data:`LEASE_S`.

    Returns:
        The lease of this process, or that of another one that holds it or may hold it.

    Raises:
        OSError: the file system refuses.
    """
    with _one_at_a_time(layout):
        found = find_lease(layout, path, lease_s=lease_s)
        if found is not None and found.standing in (Standing.HELD, Standing.UNPROVEN):
            return found
        return HeldLease(layout, path, says)


@contextlib.contextmanager
def _one_at_a_time(layout: RepoLayout) -> Iterator[None]:
    """Keep other processes from taking a lease of the repo, for the moment that it takes.

    Where directories have no locks (network drives, Windows), of two that take one in the same moment the earlier one
    finds out at its next heartbeat.
    """
    with files.open_folder(layout.root, layout.root) as folder:
        deadline = time.monotonic() + _TAKING_S
        while folder.fd is not None and try_lock(folder.fd) is False and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
        yield
