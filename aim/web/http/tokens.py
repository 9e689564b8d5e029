"""The token: what may be one, and how a request shows that it knows it."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.datastructures import Headers

__all__ = ["TokenCheck", "check_token"]

_COOKIE: Final = "aim_token_{port}"
"""A browser keeps cookies by host, not by port: servers at two ports must not share a name."""


def check_token(token: str) -> str:
    """The token, if it can be one.

    Raises:
        ValueError: it is empty, as an unset variable is, or holds what no header can carry.
    """
    if not token.strip():
        raise ValueError("the token is empty (is the variable set that it comes from?)")
    if token != token.strip():
        raise ValueError("the token begins or ends with blanks")
    try:
        token.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("the token is not UTF-8") from None
    if any(ord(c) < 32 or ord(c) == 127 for c in token):
        raise ValueError("the token holds control characters")
    return token


class TokenCheck:
    """Compares what requests show with the token, in constant time.

    Args:
        token: As :func:`check_token` gave it.
    """

    def __init__(self, token: str) -> None:
        key = check_token(token).encode("utf-8")
        self._digest = hashlib.sha256(key).digest()
        self.cookie_value = hmac.new(key, b"aim cookie", hashlib.sha256).hexdigest()
        """What the cookie holds: not the token, which may be of characters that no cookie can hold."""

    def is_token(self, given: bytes) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(hashlib.sha256(given).digest(), self._digest)

    def is_shown(self, headers: Headers, port: int) -> bool:
        """Whether a request knows the token: from its Authorization header, or by the cookie of this port."""
        for header in headers.getlist("authorization"):
            scheme, _, value = header.partition(" ")
            # Headers come decoded as Latin-1, whatever their bytes mean.
            if scheme.lower() == "bearer" and self.is_token(value.strip().encode("latin-1")):
                return True
        name = self.cookie_name(port)
        for header in headers.getlist("cookie"):
            for part in header.split(";"):
                key, _, value = part.strip().partition("=")
                if key == name and hmac.compare_digest(value.encode("latin-1"), self.cookie_value.encode("ascii")):
                    return True
        return False

    def cookie_name(self, port: int) -> str:
        """Of the server at this port."""
        return _COOKIE.format(port=port)
