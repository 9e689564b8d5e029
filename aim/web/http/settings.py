"""What a server was started with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from aim.web.http.hosts import read_allowed_host
from aim.web.http.query_limit import DEFAULT_QUERY_LIMIT, QueryLimit
from aim.web.http.tokens import check_token

__all__ = ["MAX_BODY_BYTES", "STATIC_DIR", "WebSettings", "normal_base_path"]

STATIC_DIR: Final = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "static")
"""What the UI's sources are built into."""

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
"""A request's body; a query of megabytes is a mistake or an attack."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What a server was started with.

    Attributes:
        base_path: The path that everything is served under: "" or "/prefix", without a slash at the end.
        read_only: Nothing may be changed through this server.
        token: What a client must know; None: nothing.
        own_user_is_free: Connections of the server's own user, and of root, need no token; see
            :mod:`aim.web.http.peers`.
        host: The address that the server is bound to; names of the machine are accepted in Host headers only beyond
            loopback.
        allowed_hosts: Further names under which the server may be addressed, see
            :func:`aim.web.http.hosts.read_allowed_host`.
        frame_ancestors: Who may show the pages in a frame, as in a content security policy.
        static_dir: The built UI.
        max_body_bytes: See MAX_BODY_BYTES.
        query_limit: What one question may cost.

    Raises:
        ValueError: the token or a host cannot be one.
    """

    base_path: str = ""
    read_only: bool = False
    token: str | None = None
    own_user_is_free: bool = False
    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = ()
    frame_ancestors: str = "'self'"
    static_dir: str = STATIC_DIR
    max_body_bytes: int = MAX_BODY_BYTES
    query_limit: QueryLimit = DEFAULT_QUERY_LIMIT

    def __post_init__(self) -> None:
        if self.token is not None:
            check_token(self.token)
        for name in self.allowed_hosts:
            read_allowed_host(name)


def normal_base_path(path: str) -> str:
    """``"/prefix"`` for ``prefix/``, ``""`` for ``/``.

    Raises:
        ValueError: it contains characters other than letters, digits and ``-._~/``.
    """
    parts = [part for part in path.strip().split("/") if part]
    for part in parts:
        if part in (".", "..") or not all(c.isascii() and (c.isalnum() or c in "-._~") for c in part):
            raise ValueError(f"{path!r:.80} is not a base path: use letters, digits and -._~ between slashes")
    return "".join("/" + part for part in parts)
