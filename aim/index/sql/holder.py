"""Who keeps a database, as far as the operating system tells: Linux lists the locks of all processes."""

from __future__ import annotations

import os

__all__ = ["describe_holder"]


def describe_holder(path: str, *, proc: str = "/proc") -> str:
    """In words, the process that holds a write lock on a database; "another process" where that is not known.

    Args:
        path: The SQLite file. Only looked up, never opened: to close it would drop our own locks on it.
        proc: Where Linux tells of processes.
    """
    pid = _find_writer(path, proc)
    if pid is None:
        return "another process"
    # its name and not its arguments, among which there may be a token
    name = "".join(char for char in _read(f"{proc}/{pid}/comm") if char.isprintable())
    state = _read(f"{proc}/{pid}/stat").rpartition(")")[2].split()[:1]
    facts = [fact for fact in (name, "stopped" if state in (["T"], ["t"]) else "") if fact]
    return f"process {pid}" + (f" ({', '.join(facts)})" if facts else "")


def _find_writer(path: str, proc: str) -> int | None:
    inodes = set()
    for end in ("", "-shm"):  # in WAL mode the lock for writing is on the latter
        try:
            inodes.add(str(os.stat(path + end).st_ino))
        except OSError:
            pass
    for line in _read(f"{proc}/locks").splitlines():
        # "7: POSIX  ADVISORY  WRITE 4242 08:01:131074 120 120"
        fields = line.split()
        if len(fields) < 8 or fields[1] != "POSIX" or fields[3] != "WRITE":
            continue
        if fields[5].rpartition(":")[2] in inodes and fields[4].isdigit() and int(fields[4]) not in (0, os.getpid()):
            return int(fields[4])
    return None


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return ""
