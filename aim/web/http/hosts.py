"""Under which names the server may be addressed, and from which pages a request counts as the server's own.

A foreign page can bind its own name to 127.0.0.1 (DNS rebinding): its requests then carry that name in the Host header.
And it can send requests from the browser of a user who has the UI open (CSRF): these carry its name in Origin.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.datastructures import Headers

__all__ = ["Hosts", "is_loopback", "read_allowed_host"]

_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_USUAL_PORTS: Final = (None, 80, 443)
"""A browser leaves these out of what it sends."""
_FORMS: Final = "write aim.example.com, aim.example.com:8080, *.example.com, [2001:db8::1], or * for any"


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own, unreachable from others."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _parse_host(header: str) -> tuple[str, int | None] | None:
    """Name (lower case, without brackets) and port in a Host header; None if it is malformed."""
    try:
        parts = urlsplit("//" + header)
        name = parts.hostname
        port = parts.port
    except ValueError:
        return None
    if not name or parts.path or parts.query or parts.fragment or "@" in header:
        return None
    return name.rstrip("."), port


@dataclass(frozen=True, slots=True)
class _Allowed:
    """A name that ``--allowed-host`` gave.

    Attributes:
        name: Lower case; "*": any.
        port: The only one allowed; None: any.
        with_names_below: Names below it are meant, not the name itself.
    """

    name: str
    port: int | None = None
    with_names_below: bool = False

    def fits(self, name: str, port: int | None) -> bool:
        if self.port is not None and port != self.port and not (self.port in _USUAL_PORTS and port is None):
            return False
        if self.with_names_below:
            return name.endswith("." + self.name)
        return self.name in ("*", name)


def read_allowed_host(text: str) -> _Allowed:
    """What ``--allowed-host`` means.

    Raises:
        ValueError: it has no form that a request could fit.
    """
    wrong = ValueError(f"{text!r:.200} cannot be a host: {_FORMS}")
    rest = text.strip().lower()
    if rest == "*":
        return _Allowed("*")
    scheme, separator, after = rest.partition("://")
    if separator:
        if scheme not in ("http", "https"):
            raise wrong
        rest = after.removesuffix("/")
    if _is_address(rest):  # IPv6 without brackets has no port
        return _Allowed(str(ipaddress.ip_address(rest)))
    below = rest.startswith("*.")
    parsed = _parse_host(rest[2:] if below else rest)
    if parsed is None:
        raise wrong
    name, port = parsed
    if _is_address(name) and not below:
        return _Allowed(str(ipaddress.ip_address(name)), port)
    if not _NAME.fullmatch(name) or rest.endswith(":"):
        raise wrong
    return _Allowed(name, port, below)


class Hosts:
    """The names under which a server may be addressed.

    Args:
        bound: What the server listens at.
        allowed: Further names, as given to ``--allowed-host``.

    Raises:
        ValueError: one of them cannot be a name.
    """

    def __init__(self, bound: str, allowed: Iterable[str] = ()) -> None:
        bound = bound.strip("[]").lower()
        self._named = [read_allowed_host(text) for text in allowed]
        # An address in a Host header cannot come from a rebound name.
        self._any_address = not is_loopback(bound)
        self._names = {bound}
        if self._any_address:
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    def allow(self, header: str | None) -> bool:
        """Whether a request with this Host header is meant for us."""
        parsed = _parse_host(header) if header else None
        if parsed is None:
            return False
        name, port = parsed
        if name in self._names or is_loopback(name) or (self._any_address and _is_address(name)):
            return True
        return any(allowed.fits(_normal(name), port) for allowed in self._named)

    def is_own_page(self, headers: Headers) -> bool:
        """Whether a browser, if it is one, sends this from a page of ours.

        Behind a proxy that rewrites Host the name in Origin is the proxy's: it counts where ``--allowed-host`` names
        it, or where the browser itself says that page and address are of one origin.
        """
        origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
        if len(origins) > 1 or len(sites) > 1:  # no browser sends two: which one would count?
            return False
        site = sites[0] if sites else None
        if site not in (None, "same-origin", "none"):
            return False
        if not origins:
            return True
        try:
            place = urlsplit(origins[0]).netloc.lower()
        except ValueError:
            return False
        # The scheme is not compared: a proxy in front of this server may speak TLS.
        if place and place == (headers.get("host") or "").lower():
            return True
        parsed = _parse_host(place) if place else None
        if parsed is None:
            return False
        if site == "same-origin":
            return True
        name, port = parsed
        return any(allowed.name != "*" and allowed.fits(_normal(name), port) for allowed in self._named)


def _normal(name: str) -> str:
    """An address in its usual form, so that ``[2001:DB8:0::1]`` is found; a name as it is."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
