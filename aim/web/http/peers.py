"""Whose a connection is: the user at its other end, on this machine.

Known on Linux, which lists every TCP socket with the user that made it. Where it does not, or where it cannot be
trusted, no user is known: then a token decides.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from asyncio.trsock import TransportSocket
from collections.abc import Callable
from typing import Final

from aim.web.http.sockets import Address, SocketFacts, find_socket, find_socket_slowly

__all__ = ["Peer", "can_tell_users", "find_owner"]

_UID_MAP: Final = "/proc/self/uid_map"
_OVERFLOW_UID: Final = "/proc/sys/kernel/overflowuid"
_ALL_UIDS: Final = 2**32 - 1
_PATIENCE_S: Final = 5.0
_ROOT: Final = 0

_CONNECTED: Final = (1, 4, 5)
"""States: established, and closed for writing. Not: being opened, or a listening one."""


def find_owner(
    find: Callable[[Address, Address], SocketFacts | None], near: Address, far: Address, inode: int
) -> int | None:
    """The user that made the socket at the far end of a connection.

    Args:
        find: Finds an end by its own address and the other one.
        near, far: Of our end and of the other.
        inode: Of our end.

    Returns:
        A user id; None if it cannot be found out. A socket that its process has closed has no inode and is, on many
        kernels, root's: it proves nothing. And once our end is gone, another connection may have the addresses.
    """
    theirs = find(far, near)
    if theirs is None or theirs.inode == 0 or theirs.state not in _CONNECTED:
        return None
    ours = find(near, far)
    return theirs.uid if ours is not None and ours.inode == inode else None


class Peer:
    """The other end of a connection to us; looked up once, at the first question.

    Args:
        sock: Our end, connected.
    """

    def __init__(self, sock: socket.socket | TransportSocket) -> None:
        self._is_own: bool | None = None
        self._ends: tuple[Address, Address, int] | None = None
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
        """Whether the other end is of this machine, and of our user or root. The first call asks the kernel."""
        if self._is_own is None:
            self._is_own = self._look()
        return self._is_own

    def _look(self) -> bool:
        if self._ends is None or not ipaddress.ip_address(self._ends[1][0].partition("%")[0]).is_loopback:
            return False
        try:
            uid = find_owner(find_socket, *self._ends)
        except OSError:
            uid = find_owner(find_socket_slowly, *self._ends)
        return uid is not None and uid in (os.geteuid(), _ROOT)


def can_tell_users(host: str) -> bool:
    """Whether users can be told apart here: tried with a connection to ourselves.

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
