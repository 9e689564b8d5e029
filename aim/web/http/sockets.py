"""What Linux knows of a TCP socket of this machine: its state, the user that made it, its inode.

Asked for one socket over netlink (``sock_diag(7)``), which takes a tenth of a millisecond. Where that is not allowed
the kernel's tables (``/proc/net/tcp``, ``tcp6``) are read: they show the same, in 20 ms and more.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Final

__all__ = ["Address", "SocketFacts", "find_in_tables", "find_socket", "find_socket_slowly"]

Address = tuple[str, int]
"""An IP address in its usual form, and a port."""

_TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
_STATE, _UID, _INODE = 3, 7, 9
"""Columns of the tables."""

_SOCK_DIAG: Final = 4  # a netlink protocol
_BY_FAMILY: Final = 20
_REQUEST: Final = 1
_ERROR: Final = 2
_HEAD: Final = struct.Struct("=IHHII")
_WANTED: Final = struct.Struct("=BBBxI")
_PORTS: Final = struct.Struct("!HH")
_ANY_DEVICE_NO_COOKIE: Final = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
_ALL_STATES: Final = 0xFFFFFFFF
_STATE_AT: Final = _HEAD.size + 1
_PORTS_AT: Final = _HEAD.size + 4
_OWNER: Final = struct.Struct("=II")
_OWNER_AT: Final = _HEAD.size + 4 + 48 + 12
_ANSWER_BYTES: Final = 8192
_PATIENCE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class SocketFacts:
    """Of one end of a connection.

    Attributes:
        state: As in the kernel's ``tcp_states.h``.
        uid: Of the user that made it; of one that its process has closed it is 0, or true, by version.
        inode: 0 if its process has closed it.
    """

    state: int
    uid: int
    inode: int


def find_socket(local: Address, remote: Address) -> SocketFacts | None:
    """The end at `local` of a connection to `remote`; None if there is none.

    Raises:
        OSError: the kernel does not answer such questions here.
    """
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError("no netlink here")
    ours, theirs = _plain(local[0]), _plain(remote[0])
    family = socket.AF_INET if ours.version == 4 else socket.AF_INET6
    ports = _PORTS.pack(local[1], remote[1])
    which = ports + ours.packed.ljust(16, b"\0") + theirs.packed.ljust(16, b"\0") + _ANY_DEVICE_NO_COOKIE
    question = _WANTED.pack(family, socket.IPPROTO_TCP, 0, _ALL_STATES) + which
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as netlink:
        netlink.settimeout(_PATIENCE_S)
        netlink.send(_HEAD.pack(_HEAD.size + len(question), _BY_FAMILY, _REQUEST, 1, 0) + question)
        answer = netlink.recv(_ANSWER_BYTES)
    _, kind, *_ = _HEAD.unpack_from(answer)
    if kind == _ERROR:
        (number,) = struct.unpack_from("=i", answer, _HEAD.size)
        if -number == errno.ENOENT:
            return None
        raise OSError(-number, os.strerror(-number))
    if kind != _BY_FAMILY or len(answer) < _OWNER_AT + _OWNER.size:
        raise OSError("not an answer")
    if answer[_PORTS_AT : _PORTS_AT + len(ports)] != ports:  # one that listens at this port
        return None
    return SocketFacts(answer[_STATE_AT], *_OWNER.unpack_from(answer, _OWNER_AT))


def find_socket_slowly(local: Address, remote: Address) -> SocketFacts | None:
    """As :func:`find_socket`, from the tables."""
    tables = []
    for path in _TABLES:
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                tables.append(file.read())
        except OSError:
            pass
    return find_in_tables(tables, local, remote)


def find_in_tables(tables: list[str], local: Address, remote: Address) -> SocketFacts | None:
    """The end at `local` of a connection to `remote`, in the contents of the kernel's tables."""
    for local_form, remote_form in zip(_forms(*local), _forms(*remote), strict=True):
        for table in tables:
            at = table.find(f" {local_form} {remote_form} ")
            if at < 0:
                continue
            end = table.find("\n", at)
            fields = table[table.rfind("\n", 0, at) + 1 : end if end >= 0 else len(table)].split()
            if len(fields) > _INODE:
                return SocketFacts(int(fields[_STATE], 16), int(fields[_UID]), int(fields[_INODE]))
    return None


def _plain(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address; that of an IPv6 socket with an IPv4 peer as the IPv4 one that it is."""
    address = ipaddress.ip_address(host.partition("%")[0])
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def _forms(host: str, port: int) -> list[str]:
    """How the tables may write an address: an IPv4 one also as that of an IPv6 socket."""
    packed = _plain(host).packed
    if len(packed) == 16:
        return [_form(packed, port)]
    return [_form(packed, port), _form(b"\0" * 10 + b"\xff\xff" + packed, port)]


def _form(packed: bytes, port: int) -> str:
    words = (int.from_bytes(packed[i : i + 4], sys.byteorder) for i in range(0, len(packed), 4))
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"
