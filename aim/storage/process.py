"""Who a process is, in a way that another process on the same host can check later."""

from __future__ import annotations

import os
from functools import lru_cache

__all__ = ["boot_id", "can_look_for", "host_name", "pid_namespace", "process_is_gone", "process_start"]


@lru_cache(maxsize=1)
def host_name() -> str:
    """This host's name, "" if it has none."""
    try:
        return os.uname().nodename
    except AttributeError:  # Windows
        return os.environ.get("COMPUTERNAME", "")


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Changes at every boot of the kernel; "" where the system does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


@lru_cache(maxsize=1)
def pid_namespace() -> str:
    """The namespace in which our process ids count (containers have their own); "" where there is none."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def process_start(pid: int) -> str:
    """When the process started, in the kernel's own ticks since boot; "" if there is no such process or no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            stat = file.read()
        # the command name, in parentheses, may itself hold blanks and parentheses
        fields = stat[stat.rindex(b")") + 2 :].split()
        return "" if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")
    except (OSError, ValueError, IndexError):
        return ""


def process_is_gone(*, boot: str, pid_ns: str, pid: int, start: str) -> bool:
    """Whether that process is proven dead: same boot and pid namespace as ours, and no such process here.

    False also when it cannot be known.
    """
    return can_look_for(boot=boot, pid_ns=pid_ns, start=start) and process_start(pid) != start


def can_look_for(*, boot: str, pid_ns: str, start: str) -> bool:
    """Whether a process of that boot and pid namespace can be looked for from here."""
    return bool(boot and start) and boot == boot_id() and pid_ns == pid_namespace()
