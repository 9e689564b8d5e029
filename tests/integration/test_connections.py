"""Clients that begin and do not go on: they are ended, and others are served meanwhile."""

from __future__ import annotations

import json
import resource
import select
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.unit.web.support import LiveServer, record

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half"
PATIENCE_S = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    repo = tmp_path_factory.mktemp("served")
    record(repo)
    limits = {"head_s": 0.5, "answer_s": 0.5, "body_rate": 10_000, "idle_s": 0.5, "connections": 100}
    with LiveServer(repo, limits=limits) as server:
        yield server


def connect(server: LiveServer, begin: bytes = b"") -> socket.socket:
    address = urlsplit(server.url)
    assert address.hostname is not None
    sock = socket.create_connection((address.hostname, address.port or 0), timeout=PATIENCE_S)
    sock.sendall(begin)
    return sock


def rest(sock: socket.socket) -> bytes:
    """What still comes until the other side ends the connection."""
    found = b""
    try:
        while data := sock.recv(65536):
            found += data
    except ConnectionResetError:
        pass
    sock.close()
    return found


def info(server: LiveServer) -> int:
    with urllib.request.urlopen(f"{server.url}/api/v1/info", timeout=PATIENCE_S) as response:
        return int(response.status)


def test_50_half_sent_heads_are_ended(server: LiveServer) -> None:
    half = [connect(server, HALF) for _ in range(50)]
    assert info(server) == 200
    assert [rest(sock) for sock in half] == [b""] * 50


def test_connections_on_which_nothing_comes_are_ended(server: LiveServer) -> None:
    assert rest(connect(server)) == b""
    answered = rest(connect(server, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
    assert answered.startswith(b"HTTP/1.1 200") and answered.endswith(b"ok\n"), (
        "kept for another request, which never came"
    )


def test_a_head_that_drips_is_ended_like_one_that_stopped(server: LiveServer) -> None:
    sock = connect(server, HALF)
    with pytest.raises(OSError):
        while True:
            sock.sendall(b"x")
            select.select([sock], [], [], 0.05)
    sock.close()
    assert info(server) == 200


def test_a_second_head_that_drips_is_ended_too(server: LiveServer) -> None:
    sock = connect(server, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert sock.recv(65536).startswith(b"HTTP/1.1 200")
    with pytest.raises(OSError):
        while True:
            sock.sendall(b"G")
            select.select([], [], [], 0.05)
    sock.close()


def test_a_body_that_drips_is_ended_and_one_that_flows_is_answered(server: LiveServer) -> None:
    head = (
        b"POST /api/v1/runs/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nContent-Length: 100000\r\n\r\n"
    )
    drips, flows = connect(server, head), connect(server, head)
    body = b'{"q": ""}'.ljust(100_000)
    for at in range(0, 100_000, 5_000):  # takes longer than a head may
        flows.sendall(body[at : at + 5_000])
        select.select([], [], [], 0.05)
    assert rest(flows).startswith(b"HTTP/1.1 200")
    with pytest.raises(OSError):
        while True:
            drips.sendall(b" ")
            select.select([], [], [], 0.05)
    drips.close()


def test_an_answer_that_is_not_taken_is_given_up(server: LiveServer) -> None:
    request = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    sock = connect(server)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.sendall(request * 500)
    poll = select.poll()
    poll.register(sock, 0)  # errors and the end of the connection only
    assert poll.poll(PATIENCE_S * 1000)
    sock.close()
    assert info(server) == 200


def test_a_live_stream_goes_on_for_as_long_as_somebody_listens(server: LiveServer) -> None:
    sock = connect(server, b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    stream = sock.makefile("rb")
    while not stream.readline().startswith(b"event: hello"):
        pass
    assert rest(connect(server, HALF)) == b""  # longer than any limit
    record(server.repo)
    while not stream.readline().startswith(b"event: change"):
        pass
    stream.close()
    sock.close()


@pytest.mark.slow
def test_where_connections_run_out_those_that_keep_waiting_the_longest_make_room(tmp_path: Path) -> None:
    record(tmp_path)
    with LiveServer(tmp_path, limits={"head_s": 600, "connections": 10}) as server:
        live = connect(server, b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert live.recv(100).startswith(b"HTTP/1.1 200")
        half = []
        for _ in range(30):
            half.append(connect(server, HALF))
            assert info(server) == 200
        for sock in half[:20]:
            assert rest(sock) == b""
        live.setblocking(False)
        try:
            assert live.recv(65536), "who is being answered is not cut off"
        except BlockingIOError:
            pass
        for sock in (live, *half[20:]):
            sock.close()


def test_with_few_descriptors_the_honest_are_served_and_little_is_written(tmp_path: Path) -> None:
    record(tmp_path)
    log = tmp_path / "log"
    with (
        open(log, "wb") as file,
        LiveServer(
            tmp_path, limits=None, stderr=file, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        ) as server,
    ):
        half = [connect(server, HALF) for _ in range(300)]
        for _ in range(5):
            assert info(server) == 200
            for _ in range(80):
                half.append(connect(server, b"no HTTP\r\n\r\n"))
        for sock in half:
            sock.close()
    assert log.stat().st_size < 20_000, log.read_text()[-3000:]


def test_half_of_the_descriptors_are_left_for_the_repo() -> None:
    code = (
        "import json, resource, sys\n"
        "from aim.web.http.connections import limits_here\n"
        "for n in (1024, 256, 64):\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))\n"
        "    found = limits_here()\n"
        "    print(json.dumps([found.connections, found.accepted_at_once]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [[512, 64], [128, 16], [32, 4]]
