"""Signed in with a token, and behind a proxy: the browser gets every part of the pages, and keeps getting it."""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch

PREFIX = "/user/ada/proxy/1"


def test_two_servers_with_tokens_stay_signed_in_side_by_side(
    page: Page, watch: Watch, tmp_path: Path, serve: Callable[..., Server]
) -> None:
    addresses = []
    for name, token in (("brisk-otter", "first one"), ("calm-heron", "zweites+ö")):
        with aim.Run(repo=tmp_path / name, name=name) as run:
            run.track(1.0, name="loss")
        addresses.append((name, serve(tmp_path / name, "--token", token).url))
    for _, address in addresses:
        page.goto(address)
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        assert "token" not in page.url
    for name, address in addresses:
        page.goto(address.partition("?")[0] + "runs")
        expect(page.get_by_role("link", name=name)).to_be_visible()


class _Proxy(http.server.BaseHTTPRequestHandler):
    """Takes its prefix off, and rewrites the Host header."""

    protocol_version = "HTTP/1.1"
    upstream = ("", 0)

    def do_GET(self) -> None:
        if not self.path.startswith(PREFIX + "/"):
            self.send_error(404)
            return
        size = int(self.headers.get("content-length") or 0)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in ("host", "connection")}
        connection = http.client.HTTPConnection(*self.upstream, timeout=60)
        connection.request(
            self.command,
            self.path[len(PREFIX) :],
            self.rfile.read(size) if size else None,
            {**headers, "X-Forwarded-Prefix": PREFIX},
        )
        answer = connection.getresponse()
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in ("transfer-encoding", "connection", "content-length", "date"):
                self.send_header(key, value)
        self.send_header("connection", "close")
        self.end_headers()
        try:
            while data := answer.read1(65536):
                self.wfile.write(data)
                self.wfile.flush()
        except OSError:  # the page has gone on
            pass
        connection.close()
        self.close_connection = True

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_pages_lie_below_the_prefix_that_a_proxy_takes_off(
    page: Page,
    watch: Watch,
    repo: Path,
    run: str,
    serve: Callable[..., Server],
    proxy: http.server.ThreadingHTTPServer,
) -> None:
    upstream = urlsplit(serve(repo).url)
    assert upstream.hostname is not None and upstream.port is not None
    _Proxy.upstream = (upstream.hostname, upstream.port)
    url = f"http://127.0.0.1:{proxy.server_port}{PREFIX}"
    page.goto(url + "/")
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page).to_have_url(url + "/runs")
    page.get_by_role("link", name="brisk-otter").click()
    expect(page.get_by_role("heading", name="brisk-otter")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="brisk-otter")).to_be_visible()
    assert all(urlsplit(request.url).path.startswith(PREFIX + "/") for request in watch.requests)
