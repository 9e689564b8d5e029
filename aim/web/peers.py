"""Whose a connection is: the user at its other end, on this machine.

Linux lists every TCP socket with the user that made it (``/proc/net/tcp``, ``tcp6``). Where there is no such list, or
where it cannot be believed, nobody is known: then a token decides.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from asyncio.trsock import TransportSocket
from typing import Final

__all__ = ["Peer", "can_tell_users", "find_owner"]

_TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
_UID_MAP: Final = "/proc/self/uid_map"
_OVERFLOW_UID: Final = "/proc/sys/kernel/overflowuid"
_ALL_UIDS: Final = 2**32 - 1
_PATIENCE_S: Final = 5.0

_ROOT: Final = 0
_LOCAL, _REMOTE, _UID, _INODE = 1, 2, 7, 9
"""Columns of the tables."""


def find_owner(tables: list[str], near: tuple[str, int], far: tuple[str, int], inode: int) -> int | None:
    """The user that made the socket at the far end of a connection.

    Args:
        tables: The contents of the kernel's tables, which list both ends.
        near, far: Address and port of our end and of the other.
        inode: Of our end. It must be listed, too: else the connection is over, and its addresses may be another's.

    Returns:
        A user id; None if it cannot be told. A socket that its process has closed is listed without an inode and, on
        many kernels, as root's: it tells nothing.
    """
    uid = None
    is_ours_listed = False
    for near_form, far_form in zip(_forms(*near), _forms(*far), strict=True):
        for table in tables:
            ours = _find(table, near_form, far_form)
            if ours is not None and int(ours[_INODE]) == inode:
                is_ours_listed = True
            theirs = _find(table, far_form, near_form)
            if theirs is not None and int(theirs[_INODE]) != 0:
                uid = int(theirs[_UID])
    return uid if is_ours_listed else None


def _find(table: str, local: str, remote: str) -> list[str] | None:
    """The fields of the line of a socket."""
    at = table.find(f" {local} {remote} ")
    if at < 0:
        return None
    end = table.find("\n", at)
    fields = table[table.rfind("\n", 0, at) + 1 : end if end >= 0 else len(table)].split()
    return fields if len(fields) > _INODE else None


def _forms(host: str, port: int) -> list[str]:
    """How the tables may write an address: an IPv4 one also as that of an IPv6 socket."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return [_form(address.packed, port)]
        address = address.ipv4_mapped
    mapped = b"\0" * 10 + b"\xff\xff" + address.packed
    return [_form(address.packed, port), _form(mapped, port)]


def _form(packed: bytes, port: int) -> str:
    words = (int.from_bytes(packed[i : i + 4], sys.byteorder) for i in range(0, len(packed), 4))
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"


def _read_tables() -> list[str]:
    found = []
    for path in _TABLES:
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                found.append(file.read())
        except OSError:
            pass
    return found


class Peer:
    """The other end of a connection to us; looked up once, when somebody asks.

    Args:
        sock: Our end, connected.
    """

    def __init__(self, sock: socket.socket | TransportSocket) -> None:
        self._is_own: bool | None = None
        self._ends: tuple[tuple[str, int], tuple[str, int], int] | None = None
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            try:
                self._ends = sock.getsockname()[:2], sock.getpeername()[:2], os.fstat(sock.fileno()).st_ino
            except OSError:  # gone already
                pass

    @property
    def is_known(self) -> bool:
        """Whether it was looked up."""
        return self._is_own is not None

    def is_own(self) -> bool:
        """Whether the other end is of this machine, and of this process's user or root. The first call reads files."""
        if self._is_own is None:
            self._is_own = self._look()
        return self._is_own

    def _look(self) -> bool:
        if self._ends is None or not ipaddress.ip_address(self._ends[1][0].partition("%")[0]).is_loopback:
            return False
        uid = find_owner(_read_tables(), *self._ends)
        return uid is not None and uid in (os.geteuid(), _ROOT)


def can_tell_users(host: str) -> bool:
    """Whether users are told apart here: tried with a connection of our own.

    Args:
        host: The loopback address or name that will be listened at.
    """
    if not sys.platform.startswith("linux") or _may_be_anybody(os.geteuid()):
        return False
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listening:
            listening.bind(address)
            listening.listen(1)
            listening.settimeout(_PATIENCE_S)
            with socket.create_connection(listening.getsockname()[:2], _PATIENCE_S) as near:
                far, far_address = listening.accept()
                with far:
                    return far_address == near.getsockname() and Peer(far).is_own()
    except (OSError, ValueError):
        return False


def _may_be_anybody(uid: int) -> bool:
    """Whether the kernel shows other users under this id, too: those that our user namespace does not know."""
    try:
        with open(_UID_MAP, encoding="ascii") as file:
            knows_all = file.read().split() == ["0", "0", str(_ALL_UIDS)]
        with open(_OVERFLOW_UID, encoding="ascii") as file:
            return not knows_all and uid == int(file.read())
    except (OSError, ValueError):
        return True
