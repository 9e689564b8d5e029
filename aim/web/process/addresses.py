"""The addresses that are printed and opened."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from urllib.parse import quote

from aim.web.http.hosts import is_loopback

__all__ = ["is_any_address", "make_url", "urls_for_other_machines", "with_token"]

_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of documentation. A datagram socket that is connected to one sends nothing, and knows its own address."""


def make_url(host: str, port: int, *, base_path: str = "", token: str | None = None) -> str:
    """The address to open on this machine.

    Args:
        host: What is listened at.
        port: Of the socket.
        base_path: In normal form.
        token: To be part of the address.
    """
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return with_token(f"http://{name}:{port}{base_path}/", token)


def with_token(url: str, token: str | None) -> str:
    """An address without a token, with one."""
    return f"{url}?token={quote(token, safe='')}" if token else url


def is_any_address(host: str) -> bool:
    """Whether a server that listens there is reached at every address of its machine."""
    try:
        return not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def urls_for_other_machines(host: str, port: int, *, base_path: str = "", token: str | None = None) -> list[str]:
    """The addresses that other machines may open, the one with the machine's name first; [] if only one is listened at.

    Args:
        host, port, base_path, token: As in :func:`make_url`.
    """
    if not is_any_address(host):
        return []
    name = socket.gethostname()
    has_ipv6 = ":" in host
    numbers: dict[str, None] = {}
    for family, far in _FAR:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((far, 9))
            numbers[str(sock.getsockname()[0])] = None
    with contextlib.suppress(OSError):
        numbers.update((str(info[4][0]), None) for info in socket.getaddrinfo(name, None))
    shown = [number for number in numbers if _is_for_others(number) and (has_ipv6 or ":" not in number)]
    names = [name] if name and not is_loopback(name) else []
    return [make_url(each, port, base_path=base_path, token=token) for each in (*names, *shown)]


def _is_for_others(number: str) -> bool:
    try:
        found = ipaddress.ip_address(number)
    except ValueError:  # with a zone
        return False
    return not (found.is_loopback or found.is_link_local or found.is_unspecified)
