"""Who may ask, and what a page may do: plain ASGI layers around the app.

- Host names: a page of an attacker whose name was bound to 127.0.0.1 (DNS rebinding) has the attacker's name in the
  Host header, and is refused.
- Changes: only from our own pages (Origin, Sec-Fetch-Site), and with a header that a form cannot send.
- Token: compared in constant time; comes once in the address of a page and lives on in a cookie.
- Headers: a content security policy without any ``unsafe-*``; the nonce is new with every page.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import secrets
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request, cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aim.web.errors import ApiError, error_response
from aim.web.service import Cancelled
from aim.web.settings import WebSettings

__all__ = ["NONCE_KEY", "SecurityLayer", "is_loopback", "page_policy", "require_change_allowed"]

_log = logging.getLogger("aim")

NONCE_KEY: Final = "aim.csp_nonce"
"""Where the scope of a request holds the nonce for its answer."""

CHANGE_HEADER: Final = "x-aim"
_API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
_SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")


def page_policy(nonce: str, frame_ancestors: str) -> str:
    """The content security policy of the UI's pages."""
    return (
        "default-src 'self'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self'; "
        "frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {frame_ancestors}"
    )


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


def host_of(header: str) -> str | None:
    """The name in a Host header, lower case, without port and brackets; None if it is malformed."""
    try:
        parts = urlsplit("//" + header)
        name = parts.hostname
        _ = parts.port
    except ValueError:
        return None
    if not name or parts.path or parts.query or parts.fragment or "@" in header:
        return None
    return name.rstrip(".")


class _Hosts:
    """The names under which the server may be addressed."""

    def __init__(self, settings: WebSettings) -> None:
        self._any = "*" in settings.allowed_hosts
        names = {name.strip("[]").lower().rstrip(".") for name in settings.allowed_hosts}
        bound = settings.host.strip("[]").lower()
        # An address in a Host header cannot come from a rebound name.
        self._any_address = not is_loopback(bound)
        if self._any_address:
            names |= {bound, socket.gethostname().lower(), socket.getfqdn().lower()}
        else:
            names.add(bound)
        self._names = names

    def allow(self, header: str | None) -> bool:
        name = host_of(header) if header else None
        if name is None:
            return False
        return self._any or name in self._names or is_loopback(name) or (self._any_address and _is_address(name))


class SecurityLayer:
    """The outermost layer of the app.

    Args:
        app: What is protected.
        settings: Hosts, token, base path, limits.
        open_paths: Paths (below the base path) that need no token.
    """

    def __init__(self, app: ASGIApp, settings: WebSettings, open_paths: Iterable[str] = ()) -> None:
        self._app = app
        self._settings = settings
        self._hosts = _Hosts(settings)
        self._open_paths = frozenset(open_paths)
        self.cookie_name = "aim_token"

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
        refusal = self._refusal(scope)
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
            message = f"unexpected {type(error).__name__}; the server's log says more"
            await error_response(500, message)(scope, receive, send)

    def _too_large(self) -> Response:
        limit_mb = self._settings.max_body_bytes / 2**20
        return error_response(413, f"the request is larger than {limit_mb:g} MB", code="too_large")

    # -- who may ask

    def _refusal(self, scope: Scope) -> Response | None:
        """Why not; None if the request may pass, with the base path taken off."""
        headers = Headers(scope=scope)
        host = headers.get("host")
        if len(headers.getlist("host")) != 1 or not self._hosts.allow(host):
            return error_response(
                403,
                f"this server does not answer to the name {host!r:.200}. "
                "If it is meant to, start it with --allowed-host NAME",
            )
        if scope["method"] not in _SAFE_METHODS and not _is_same_origin(headers):
            return error_response(403, "requests from other sites are refused")
        base = self._settings.base_path
        if base:
            path: str = scope["path"]
            if path in ("", "/", base) and scope["method"] in _SAFE_METHODS:
                query = scope.get("query_string", b"").decode("latin-1")
                return RedirectResponse(f"{base}/" + (f"?{query}" if query else ""), status_code=307)
            if not path.startswith(base + "/"):
                return error_response(404, f"everything here is under {base}/")
            scope["path"] = path[len(base) :]
            scope["raw_path"] = quote(scope["path"]).encode("ascii")
        return self._token_refusal(scope, headers)

    def _token_refusal(self, scope: Scope, headers: Headers) -> Response | None:
        token = self._settings.token
        path: str = scope["path"]
        if token is None or path in self._open_paths:
            return None
        if path.startswith("/assets/"):  # the UI's own code is no secret, and frames of it send no cookie
            return None
        given = [_bearer(headers), _cookie(headers, self.cookie_name)]
        if any(value is not None and _same(value, token) for value in given):
            return None
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        in_address = [value for key, value in query if key == "token"]
        if in_address and _same(in_address[-1], token):
            if path.startswith("/api/"):
                return None
            return self._sign_in(path, [pair for pair in query if pair[0] != "token"], token)
        if path.startswith("/api/"):
            return error_response(403, "a token is needed: open the address that `aim up` printed")
        return HTMLResponse(_NO_TOKEN_PAGE, status_code=403)

    def _sign_in(self, path: str, query: list[tuple[str, str]], token: str) -> Response:
        """Keep the token in a cookie, and go on to the same page without it in the address."""
        base = self._settings.base_path
        target = base + quote("/" + path.lstrip("/"), safe="/~-._!$&'()*+,;=:@")  # never "//host"
        if query:
            target += "?" + urlencode(query)
        response = RedirectResponse(target, status_code=303)
        response.set_cookie(self.cookie_name, token, httponly=True, samesite="lax", path=base or "/", max_age=2_592_000)
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
    """Reads a body up to a limit, also one that does not say how long it is."""

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


def _is_same_origin(headers: Headers) -> bool:
    """Whether a browser, if it is one, sends this from our own page."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    # The scheme is left out: before us may stand a proxy that speaks TLS.
    return urlsplit(origin).netloc.lower() == (headers.get("host") or "").lower()


def require_change_allowed(request: Request) -> None:
    """A dependency of everything that changes the repo.

    Raises:
        ApiError: the server is read-only, or the request could come from a foreign form.
    """
    settings: WebSettings = request.app.state.settings
    if settings.read_only:
        raise ApiError(403, "this server is read-only (it was started with --read-only)")
    if request.headers.get(CHANGE_HEADER) is None:
        raise ApiError(403, "requests that change something need the header X-Aim: 1")


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode("utf-8"))


def _bearer(headers: Headers) -> str | None:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def _cookie(headers: Headers, name: str) -> str | None:
    for header in headers.getlist("cookie"):
        value = cookie_parser(header).get(name)
        if value is not None:
            return value
    return None


_NO_TOKEN_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Aim: token needed</title></head>
<body><h1>Token needed</h1>
<p>Open the address that <code>aim up</code> printed; it ends in <code>?token=...</code></p></body></html>
"""
