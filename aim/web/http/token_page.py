"""The page for a browser that has not shown the token: it asks for it."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import Receive

__all__ = ["read_token", "token_page"]

_MAX_FORM_BYTES: Final = 16 * 1024
"""More than a token has, each character of it written as ``%XX``."""

_WRONG: Final = (
    '<p id="wrong" role="alert">That is not the token of this server. It is behind <code>?token=</code> in the address '
    "that <code>aim up</code> printed.</p>"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Aim: token required</title>
<style nonce="{nonce}">
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 32rem; padding: 0 1rem }}
form {{ display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }}
label {{ flex: 1 1 100% }}
input {{ flex: 1 1 16rem; font: inherit; padding: .375rem .5rem }}
button {{ font: inherit; padding: .375rem 1rem }}
</style></head>
<body><main><h1>Token required</h1>
<p>Whoever started this server has the token: it is the part behind <code>?token=</code> of the address that
<code>aim up</code> printed.</p>
{wrong}<form method="post"><label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus{described}>
<button>Open Aim</button></form></main></body></html>
"""


def token_page(nonce: str, *, is_wrong: bool = False) -> HTMLResponse:
    """The page, as an answer with status 403.

    Args:
        nonce: Of the content security policy of the answer.
        is_wrong: A token was sent, and it is another one.
    """
    described = ' aria-invalid="true" aria-describedby="wrong"' if is_wrong else ""
    page = _PAGE.format(nonce=nonce, wrong=_WRONG if is_wrong else "", described=described)
    return HTMLResponse(page, status_code=403)


async def read_token(headers: Headers, receive: Receive) -> bytes | None:
    """The token in the form of the page; None if the request is not that form."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return None
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > _MAX_FORM_BYTES:
            return None
        if not message.get("more_body", False):
            break
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name == b"token":
            return unquote_to_bytes(value.replace(b"+", b" "))
    return None
