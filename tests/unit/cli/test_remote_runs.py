"""Runs copied again, and to and from another machine: whose ssh here is a script that runs the command on this one."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import aim
from aim.errors import RepoError, StorageError
from aim.sdk.care.peers import RemoteRepo, remote_command, split_address
from aim.storage.care.replica import LocalReplica, sync_run
from aim.storage.repo.layout import RepoLayout
from tests.unit.cli.support import Aim

AIM = f"{sys.executable} -m aim"


@pytest.fixture
def ssh(tmp_path: Path) -> str:
    """A program that is called as ssh is, and runs the command in the home of another machine."""
    home = tmp_path / "there"
    home.mkdir()
    script = tmp_path / "ssh"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = -- ] || exit 9\necho "$2" >> {tmp_path}/hosts\ncd {home}\nexec sh -c "$3"\n'
    )
    script.chmod(0o755)
    return str(script)


def record(repo: Path, name: str, points: int, run_hash: str | None = None) -> str:
    with aim.Session(repo=repo, run=None if run_hash else name, run_hash=run_hash) as session:
        for step in range(points):
            session.track(step / 7, name="loss")
        return session.run_hash


def values(repo: Path, run_hash: str) -> list[float]:
    with aim.Repo(repo) as opened:
        return [float(v) for m in opened.get_run(run_hash).metrics() for v in m.values]


def test_a_copy_made_again_has_what_came_since_and_keeps_what_was_changed_there(run_aim: Aim, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run_hash = record(here, "one", 50)
    run_aim("runs", "cp", "--all", "--to", str(there), repo=here)
    with aim.Repo(there) as repo:
        repo.get_run(run_hash).add_tag("kept")
    record(here, "one", 30, run_hash)
    other = record(here, "two", 5)
    run_aim("runs", "cp", "--all", "--to", str(there), repo=here)
    assert values(there, run_hash) == values(here, run_hash)
    assert len(values(there, run_hash)) == 80
    assert len(values(there, other)) == 5
    with aim.Repo(there) as repo:
        assert repo.get_run(run_hash).tags == ["kept"]


def test_a_copy_of_a_run_that_records_is_brought_up_to_date(run_aim: Aim, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    session = aim.Session(repo=here, run="live")
    for count in (10, 25):
        session.track_many("loss", [1.0] * count)
        run_aim("runs", "cp", "--query", "run.name == 'live'", "--to", str(there), repo=here)
        assert len(values(there, session.run_hash)) == {10: 10, 25: 35}[count]
    session.close()
    run_aim("runs", "cp", "live", "--to", str(there), repo=here)
    with aim.Repo(there) as repo:
        assert repo.get_run("live").status == "finished"


def test_push_and_pull_copy_what_is_new(run_aim: Aim, tmp_path: Path, ssh: str) -> None:
    here = tmp_path / "here"
    first = record(here, "one", 20_000)
    push = ("runs", "push", "--all", "--to", "me@far:store", "--ssh", ssh, "--remote-aim", AIM)
    assert "1 new run, 0 updated, 0 unchanged" in run_aim(*push, repo=here).output
    there = tmp_path / "there" / "store"
    assert values(there, first) == values(here, first)
    assert "0 new runs, 0 updated, 1 unchanged" in run_aim(*push, repo=here).output
    record(here, "one", 10, first)
    record(here, "two", 10)
    assert "1 new run, 1 updated, 0 unchanged" in run_aim(*push, repo=here).output
    back = tmp_path / "back"
    pull = ("runs", "pull", "--from", "me@far:store", "--ssh", ssh, "--remote-aim", AIM)
    assert "1 new run, 0 updated" in run_aim(*pull, "two", repo=back).output
    assert "1 new run, 0 updated, 1 unchanged" in run_aim(*pull, repo=back).output
    assert values(back, first) == values(here, first)
    assert (tmp_path / "hosts").read_text().split() == ["me@far"] * 5


def test_a_push_that_was_cut_off_shows_nothing_and_is_continued(tmp_path: Path, ssh: str) -> None:
    here = tmp_path / "here"
    run_hash = record(here, "one", 100_000)
    there = RepoLayout(tmp_path / "there" / "store" / ".aim")

    class CutOff(LocalReplica):
        def read(self, run_hash: str, name: str, start: int, stop: int):  # type: ignore[no-untyped-def]  # a generator
            for count, piece in enumerate(super().read(run_hash, name, start, stop)):
                if count == 1:
                    raise StorageError("cut off")
                yield piece

    command = remote_command("me@far:store", ssh=ssh, aim=AIM)
    with RemoteRepo(command, is_push=True) as other, pytest.raises(StorageError, match="cut off"):
        sync_run(CutOff(RepoLayout(here / ".aim")), other, run_hash)
    with aim.Repo(there.root) as repo:
        assert list(repo.query_runs()) == []
    sent: list[int] = []

    class Counted(LocalReplica):
        def read(self, run_hash: str, name: str, start: int, stop: int):  # type: ignore[no-untyped-def]  # a generator
            sent.append(stop - start)
            yield from super().read(run_hash, name, start, stop)

    with RemoteRepo(command, is_push=True) as other:
        assert sync_run(Counted(RepoLayout(here / ".aim")), other, run_hash) == "new"
    assert values(Path(there.root), run_hash) == values(here, run_hash)
    size = sum(os.path.getsize(entry.path) for entry in os.scandir(Path(there.root, "runs", run_hash)))
    assert sum(sent) < size - 1_000_000


@pytest.mark.parametrize("name", ["../../escaped", "/etc/passwd", "1-0123abcd.events/../../x", "VERSION", ""])
def test_names_of_files_that_no_run_has_are_refused(name: str, tmp_path: Path) -> None:
    run_hash = record(tmp_path / "here", "one", 3)
    replica = LocalReplica(RepoLayout(tmp_path / "here" / ".aim"))
    with pytest.raises(StorageError, match="is not the name of a file"):
        replica.begin(run_hash, name)
    with pytest.raises(aim.errors.AimError):
        replica.begin("../escaped", "1-0123abcd.events")


@pytest.mark.parametrize(
    "answer", [b"Welcome to far!\n" * 10, struct.pack("<I", 5) + b"{}{}{", struct.pack("<I", 12) + b'{"data": -1}', b""]
)
def test_a_machine_that_answers_otherwise_is_an_error_that_says_what_to_do(answer: bytes, tmp_path: Path) -> None:
    (tmp_path / "answer").write_bytes(answer)
    with pytest.raises(RepoError, match="--remote-aim"):
        RemoteRepo([shutil.which("cat") or "cat", str(tmp_path / "answer")], is_push=False)


@pytest.mark.parametrize("address", ["-oProxyCommand=x:y", "host", ":path", "a b:c", "x/y:z"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(RepoError, match="user@host:path"):
        split_address(address)


def test_pull_from_where_no_repo_is_makes_none(tmp_path: Path, ssh: str) -> None:
    done = subprocess.run(
        [*AIM.split(), "--repo", str(tmp_path / "back"), "runs", "pull", "--from", "far:none", "--remote-aim", AIM],
        env={**os.environ, "AIM_SSH": ssh},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "on the other machine: no Aim repo" in done.stderr
    assert os.listdir(tmp_path / "there") == [] and not (tmp_path / "back").exists()
