"""On one machine with several users: the server's own user and root come in without a token, nobody else does."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from aim.web.http.access import _PASSED_ON, choose_access, is_passed_on
from aim.web.http.peers import Peer, can_tell_users, find_owner
from aim.web.http.sockets import Address, SocketFacts, find_in_tables, find_socket, find_socket_slowly

linux = pytest.mark.skipif(sys.platform != "linux", reason="users of connections are known on Linux only")

_SCENE = """
import http.client, json, os, socket, sys, threading, urllib.request
from aim.storage.repo.repo_files import create_repo
from aim.web.app import create_app
from aim.web.process.serve import bind, serve
from aim.web.state import state_of
import aim

host, folder, own = sys.argv[1], sys.argv[2], 12345


def become(uid):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


with aim.Session(repo=folder) as session:
    session.track(1.0, name="loss")
layout = create_repo(folder)
sock = bind(host, 0)
at = sock.getsockname()[:2]
reading, writing = os.pipe()
bearer = {"Authorization": "Bearer the-token"}


def ask(method, path, headers={}, body=None):
    connection = http.client.HTTPConnection(*at, timeout=30)
    connection.request(method, path, body, {"X-Aim": "1", "Content-Type": "application/json", **headers})
    return connection.getresponse()


def begin():
    # What is loaded late cannot be loaded by every user: everything is asked for once before.
    for _, method, path, headers, body in asked:
        if not path.endswith("bulk"):
            ask(method, path, {**headers, **bearer}, body).close()
    for place, _, names in os.walk(folder):
        for name in (".", *names):
            os.chown(os.path.join(place, name), own, own)
    become(own)
    os.write(writing, b"1")


def answer(uid, method, path, headers, body):
    inside, outside = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(uid)
        response = ask(method, path, headers, body)
        os.write(outside, str(response.status).encode())
        os._exit(0)
    os.close(outside)
    with open(inside) as file:
        said = file.read()
    os.waitpid(pid, 0)
    return int(said or 0)


asked = json.loads(sys.stdin.read())
server = os.fork()
if server == 0:
    app = create_app(layout, token="the-token", own_user_is_free=True, host=host)
    threading.Thread(target=begin, daemon=True).start()
    serve(app, sock, stop=state_of(app).stop)
    os._exit(0)
sock.close()
os.read(reading, 1)
print(json.dumps([answer(*one) for one in asked]))
os.kill(server, 15)
os.waitpid(server, 0)
"""

_OWN, _ROOT, _NOBODY = 12345, 0, 65534
_WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach; pytest's own cannot be."""
    path = Path(tempfile.mkdtemp(prefix="aim-users-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@linux
@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to be several users")
@pytest.mark.parametrize(
    "host", ["127.0.0.1", *(pytest.param(h, marks=pytest.mark.slow) for h in ("::1", "localhost"))]
)
def test_another_user_of_the_machine_gets_nothing_and_ones_own_user_everything(host: str, open_folder: Path) -> None:
    try:
        with socket.create_server((host, 0), family=socket.AF_INET6 if host == "::1" else socket.AF_INET):
            pass
    except OSError:
        pytest.skip(f"this machine has no {host}")
    everything: list[tuple[str, str, dict[str, str], str | None]] = [
        ("GET", "/", {}, None),
        ("HEAD", "/", {}, None),
        ("GET", "/runs", {}, None),
        ("GET", "/icon.svg", {}, None),
        ("GET", "/docs", {}, None),
        ("GET", "/openapi.json", {}, None),
        ("GET", "/api/v1/info", {}, None),
        ("GET", "/api/v1/live", {}, None),
        ("GET", "/api/v1/live", _WEBSOCKET, None),
        ("GET", "/", _WEBSOCKET, None),
        ("POST", "/api/v1/runs/search", {}, "{}"),
        ("POST", "/api/v1/experiments/checkout", {}, '{"name": "default"}'),
    ]
    asked: list[tuple[int, str, str, dict[str, str], str | None]] = []
    expected: list[int] = []

    def expect(status: int, uid: int, *what: Any) -> None:
        asked.append((uid, *what))
        expected.append(status)

    expect(403, _NOBODY, "POST", "/api/v1/runs/bulk", {}, '{"hashes": [], "action": "delete"}')
    expect(403, _NOBODY, "GET", "/assets/x.js", {}, None)
    for one in everything:
        for uid, status in ((_NOBODY, 403), (_OWN, 200), (_ROOT, 200)):
            expect(status, uid, *one)
    info = ("GET", "/api/v1/info")
    expect(200, _NOBODY, *info, {"Authorization": "Bearer the-token"}, None)
    expect(403, _NOBODY, *info, {"Authorization": "Bearer another"}, None)
    for header in ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via", "X-Real-IP"):
        expect(403, _OWN, *info, {header: "for=10.0.0.1"}, None)
    expect(403, _ROOT, *info, {"X-Forwarded-For": "10.0.0.1"}, None)
    expect(200, _OWN, *info, {"X-Forwarded-Prefix": "/proxy/1"}, None)
    done = subprocess.run(
        [sys.executable, "-c", _SCENE, host, str(open_folder)],
        input=json.dumps(asked), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wrong = [(one, status) for one, status, right in zip(asked, found, expected, strict=True) if status != right]
    assert wrong == []


@linux
def test_a_connection_whose_process_has_closed_it_is_nobodys() -> None:
    """The kernel lists such a socket as root's."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        for close in (socket.socket.close, lambda near: near.shutdown(socket.SHUT_WR)):
            near = socket.create_connection(listening.getsockname())
            far, _ = listening.accept()
            with far, near:
                near.sendall(b"x")
                close(near)
                assert Peer(far).is_own() is (near.fileno() >= 0)


@linux
def test_a_connection_that_is_over_is_nobodys_also_if_its_addresses_are_used_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        near = socket.create_connection(listening.getsockname())
        far, _ = listening.accept()
        with far:
            peer = Peer(far)
            address = near.getsockname()
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            near.close()  # with a reset: both ends are gone for the kernel
            with socket.socket() as again:
                again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                again.bind(address)
                again.connect(listening.getsockname())
                assert not peer.is_own()
                other, _ = listening.accept()
                with other:
                    assert Peer(other).is_own()


@linux
def test_the_owner_is_looked_up_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        near = socket.create_connection(listening.getsockname())
        far, _ = listening.accept()
        with far:
            peer = Peer(far)
            assert not peer.is_known and peer.is_own() and peer.is_known
            near.close()
            assert peer.is_own()


NEAR, FAR = ("127.0.0.1", 0xAB54), ("127.0.0.1", 0xD431)
LITTLE = sys.byteorder == "little"
NEAR_FORM = "0100007F:AB54" if LITTLE else "7F000001:AB54"
FAR_FORM = "0100007F:D431" if LITTLE else "7F000001:D431"
MAPPED = "0000000000000000FFFF0000" if LITTLE else "00000000000000000000FFFF"


def row(local: str, remote: str, uid: int, inode: int, state: str = "01") -> str:
    return f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {uid:5d}        0 {inode} 1 0 20\n"


OURS, THEIRS = row(NEAR_FORM, FAR_FORM, 500, 77), row(FAR_FORM, NEAR_FORM, 1000, 88)


@pytest.mark.parametrize(
    ("tables", "owner"),
    [
        ([OURS + THEIRS], 1000),
        ([THEIRS, OURS], 1000),
        ([OURS, row(MAPPED + FAR_FORM, MAPPED + NEAR_FORM, 1001, 88)], 1001),
        ([THEIRS, row(MAPPED + NEAR_FORM, MAPPED + FAR_FORM, 500, 77)], 1000),
        ([OURS + row(FAR_FORM, NEAR_FORM, 1000, 88, "05")], 1000),  # closed for writing
        ([], None),
        ([OURS], None),
        ([THEIRS], None),
        ([row(NEAR_FORM, FAR_FORM, 500, 78) + THEIRS], None),  # of a later connection
        ([OURS + row(FAR_FORM, NEAR_FORM, 0, 0, "05")], None),  # its process has closed it
        ([OURS + row(FAR_FORM, NEAR_FORM, 0, 0, "06")], None),  # waits for what may be under way
        ([OURS + row(FAR_FORM, NEAR_FORM, 1000, 88, "02")], None),  # wants to be another connection
        ([OURS + row(FAR_FORM, "00000000:0000", 1000, 88, "0A")], None),
        ([OURS + THEIRS.replace(FAR_FORM, FAR_FORM[:-1] + "2")], None),
        ([OURS + f"   0: {FAR_FORM} {NEAR_FORM} 01"], None),  # cut off
    ],
)
def test_an_owner_is_believed_only_where_both_ends_are_listed(tables: list[str], owner: int | None) -> None:
    assert find_owner(partial(find_in_tables, tables), NEAR, FAR, 77) == owner


@linux
@pytest.mark.parametrize("find", [find_socket, find_socket_slowly])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_the_kernel_tells_both_ends_of_a_connection(
    find: Callable[[Address, Address], SocketFacts | None], host: str
) -> None:
    is_mapped = "." in host
    family = socket.AF_INET if is_mapped else socket.AF_INET6
    with socket.create_server(("127.0.0.1" if is_mapped else "::1", 0), family=family) as listening:
        near = socket.socket(socket.AF_INET if host == "127.0.0.1" else socket.AF_INET6)
        near.connect((host, listening.getsockname()[1]))
        far, address = listening.accept()
        ends = address[:2], far.getsockname()[:2]
        for sock, local, remote in ((near, ends[0], ends[1]), (far, ends[1], ends[0])):
            assert find(local, remote) == SocketFacts(1, os.geteuid(), os.fstat(sock.fileno()).st_ino)
        far.close()
        near.close()
        port = listening.getsockname()[1]
        assert find((ends[1][0], port), (ends[0][0], 1)) is None, "the listening socket is none"


def test_requests_that_a_proxy_passes_on_are_known_by_their_headers() -> None:
    page = (Path(__file__).parents[2] / "SECURITY.md").read_text()
    listed = page.partition("marks them with one of these headers:")[2].partition("(")[0]
    names = re.findall("`([^`]+)`", listed)
    assert {name.lower() for name in names} == {*_PASSED_ON, "x-forwarded-*"}, "the page names all that count"
    assert {"CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "X-Original-Forwarded-For", "X-Real-IP"} <= {*names}
    for name in (*names, "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Anything"):
        assert is_passed_on(Headers({name: ""})), name
    for name in ("X-Forwarded-Prefix", "X-Forwarded-Context", "X-ProxyContextPath", "X-Requested-With", "Host"):
        assert not is_passed_on(Headers({name: "x"})), name


def test_who_needs_the_token_is_decided_at_the_start_and_said() -> None:
    here = choose_access("127.0.0.1")
    assert here.own_user_is_free is can_tell_users("127.0.0.1") and here.token and here.is_made_up
    assert here.token not in here.sentence() and "others, and requests through a proxy, need" in here.sentence()
    for given in ({"token": "t"}, {"base_path": "/x"}):
        access = choose_access("127.0.0.1", **given)  # type: ignore[arg-type]
        assert not access.own_user_is_free and access.sentence() == "Everyone needs the token."
    beyond = choose_access("0.0.0.0")
    assert beyond.token and not beyond.own_user_is_free
    assert choose_access("0.0.0.0").token != beyond.token
    assert choose_access("127.0.0.1", no_token=True).token is None
    assert "every user of this machine" in choose_access("127.0.0.1", no_token=True).sentence()
    assert "everyone who can reach this machine" in choose_access("0.0.0.0", no_token=True).sentence()


@linux
def test_users_are_told_apart_here() -> None:
    assert can_tell_users("127.0.0.1") and can_tell_users("localhost")
    assert not can_tell_users("no such host") and not can_tell_users("192.0.2.1")
