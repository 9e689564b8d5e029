"""Who needs the token: decided once, when a server starts, and described in one sentence."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aim.web.http.hosts import is_loopback
from aim.web.http.peers import can_tell_users

if TYPE_CHECKING:
    from starlette.datastructures import Headers

__all__ = ["Access", "choose_access", "is_passed_on"]

_PASSED_ON: Final = frozenset(
    {
        "cf-connecting-ip",
        "client-ip",
        "fastly-client-ip",
        "forwarded",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-envoy-external-address",
        "x-forwarded",
        "x-original-forwarded-for",
        "x-original-host",
        "x-originating-ip",
        "x-real-ip",
        "x-remote-addr",
        "x-remote-ip",
    }
)
"""And whatever begins with ``x-forwarded-``. SECURITY.md lists them."""
_ABOUT_THE_ADDRESS: Final = frozenset({"x-forwarded-prefix", "x-forwarded-context"})
"""They say under which address a proxy serves this app, not who asks."""


def is_passed_on(headers: Headers) -> bool:
    """Whether a request came through a proxy: the connection is then the proxy's, and does not show the client."""
    names = set(headers.keys()) - _ABOUT_THE_ADDRESS
    return not names.isdisjoint(_PASSED_ON) or any(name.startswith("x-forwarded-") for name in names)


@dataclass(frozen=True, slots=True)
class Access:
    """Who needs the token.

    Attributes:
        token: What a client must know; None: nothing, every client is let in.
        is_made_up: The user did not give it.
        own_user_is_free: Connections of the server's own user, and of root, need no token.
        is_loopback: Only this machine reaches the server.
    """

    token: str | None
    is_made_up: bool
    own_user_is_free: bool
    is_loopback: bool

    @property
    def token_in_address(self) -> str | None:
        """The token, if the address that the user opens must hold it."""
        return None if self.own_user_is_free else self.token

    def sentence(self, url: str | None = None) -> str:
        """Who is let in, for the user who started the server.

        Args:
            url: The address with the token, where it may be shown.
        """
        if self.token is None:
            who = "every user of this machine" if self.is_loopback else "everyone who can reach this machine"
            return f"It is open to {who}: no token is required."
        if self.own_user_is_free:
            others = "It is open to your user on this machine; others, and requests through a proxy, need the token"
            return f"{others}: {url}" if url else f"{others}."
        return "Everyone needs the token."


def choose_access(
    host: str, *, base_path: str = "", token: str | None = None, no_token: bool = False, made_token: str | None = None
) -> Access:
    """Who needs the token.

    Args:
        host: What the server listens at.
        base_path: Where a proxy shows it: then connections are the proxy's.
        token: What the user wants every client to know.
        no_token: The user wants none.
        made_token: Use this where one is made up.
    """
    local = is_loopback(host)
    if no_token:
        return Access(None, False, False, local)
    if token is not None:
        return Access(token, False, False, local)
    free = local and not base_path and can_tell_users(host)
    return Access(made_token or secrets.token_urlsafe(24), True, free, local)
