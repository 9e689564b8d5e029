"""Who a process is, so that another process on the same host can check it later."""

from __future__ import annotations

import os
from enum import Enum
from functools import lru_cache
from typing import Final

__all__ = ["Seen", "boot_id", "host_name", "look_for", "pid_namespace", "process_is_gone", "process_start"]


class Seen(Enum):
    """What is known of whether a process lives."""

    LIVES = "lives"
    GONE = "gone"
    UNKNOWN = "unknown"
    """Neither: it runs elsewhere, or its start is hidden from us (``hidepid``) and the id may have gone to another."""


_MAX_PID = 2**31
"""Larger numbers are not process ids, even if a file has one."""


@lru_cache(maxsize=1)
def host_name() -> str:
    """This host's name, "" if it has none."""
    try:
        return os.uname().nodename
    except AttributeError:  # Windows
        return os.environ.get("COMPUTERNAME", "")


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Changes at every boot of the kernel; "" where the system does not provide it."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def pid_namespace() -> str:
    """The namespace in which our process ids count (containers have their own).

    "" where there is none, or where ``/proc`` is that of another one, so that its numbers are not
    ours (``unshare --pid`` without ``--mount-proc``).
    """
    return _pid_namespace_of(os.getpid())


@lru_cache(maxsize=1)
def _pid_namespace_of(own_pid: int) -> str:  # a forked child may be in another one
    try:
        return os.readlink("/proc/self/ns/pid") if os.readlink("/proc/self") == str(own_pid) else ""
    except OSError:
        return ""


def process_start(pid: int) -> str:
    """When a process of our namespace started, in the kernel's own ticks since boot; "" if that is not known."""
    return (_read_start(pid) or "") if pid_namespace() else ""


_STAT_BYTES: Final = 4096
"""More than a line of ``/proc/<pid>/stat`` has; the kernel gives it in one piece."""


def _read_start(pid: int) -> str | None:
    """None if we cannot look, "" if it has ended and only waits to be waited for."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:  # unbuffered: fewer system calls
            stat = file.read(_STAT_BYTES)
        # the command name, in parentheses, may itself hold blanks and parentheses
        fields = stat[stat.rindex(b")") + 2 :].split()
        return "" if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")
    except (OSError, ValueError, IndexError):
        return None


def look_for(*, boot: str, pid_ns: str, pid: int, start: str) -> Seen:
    """Whether that process lives. Unknown unless it has our boot and pid namespace.

    A missing entry under ``/proc`` proves nothing: it may be hidden from us. That the kernel knows no process of that
    id is a proof, and so is a process of that id that started at another time.
    """
    if not (boot and pid_ns and start and 0 < pid < _MAX_PID) or boot != boot_id() or pid_ns != pid_namespace():
        return Seen.UNKNOWN
    found = _read_start(pid)
    if found is not None:
        return Seen.LIVES if found == start else Seen.GONE
    try:
        os.kill(pid, 0)  # asks, and sends nothing
    except ProcessLookupError:
        return Seen.GONE
    except OSError:  # there is one, and it is not ours to signal
        pass
    return Seen.UNKNOWN


def process_is_gone(*, boot: str, pid_ns: str, pid: int, start: str) -> bool:
    """Whether that process is proven dead; False also when it cannot be known."""
    return look_for(boot=boot, pid_ns=pid_ns, pid=pid, start=start) is Seen.GONE
