"""Who may ask, and what a page may do: plain ASGI layers around the app.

- Host names: a page of an attacker whose name was bound to 127.0.0.1 (DNS rebinding) has the attacker's name in the
  Host header, and is refused.
- Changes: only from our own pages (Origin, Sec-Fetch-Site), and with a header that a form cannot send.
- Token: compared in constant time; comes once in the address or the form of a page and lives on in a cookie.
- Headers: a content security policy without any ``unsafe-*``; the nonce is new with every page.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aim.explore.service import Cancelled
from aim.web.http.access import is_passed_on
from aim.web.http.connections import PEER_KEY
from aim.web.http.errors import error_response
from aim.web.http.hosts import Hosts
from aim.web.http.peers import Peer
from aim.web.http.settings import WebSettings
from aim.web.http.token_page import read_token, token_page
from aim.web.http.tokens import TokenCheck

__all__ = ["HEALTH_PATH", "NONCE_KEY", "SecurityLayer", "base_path_of", "page_policy"]

_log = logging.getLogger("aim")

NONCE_KEY: Final = "aim.csp_nonce"
"""Where the scope of a request holds the nonce for its answer."""

HEALTH_PATH: Final = "/healthz"
"""Answers ``ok`` to everyone, and nothing else: for the health checks of containers."""

_BASE_KEY: Final = "aim.base_path"
_PREFIX: Final = re.compile(r"(/(?!\.{1,2}(/|$))([A-Za-z0-9._~@+-]|%[0-9A-Fa-f]{2})+)+/?")
"""The prefix that a proxy may name: nothing that has a meaning in a page or a header."""

_API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
_COOKIE_S: Final = 30 * 24 * 3600
_LOOKUPS: Final = 2
_SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")


def page_policy(nonce: str, frame_ancestors: str) -> str:
    """The content security policy of the UI's pages."""
    return (
        "default-src 'self'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self'; "
        "frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {frame_ancestors}"
    )


def base_path_of(request: Request) -> str:
    """The path under which the browser reaches this server: "" or "/prefix", as it is in addresses."""
    base: str = request.scope[_BASE_KEY]
    return base


def _forwarded_prefix(headers: Headers) -> str:
    """The path that a proxy says it removed; "" if it names none, or none that is valid."""
    said = headers.getlist("x-forwarded-prefix")
    if len(said) != 1 or not _PREFIX.fullmatch(said[0]):
        return ""
    return said[0].rstrip("/")


class SecurityLayer:
    """The outermost layer of the app.

    Args:
        app: What is protected.
        settings: Hosts, token, base path, limits.

    Raises:
        ValueError: a host or the token cannot be one.
    """

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings
        self._hosts = Hosts(settings.host, settings.allowed_hosts)
        self._token = None if settings.token is None else TokenCheck(settings.token)
        self._lookups: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no websockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        scope[NONCE_KEY] = secrets.token_urlsafe(18)
        send = self._with_headers(scope, send)
        refusal = self._refusal(scope) or await self._token_refusal(scope, receive)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        limited = _LimitedBody(receive, self._settings.max_body_bytes)
        if limited.is_too_long(Headers(scope=scope).get("content-length")):
            await self._too_large()(scope, receive, send)
            return
        is_answered = False

        async def watch(message: Message) -> None:
            nonlocal is_answered
            if limited.exceeded and not is_answered:
                is_answered = True
                await self._too_large()(scope, receive, send)
            if not limited.exceeded:
                is_answered = True
                await send(message)

        try:
            await self._app(scope, limited.receive, watch)
        except (Cancelled, ClientDisconnect):
            return
        except Exception as error:  # a bug of ours; the answer has our headers, too
            if is_answered:
                raise
            _log.exception("unexpected error", exc_info=error)
            message = f"unexpected {type(error).__name__}; see the server's log"
            await error_response(500, message)(scope, receive, send)

    def _too_large(self) -> Response:
        limit_mb = self._settings.max_body_bytes / 2**20
        return error_response(413, f"the request is larger than {limit_mb:g} MB", code="too_large")

    # -- who may ask

    def _refusal(self, scope: Scope) -> Response | None:
        """An answer to whoever may not ask, or asks for nothing of the repo; else None, and the base path is off."""
        headers = Headers(scope=scope)
        path: str = scope["path"]
        base = self._settings.base_path
        is_below = bool(base) and path.startswith(base + "/")
        if is_below:  # else a proxy took it off
            path = path[len(base) :]
        scope[_BASE_KEY] = base or _forwarded_prefix(headers)
        if path == HEALTH_PATH:
            return _health(scope["method"])
        host = headers.get("host")
        if len(headers.getlist("host")) != 1 or not self._hosts.allow(host):
            return error_response(
                403,
                f"this server does not accept requests for host {host!r:.200}. "
                "If it is meant to, start it with --allowed-host NAME",
            )
        if scope["method"] not in _SAFE_METHODS and not self._hosts.is_own_page(headers):
            return error_response(
                403,
                "requests from other sites are refused. "
                "If this is a page of ours behind a proxy, start the server with --allowed-host and the proxy's name",
            )
        if base and path == base and scope["method"] in _SAFE_METHODS:
            query = scope.get("query_string", b"").decode("latin-1")
            return RedirectResponse(f"{base}/" + (f"?{query}" if query else ""), status_code=307)
        if is_below:
            scope["path"] = path
            scope["raw_path"] = quote(path).encode("ascii")
        return None

    async def _token_refusal(self, scope: Scope, receive: Receive) -> Response | None:
        headers = Headers(scope=scope)
        path: str = scope["path"]
        if self._token is None:
            return None
        pairs = scope.get("query_string", b"").split(b"&")
        in_address = [pair[len(b"token=") :] for pair in pairs if pair.startswith(b"token=")]
        if in_address and self._token.is_token(unquote_to_bytes(in_address[-1].replace(b"+", b" "))):
            return None if path.startswith("/api/") else self._sign_in(scope, self._token)
        if self._token.is_shown(headers, _port(scope)):
            return None
        if self._settings.own_user_is_free and not is_passed_on(headers) and await self._is_own_user(scope):
            return None
        if path.startswith("/api/"):
            return error_response(403, "a token is required: open the address with ?token= printed by `aim up`")
        given = await read_token(headers, receive) if scope["method"] == "POST" else None
        if given is not None and self._token.is_token(given):
            return self._sign_in(scope, self._token)
        return token_page(scope[NONCE_KEY], is_wrong=given is not None or bool(in_address))

    async def _is_own_user(self, scope: Scope) -> bool:
        """Whether the connection is one of the server's own user."""
        peer: Peer | None = scope.get("state", {}).get(PEER_KEY)
        if peer is None:
            return False
        if not peer.is_known:  # the kernel's table of connections may be long
            if self._lookups is None:  # few at a time: strangers are not to take the threads that queries need
                self._lookups = anyio.CapacityLimiter(_LOOKUPS)
            await anyio.to_thread.run_sync(peer.is_own, limiter=self._lookups)
        return peer.is_own()

    def _sign_in(self, scope: Scope, token: TokenCheck) -> Response:
        """Keep in a cookie that the token is known, and redirect to the same page without it in the address."""
        base: str = scope[_BASE_KEY]
        path: str = scope["path"]
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        query = [pair for pair in query if pair[0] != "token"]
        target = base + quote("/" + path.lstrip("/"), safe="/~-._!$&'()*+,;=:@")  # never "//host"
        if query:
            target += "?" + urlencode(query)
        response = RedirectResponse(target, status_code=303)
        response.set_cookie(
            token.cookie_name(_port(scope)),
            token.cookie_value,
            httponly=True,
            samesite="lax",
            path=base or "/",
            max_age=_COOKIE_S,
        )
        return response

    # -- what a page may do

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_api = scope["path"].startswith("/api/")
                policy = _API_POLICY if is_api else page_policy(scope[NONCE_KEY], self._settings.frame_ancestors)
                headers.setdefault("content-security-policy", policy)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "same-origin")
                headers.setdefault("cross-origin-resource-policy", "same-origin")
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return with_headers


class _LimitedBody:
    """Reads a body up to a limit, also one that does not state its length."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self.exceeded = False

    def is_too_long(self, content_length: str | None) -> bool:
        return content_length is not None and content_length.isdigit() and int(content_length) > self._limit

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > self._limit:
                self.exceeded = True
                return {"type": "http.request", "body": b"", "more_body": False}
        return message


def _port(scope: Scope) -> int:
    """At which the request came in."""
    server: tuple[str, int | None] | None = scope.get("server")
    return (server[1] if server else None) or 0


def _health(method: str) -> Response:
    if method not in ("GET", "HEAD"):
        return error_response(405, "only GET is answered here", headers={"allow": "GET, HEAD"})
    return PlainTextResponse("ok\n")
