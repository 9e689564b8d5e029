"""A kernel that refuses system calls of this process: a real EIO from a real fsync, without a broken disk.

A seccomp filter makes the kernel answer chosen calls with an error instead of performing them; nothing in Python or in
Aim is replaced. It cannot be taken back, so it is for child processes only.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys

_NUMBERS = {
    "x86_64": {"fsync": 74, "fdatasync": 75, "ftruncate": 77, "utimensat": 280, "clone": 56, "clone3": 435},
    "aarch64": {"fsync": 82, "fdatasync": 83, "ftruncate": 46, "utimensat": 88, "clone": 220, "clone3": 435},
}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction))]


def can_refuse() -> bool:
    """Whether this machine lets a process do that."""
    if not sys.platform.startswith("linux") or platform.machine() not in _NUMBERS:
        return False
    child = os.fork()
    if child == 0:
        try:
            refuse(["ftruncate"], 5)
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def refuse(calls: list[str], error: int) -> None:
    """From now on these system calls of every thread of this process fail with `error`.

    Raises:
        OSError: the kernel does not allow it.
    """
    numbers = [_NUMBERS[platform.machine()][call] for call in calls]
    program = [(_LOAD_NUMBER, 0, 0, 0)]
    program += [(_JUMP_IF_EQUAL, len(numbers) - i, 0, number) for i, number in enumerate(numbers)]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | error)]
    instructions = (_Instruction * len(program))(*(_Instruction(*line) for line in program))
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = _Program(len(program), instructions)
    seccomp = {"x86_64": 317, "aarch64": 277}[platform.machine()]
    for_all_threads = 1
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.syscall(seccomp, 1, for_all_threads, ctypes.byref(wanted)):
        raise OSError(ctypes.get_errno(), "seccomp is not allowed here")
