"""The UI's files: index.html for every page, hashed assets, and a page in their place where the UI was not built."""

from __future__ import annotations

import gzip
import html
import os
import re
from functools import lru_cache
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.responses import FileResponse, HTMLResponse

from aim.web.http.docs_page import docs_page
from aim.web.http.errors import ApiError
from aim.web.http.security import NONCE_KEY, base_path_of
from aim.web.http.settings import WebSettings

__all__ = ["fill_index", "has_ui", "static_router"]

IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""For files with a hash of their content in the name."""
REVALIDATE: Final = "no-cache"

_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
"""Not asked of the system, whose table may be wrong or changed; with nosniff a wrong type is an unusable file."""

_COMPRESSED: Final = ("text/javascript", "text/css", "application/json", "image/svg+xml", "application/wasm")

_OWN_FILE: Final = re.compile(r'\b(src|href)="\./')
_BASE_TAG: Final = re.compile(r"[ \t]*<base\b[^>]*>\n?")


def has_ui(settings: WebSettings) -> bool:
    """Whether the UI was built."""
    return os.path.isfile(os.path.join(settings.static_dir, "index.html"))


def fill_index(text: str, *, base_path: str, nonce: str) -> str:
    """index.html for one answer: with the app's path, and the nonce for the styles that scripts make.

    The policy forbids ``<base>``, so the addresses of the page's own files are written out.
    """
    base = html.escape(base_path + "/", quote=True)
    text = _BASE_TAG.sub("", text)
    text = _OWN_FILE.sub(lambda match: f'{match[1]}="{base}', text)
    text = _fill_meta(text, "aim-base", base)
    return _fill_meta(text, "csp-nonce", html.escape(nonce, quote=True))


def _fill_meta(text: str, name: str, content: str) -> str:
    tag = f'<meta name="{name}" content="{content}" />'
    pattern = re.compile(rf'<meta\s+name="{name}"[^>]*>')
    if pattern.search(text):
        return pattern.sub(lambda _: tag, text, count=1)
    return text.replace("<head>", f"<head>{tag}", 1)


def _file(settings: WebSettings, path: str) -> str | None:
    """The static file at a path of the address; None if there is none, or it would be outside of the folder."""
    root = os.path.realpath(settings.static_dir)
    if "\0" in path or "\\" in path:
        return None
    full = os.path.realpath(os.path.join(root, *[part for part in path.split("/") if part]))
    if not full.startswith(root + os.sep) or not os.path.isfile(full):
        return None
    return full


def _file_response(request: Request, full: str, cache: str) -> Response:
    media_type = _TYPES.get(os.path.splitext(full)[1].lower(), "application/octet-stream")
    headers = {"cache-control": cache}
    if media_type in _COMPRESSED:
        headers["vary"] = "Accept-Encoding"
        if _accepts_gzip(request.headers.get("accept-encoding", "")):
            status = os.stat(full)
            data = _gzipped(full, status.st_mtime_ns, status.st_size)
            return Response(data, media_type=media_type, headers={**headers, "content-encoding": "gzip"})
    return FileResponse(full, media_type=media_type, headers=headers)


def _accepts_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() == "gzip":
            return quality.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


@lru_cache(maxsize=256)
def _gzipped(full: str, mtime_ns: int, size_bytes: int) -> bytes:
    """The file compressed, once for each of its versions."""
    with open(full, "rb") as file:
        return gzip.compress(file.read(), mtime=0)


def static_router(settings: WebSettings) -> APIRouter:
    """The routes of everything that is not the API, for a server with these settings."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/docs", methods=["GET", "HEAD"])
    def docs(request: Request) -> Response:
        """The API's description for people."""
        app: FastAPI = request.app
        text = docs_page(app.openapi(), base_path=base_path_of(request), nonce=request.scope[NONCE_KEY])
        return HTMLResponse(text, headers={"cache-control": REVALIDATE})

    @router.api_route("/assets/{path:path}", methods=["GET", "HEAD"])
    def asset(path: str, request: Request) -> Response:
        """A file whose name holds the hash of its content."""
        full = _file(settings, "assets/" + path)
        if full is None:
            raise ApiError(404, "no such file")
        return _file_response(request, full, IMMUTABLE)

    @router.api_route("/api/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    def no_such_api(path: str) -> Response:
        """Everything below /api that is not part of it."""
        raise ApiError(404, f"the API has no {path!r:.100}; /docs lists what it has")

    @router.api_route("/{path:path}", methods=["GET", "HEAD"])
    def page(path: str, request: Request) -> Response:
        """A file of the UI if there is one of that name, else the UI itself, which finds the page by its address."""
        if path and path != "index.html":
            full = _file(settings, path)
            if full is not None:
                return _file_response(request, full, REVALIDATE)
        return _index_page(request, settings)

    return router


def _index_page(request: Request, settings: WebSettings) -> Response:
    nonce = request.scope[NONCE_KEY]
    if not has_ui(settings):
        return HTMLResponse(_NO_UI_PAGE.replace("BASE", html.escape(base_path_of(request))), status_code=503)
    with open(os.path.join(settings.static_dir, "index.html"), encoding="utf-8") as file:
        text = file.read()
    return HTMLResponse(
        fill_index(text, base_path=base_path_of(request), nonce=nonce), headers={"cache-control": REVALIDATE}
    )


_NO_UI_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Aim</title></head>
<body><h1>The web UI was not built</h1>
<p>This copy of Aim was installed without it (AIM_UI_BUILD=skip, or a checkout in which it was never built).
To build it, run <code>pip install .</code> or <code>pip install -e .</code> again in the source folder.</p>
<p>The API works: see <a href="BASE/docs">its description</a>.</p></body></html>
"""
