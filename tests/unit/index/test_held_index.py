"""An index that another process keeps: whoever asks gets everything all the same, from an index of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

import aim
from aim.cli.main import cli
from aim.index.index import Index
from aim.storage.repo.repo_files import create_repo
from aim.web.app import create_app
from tests.unit.cli.support import run_process
from tests.unit.index.oracle import assert_holds_everything
from tests.unit.index.rawrepo import RawRepo
from tests.unit.index.test_robustness import child
from tests.unit.web.support import ADDRESS, Api

HOLD = """
connection = __import__("sqlite3").connect(sys.argv[2], isolation_level=None)
connection.execute(sys.argv[3])
print("held", flush=True)
sys.stdin.read()
"""
EXCLUSIVELY = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"


@pytest.fixture
def repo(repo_path: Path) -> RawRepo:
    create_repo(repo_path)
    made = RawRepo(repo_path)
    for number in range(1, 6):
        made.simple_run(number, [1.0, 2.0], lr=number / 10)
    return made


@contextmanager
def held(repo: RawRepo, path: str, how: str) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of a transaction on the index."""
    code = HOLD if how != EXCLUSIVELY else HOLD.replace(".execute(", ".executescript(")
    code = code.replace("BEGIN EXCLUSIVE", how)
    process = child(code, repo, path, how)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", EXCLUSIVELY])
def test_an_index_kept_by_another_process_costs_no_answer(
    repo: RawRepo, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
        path = index.path
    repo.simple_run(100, [3.0])
    with held(repo, path, how) as holder:
        with Index.open(repo.layout, wait_s=0.1) as index:
            assert index.catch_up().is_complete
            assert_holds_everything(index, repo.layout)
            assert index.path != path
            own = os.path.dirname(index.path)
        assert not os.path.exists(own)
        if sys.platform == "linux":
            assert f"process {holder.pid} (" in caplog.text
    assert caplog.text.count("does not get on") == 1


def test_an_index_kept_while_a_reader_has_it_open_costs_no_answer(repo: RawRepo) -> None:
    with Index.open(repo.layout, wait_s=0.1) as index:
        index.catch_up()
        with held(repo, index.path, "BEGIN EXCLUSIVE"):
            repo.simple_run(100, [3.0])
            assert index.catch_up().is_complete
            assert_holds_everything(index, repo.layout)
            repo.simple_run(101, [4.0])
            assert index.catch_up().is_complete
            assert_holds_everything(index, repo.layout)


def test_a_process_that_gets_on_is_waited_for(repo: RawRepo) -> None:
    with Index.open(repo.layout) as index:
        index.catch_up()
        path = index.path
    repo.simple_run(100, [3.0])
    code = """
connection = __import__("sqlite3").connect(sys.argv[2], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
import time
for number in range(8):
    time.sleep(0.1)
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('busy', ?)", (str(number),))
    connection.executescript("COMMIT; BEGIN IMMEDIATE")
connection.execute("COMMIT")
"""
    other = child(code, repo, path)
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    with Index.open(repo.layout, wait_s=0.25) as index:
        assert index.catch_up().is_complete
        assert_holds_everything(index, repo.layout)
        assert index.path == path
    other.communicate()


def test_where_no_index_of_ones_own_can_be_made_there_is_no_answer_but_an_error(
    repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(repo.layout.root).parent
    with Index.open(repo.layout) as index:
        index.catch_up()
        path = index.path
    repo.simple_run(100, [3.0])
    monkeypatch.setattr("tempfile.tempdir", str(root / "nowhere"))
    monkeypatch.setenv("AIM_INDEX_WAIT_S", "0.1")
    with held(repo, path, "BEGIN EXCLUSIVE"):
        done = CliRunner().invoke(cli, ["runs", "ls", "--repo", str(root)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "at least 1 run(s) are not in it" in done.stderr


@contextmanager
def stopped_inside_its_first_indexing(repo: RawRepo) -> Iterator[None]:
    """A reader that was stopped (Ctrl-Z) in the middle of its first transaction."""
    code = """
import signal
from aim.index.catchup import write_points
whole = write_points.PointWriting.write
def stopped(self, *arguments):
    whole(self, *arguments)
    print("inside", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
write_points.PointWriting.write = stopped
Index.open(layout).catch_up()
"""
    process = child(code, repo)
    assert process.stdout is not None and process.stdout.readline() == "inside\n"
    os.waitpid(process.pid, os.WUNTRACED)
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs job control")
def test_a_reader_stopped_inside_its_first_indexing_hides_nothing_from_others(repo: RawRepo) -> None:
    root = Path(repo.layout.root).parent
    with stopped_inside_its_first_indexing(repo):
        with aim.Session(repo=root, run="mine") as session:
            session.track(1.0, name="fresh")
        listed = run_process("runs", "ls", "--json", cwd=root, AIM_INDEX_WAIT_S="0.2")
        assert listed.returncode == 0 and listed.stdout.count("\n") == 6
        assert "does not get on" in listed.stderr and "stopped" in listed.stderr
        found = run_process("query", "fresh", "--json", cwd=root, AIM_INDEX_WAIT_S="0.2")
        assert found.returncode == 0 and '"values": [1.0]' in found.stdout
        shown = run_process("runs", "show", "mine", cwd=root, AIM_INDEX_WAIT_S="0.2")
        assert shown.returncode == 0 and session.run_hash in shown.stdout
        assert shown.stderr.count("does not get on") == 1


def test_a_server_whose_index_another_process_keeps_answers_with_everything(
    repo: RawRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIM_INDEX_WAIT_S", "0.1")
    with Index.open(repo.layout) as index:
        index.catch_up()
        path = index.path
    repo.simple_run(100, [3.0])
    with held(repo, path, EXCLUSIVELY), TestClient(create_app(repo.layout), base_url=ADDRESS) as client:
        assert client.app.state.aim.service.wait_until_caught_up(30)
        api = Api(client)
        assert api.get("info")["runs"] == api.post("runs/search")["matched"] == 6
