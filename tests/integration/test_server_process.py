"""``aim up`` and ``aim down`` as real processes."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aim.cli.main import cli
from aim.cli.up import up
from aim.storage.repo.process import boot_id, pid_namespace, process_start
from tests.unit.importers.event_bytes import event, scalar, write_records
from tests.unit.web.support import record

AIM = [sys.executable, "-m", "aim.cli.main"]


def run(*arguments: str, cwd: Path, code: int = 0, **environment: str) -> str:
    done = subprocess.run(
        [*AIM, *arguments], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def url_in(text: str) -> str:
    found = re.search(r"http://\S+", text)
    assert found is not None, text
    return found[0]


def info(url: str, **headers: str) -> Any:
    request = urllib.request.Request(url.partition("?")[0] + "api/v1/info", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


class Foreground:
    """A running `aim up`."""

    def __init__(self, cwd: Path, *arguments: str, command: list[str] = AIM) -> None:
        self.process = subprocess.Popen(
            [*command, "up", *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.head = ""
        for line in self.process.stdout:
            self.head += line
            if "Ctrl-C" in line:
                break
        self.url = url_in(self.head)

    def end(self, number: int) -> str:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=30)
        return rest


@pytest.fixture
def repo(repo_path: Path) -> Iterator[Path]:
    record(repo_path)
    yield repo_path
    subprocess.run([*AIM, "down", "--repo", str(repo_path)], capture_output=True, timeout=60, check=False)


def test_detached(repo: Path) -> None:
    said = run("up", "-d", "-p", "0", cwd=repo)
    url = url_in(said)
    assert info(url)["repo_path"] == str(repo / ".aim")
    assert "aim down" in said
    again = run("ui", "-p", "0", cwd=repo)
    assert url in again and "already" in again
    shutil.copytree(repo / ".aim", repo / "copy" / ".aim")
    assert "No server" in run("down", cwd=repo / "copy"), "a copy of the repo is not what it serves"
    assert url_in(run("up", "-d", cwd=repo / ".aim")) == url
    pid = json.loads((repo / ".aim" / "web.json").read_text())["pid"]
    assert os.getsid(pid) == pid, "in a session of its own: closing the terminal does not end it"
    assert url in run("down", cwd=repo)
    with pytest.raises(OSError):
        info(url)
    assert "No server" in run("down", cwd=repo)
    assert not (repo / ".aim" / "web.json").exists() and (repo / ".aim" / "web.log").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_foreground_ends_cleanly(repo: Path, number: int) -> None:
    server = Foreground(repo, "-p", "0")
    assert info(server.url)["runs"] >= 0
    # while somebody listens to live events
    stream = urllib.request.urlopen(server.url + "api/v1/live", timeout=30)
    assert stream.readline().startswith(b"retry")
    began = time.monotonic()
    rest = server.end(number)
    assert server.process.returncode == 0 and "Traceback" not in rest and "Stopped" in rest
    assert time.monotonic() - began < 20
    assert not (repo / ".aim" / "web.json").exists()
    stream.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_it_serves_ends_it_cleanly(repo: Path, number: int) -> None:
    script = (
        "import os, sys, time, aim.cli.main, aim.web.process.serve\n"
        f"aim.web.process.serve.serve = lambda app, sock, **more: (os.kill(os.getpid(), {number:d}), time.sleep(30))\n"
        "aim.cli.main.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "up", "-p", "0"], cwd=repo, capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0 and "Aim serves" in done.stdout and "Stopped" in done.stdout, done.stdout + done.stderr
    assert not (repo / ".aim" / "web.json").exists()


def test_a_thread_that_does_not_react_does_not_keep_the_server_from_ending(repo: Path) -> None:
    script = (
        "import asyncio, time, aim.cli.main, anyio.to_thread\n"
        "from aim.web.process.live_hub import LiveHub\n"
        "async def begin(self):\n"
        "    asyncio.ensure_future(anyio.to_thread.run_sync(time.sleep, 600))\n"
        "LiveHub.begin = begin\n"
        "aim.cli.main.main()"
    )
    server = Foreground(repo, "-p", "0", command=[sys.executable, "-c", script])
    assert info(server.url)["runs"] >= 0
    server.end(signal.SIGTERM)
    assert server.process.returncode == 0
    assert not (repo / ".aim" / "web.json").exists()


def test_a_taken_port_is_told(repo: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        if port > 65_000:
            pytest.skip("too near the end of the ports")
        server = Foreground(repo, "-p", str(port))
        assert f"Port {port} is taken" in server.head and f":{port}/" not in server.url
        assert info(server.url)
        server.end(signal.SIGINT)


def test_a_server_that_was_killed_is_not_taken_for_one(repo: Path) -> None:
    server = Foreground(repo, "-p", "0")
    server.process.kill()
    server.process.wait()
    assert (repo / ".aim" / "web.json").exists()
    said = run("up", "-d", "-p", "0", cwd=repo)
    assert "already" not in said
    run("down", cwd=repo)


_IN_A_CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--uts", "--kill-child"]
_NAMED = "import socket, sys; socket.sethostname(sys.argv.pop(1)); from aim.cli.main import main; main()"


@pytest.mark.slow  # the quick form is in tests/unit/storage/test_lease.py
@pytest.mark.skipif(
    shutil.which("unshare") is None or subprocess.run([*_IN_A_CONTAINER, "true"], capture_output=True).returncode != 0,
    reason="needs to make namespaces as containers have",
)
def test_a_container_that_was_killed_does_not_keep_its_successor_from_serving(repo: Path) -> None:
    first = Foreground(repo, "-p", "0", command=[*_IN_A_CONTAINER, sys.executable, "-c", _NAMED, "container-1"])
    again = run("up", "-p", "0", cwd=repo)
    assert "already" in again and "on container-1" in again, "its lock is seen from outside"
    assert "on container-1; stop it there" in run("down", cwd=repo, code=1)
    first.process.kill()
    first.process.wait()
    second = Foreground(repo, "-p", "0", command=[*_IN_A_CONTAINER, sys.executable, "-c", _NAMED, "container-2"])
    assert "already" not in second.head and info(second.url)
    second.process.kill()
    second.process.wait()


def test_down_touches_no_process_that_only_a_file_names(repo: Path) -> None:
    def down() -> str:
        return CliRunner().invoke(cli, ["down", "--repo", str(repo)]).output

    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    path = repo / ".aim" / "web.json"
    path.touch()
    says = {"address": "127.0.0.1", "port": 1, "base_path": "", "token": "", "detached": True}
    seen = {"boot": boot_id(), "pid_ns": pid_namespace(), "pid": bystander.pid, "start": process_start(bystander.pid)}
    mark = {"inode": f"{path.stat().st_ino:x}", "place": str(repo / ".aim"), "says": says}
    for fields, told in (
        ({"pid": bystander.pid}, "No server"),  # as older versions wrote it
        ({**mark, "pid": bystander.pid, "host": os.uname().nodename}, "stop it there"),
        ({**mark, **seen, "pid_ns": "another"}, "stop it there"),
    ):
        path.write_text(json.dumps(fields))
        assert told in down()
    if os.getuid() == 0:  # another user, who can look up all of it
        path.write_text(json.dumps({**mark, **seen}))
        os.chown(path, 1234, 1234)
        assert "different users" in down()
    assert bystander.poll() is None
    path.unlink()
    bystander.communicate()


def test_a_folder_in_place_of_the_record_of_a_server_is_named(repo: Path) -> None:
    path = repo / ".aim" / "web.json"
    path.mkdir()
    assert f"{path} is a directory; move it away" in run("up", "-d", "-p", "0", cwd=repo, code=1)
    server = Foreground(repo, "-p", "0")
    server.end(signal.SIGINT)
    assert f"`aim down` will not know of this server. {repo / '.aim'}: {path} is a directory" in server.head
    done = CliRunner().invoke(cli, ["doctor", "--repo", str(repo)])
    assert done.exit_code == 1 and "not a file" in done.output and "web.json" in done.output
    CliRunner().invoke(cli, ["doctor", "--repair", "--repo", str(repo)])
    assert not path.exists()
    assert CliRunner().invoke(cli, ["doctor", "--repo", str(repo)]).exit_code == 0


_AS_BOB = """
import os, sys
from click.testing import CliRunner
from aim.cli.main import cli
from aim.storage.repo.layout import RepoLayout
from aim.web.http.access import choose_access
from aim.web.process.instance import record_instance
import difflib, subprocess, webbrowser, aim.web.http.hosts, aim.web.process.logs
import aim.web.http.query_limit, aim.web.http.settings

choose_access("127.0.0.1")  # what is loaded late cannot be loaded by every user
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(12346)
    os.setuid(12346)
for command in (["down"], ["up", "-d", "-p", "0"]):
    done = CliRunner().invoke(cli, [*command, "--repo", sys.argv[1]])
    print(done.exit_code, done.output.strip())
try:
    record_instance(
        RepoLayout(sys.argv[1] + "/.aim"), address="127.0.0.1", port=1, base_path="", token=None, detached=False
    )
except OSError as error:  # which `aim up` prints
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="users and their files")
def test_a_server_of_another_user_is_not_passed_over() -> None:
    folder = Path(tempfile.mkdtemp(prefix="aim-users-"))  # pytest's own cannot be reached by other users
    folder.chmod(0o755)
    try:
        record(folder)
        root, path = folder / ".aim", folder / ".aim" / "web.json"
        path.touch(0o600)
        if os.getuid() == 0:
            os.chown(path, 12345, 12345)
        else:
            path.chmod(0)
        told = f"a server of another user (uid {path.stat().st_uid}) is recorded there"
        done = subprocess.run(
            [sys.executable, "-c", _AS_BOB, str(folder)], capture_output=True, text=True, timeout=60, check=True
        )
        assert done.stdout.count("\n") == 3, done.stdout
        down, detached, in_front = done.stdout.splitlines()
        assert down == f"1 Error: {root}: {told}; only that user, or root, can stop it"
        assert detached.startswith(f"1 Error: {root}: {told}.")
        assert in_front == told
    finally:
        shutil.rmtree(folder)


def test_beyond_this_machine_a_token_is_needed(repo: Path) -> None:
    server = Foreground(repo, "-p", "0", "--host", "0.0.0.0")
    token = server.url.partition("?token=")[2].strip()
    assert len(token) >= 32
    with pytest.raises(urllib.error.HTTPError, match="403"):
        info(server.url)
    assert info(server.url, Authorization=f"Bearer {token}")["runs"] >= 0
    assert oct((repo / ".aim" / "web.json").stat().st_mode & 0o777) == "0o600"
    server.end(signal.SIGINT)


@pytest.mark.parametrize("token", [None, pytest.param("s3cret-t0ken", marks=pytest.mark.slow)])
def test_the_token_of_a_detached_server_is_on_the_terminal_and_nowhere_else(repo: Path, token: str | None) -> None:
    log = repo / ".aim" / "web.log"
    log.write_text("of an earlier version\n")
    log.chmod(0o644)
    secret = repo / "token"
    secret.write_text(f"{token}\n")
    said = run("up", "-d", "-p", "0", *(["--token-file", "token"] if token else []), cwd=repo)
    found = re.search(r"\?token=([\w-]+)", said)
    assert found is not None and found[1] == (token or found[1])
    assert info(url_in(said), Authorization=f"Bearer {found[1]}")["runs"] >= 0
    pid = json.loads((repo / ".aim" / "web.json").read_text())["pid"]
    assert found[1].encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    run("down", cwd=repo)
    text = log.read_text()
    assert "Aim serves" in text and "token" in text and "token=" not in text and found[1] not in text
    assert oct(log.stat().st_mode & 0o777) == "0o600"


def test_ones_own_user_needs_no_token_on_this_machine_and_the_start_says_so(repo: Path) -> None:
    server = Foreground(repo, "-p", "0")
    assert "?token=" not in server.url and "open to your user on this machine" in server.head
    assert info(server.url)["runs"] >= 0
    with pytest.raises(urllib.error.HTTPError, match="403"):
        info(server.url, **{"X-Forwarded-For": "10.0.0.1"})
    found = re.search(r"need the token: \S+\?token=(\S+)", server.head)
    assert found is not None
    assert info(server.url, **{"X-Forwarded-For": "10.0.0.1", "Authorization": f"Bearer {found[1]}"})["runs"] >= 0
    server.end(signal.SIGINT)


def test_a_token_given_is_demanded_of_everybody(repo: Path) -> None:
    server = Foreground(repo, "-p", "0", "--token", "a b&c")
    assert server.url.endswith("/?token=a%20b%26c") and "Everyone needs the token." in server.head
    with pytest.raises(urllib.error.HTTPError, match="403"):
        info(server.url)
    assert info(server.url, Authorization="Bearer a b&c")["runs"] >= 0
    server.end(signal.SIGINT)


@pytest.mark.parametrize(
    ("arguments", "variable", "said"),
    [
        (["--token", ""], None, "the token is empty (is the variable set that it comes from?)"),
        (["--token", " "], None, "the token is empty"),
        (["--token", "a\tb"], None, "control characters"),
        (["--token-file", "-"], None, "the token is empty"),
        (["--token-file", "none"], None, "No such file"),
        ([], "", "AIM_UI_TOKEN: the token is empty"),
        (["--token", "a", "--no-token"], None, "give one of --token, --token-file and --no-token"),
        (["--allowed-host", "a/b"], None, "--allowed-host: 'a/b' cannot be a host"),
    ],
)
def test_what_could_let_everybody_in_by_mistake_is_refused(
    repo_path: Path, arguments: list[str], variable: str | None, said: str
) -> None:
    for further in ([], ["-d"]):
        done = CliRunner().invoke(
            up,
            ["--host", "0.0.0.0", "--repo", str(repo_path), "-y", *arguments, *further],
            env={"AIM_UI_TOKEN": variable},
        )
        assert done.exit_code == 2 and said in done.output, done.output
    assert not (repo_path / ".aim").exists()


def test_options_reach_a_detached_server(repo: Path) -> None:
    arguments = ["-p", "0", "--read-only", "--base-path", "/x/", "--allowed-host", "box.example", "--no-token"]
    url = url_in(run("up", "-d", *arguments, cwd=repo))
    assert url.endswith("/x/") and info(url, Host="box.example")["read_only"] is True
    run("down", cwd=repo)


def test_without_a_repo(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    said = run("up", cwd=empty, code=1)
    assert "no Aim repo" in said and str(empty / ".aim") in said and not (empty / ".aim").exists()
    assert "Empty repo" in run("up", "-y", "-d", "-p", "0", cwd=empty)
    run("down", cwd=empty)
    below = empty / "a" / "b"
    below.mkdir(parents=True)
    assert str(empty / ".aim") in run("up", "-d", "-p", "0", cwd=below)
    run("down", cwd=below)


def test_wrong_usage(repo: Path) -> None:
    assert "base path" in run("up", "--base-path", "a b", cwd=repo, code=2)
    assert "cannot listen on" in run("up", "--host", "no such host", cwd=repo, code=1)
    assert "ended at once" in run("up", "-d", "--host", "no such host", cwd=repo, code=1)
    run("up", "-p", "99999", cwd=repo, code=2)


def test_two_at_once_become_one(repo: Path) -> None:
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(run("up", "-d", "-p", "0", cwd=repo))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2 and len({url_in(text) for text in said}) == 1, said
    run("down", cwd=repo)


def test_logs_without_a_repo_are_served_and_what_is_not_shown_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "my logs" / "run" / "events.out.tfevents.1.host"
    path.parent.mkdir(parents=True)
    picture = event(step=1)
    picture.summary.value.add(tag="p").image.height = 3
    write_records(path, [scalar("loss", 1.0, 0), picture.SerializeToString()])
    path.write_bytes(path.read_bytes() + b"garbage " * 4)
    server = Foreground(tmp_path, "-p", "0", "--tf_logs", "my logs")
    assert server.process.stdout is not None
    said = [next(server.process.stdout) for _ in range(3)]
    assert said[0] == "TensorBoard logs: 1 run found.\n"
    assert said[1].endswith("so far): images (1).\n")
    assert said[2].startswith(f"{path}: no record starts here at byte")
    assert info(server.url)["runs"] == 1
    server.end(signal.SIGINT)
    detached = run("up", "-d", "-p", "0", "--tf_logs", "my logs", cwd=tmp_path)
    url = url_in(detached)
    assert info(url)["runs"] == 1
    repo = info(url)["repo_path"]
    assert f"aim down --repo {repo}" in detached
    again = run("up", "--tf_logs", str(tmp_path / "my logs"), cwd=tmp_path / "my logs")
    assert url in again and "already" in again
    assert url in run("down", "--repo", repo, cwd=tmp_path)


def test_logs_given_to_a_repo_reach_a_detached_server(repo: Path, tmp_path: Path) -> None:
    path = tmp_path / "logs" / "run" / "events.out.tfevents.1.host"
    path.parent.mkdir(parents=True)
    write_records(path, [scalar("loss", 1.0, 0)])
    url = url_in(run("up", "-d", "-p", "0", "--tf_logs", "..", "--repo", str(repo), cwd=path.parent))
    names = set()
    while "run" not in names:  # the first answers may come before all is read
        request = urllib.request.Request(
            url + "api/v1/runs/search", b"{}", headers={"X-Aim": "1", "Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            names = {row["name"] for row in json.load(response)["rows"]}
    run("down", cwd=repo)


def test_options_that_a_running_server_does_not_follow_are_named(repo: Path) -> None:
    run("up", "-d", "-p", "0", "--query-limit", "30s,200MB", cwd=repo)
    same = run("up", "-p", "0", "--query-limit", "30s,200MB", cwd=repo)
    assert "already serves" in same and "not used" not in same
    other = run("up", "--host", "0.0.0.0", "--read-only", "--allowed-host", "aim.example.com", cwd=repo, code=1)
    assert "--host 0.0.0.0, --read-only, --allowed-host aim.example.com" in other
    assert "aim down" in other
    assert "--token" in run("up", "--token", "secret", cwd=repo, code=1)


def test_a_server_for_all_addresses_prints_those_that_others_can_open(repo: Path) -> None:
    said = run("up", "-d", "-p", "0", "--host", "0.0.0.0", "--token", "secret", cwd=repo)
    port = json.loads((repo / ".aim" / "web.json").read_text())["says"]["port"]
    assert f"From other machines: http://{socket.gethostname()}:{port}/?token=secret" in said
    again = run("up", "--host", "0.0.0.0", cwd=repo)
    assert f"From other machines: http://{socket.gethostname()}:{port}/?token=secret" in again
    assert "secret" not in (repo / ".aim" / "web.log").read_text()


def test_over_ssh_the_tunnel_is_named(repo: Path) -> None:
    said = run("up", "-d", "-p", "0", cwd=repo, SSH_CONNECTION="192.0.2.7 50000 192.0.2.8 2222")
    port = json.loads((repo / ".aim" / "web.json").read_text())["says"]["port"]
    assert f"`ssh -L {port}:127.0.0.1:{port} {getpass.getuser()}@192.0.2.8 -p 2222`" in said


def test_options_of_aim_3_are_accepted_and_said_to_have_no_effect(repo: Path) -> None:
    said = run("up", "-d", "-p", "0", "--workers", "2", "--dev", "--log-level", "debug", cwd=repo)
    assert "--workers, --dev, --log-level of Aim 3 have no effect" in said
