"""Whether a recording process lives is proven or left open, never guessed: other users, other namespaces, copies."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.storage.reading.status import PRESUMED_DEAD_S, marker_status, read_active_markers
from aim.storage.repo.layout import RepoLayout
from tests.fault.support import run_child, said, start_child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks under /proc")

_SCENE = """
import codecs, ctypes, json, os, signal, sys
import aim
from aim.errors import AimError
from aim.storage.care import trash
from aim.storage.repo.layout import RepoLayout
from aim.storage.reading.source import RunDirectorySource
from aim.storage.reading.status import marker_status, read_active_markers, retire_dead

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWPID, REC, PRIVATE = 0x20000, 0x20000000, 0x4000, 0x40000
layout = RepoLayout(sys.argv[1])
codecs.lookup("ascii")  # what is loaded late cannot be read by every user


def become(uid):
    os.umask(0)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def in_child(action):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, json.dumps(action()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading) as file:
        answer = json.load(file)
    os.waitpid(pid, 0)
    return answer


def start_writer(uid=None):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        if uid is not None:
            become(uid)
        run = aim.Run(repo=layout.root)
        run.track(1.0, "loss")
        os.write(writing, run.hash.encode())
        signal.pause()  # until it is killed
    os.close(writing)
    with open(reading) as file:
        return pid, file.read(24)


def look(run_hash):
    source = RunDirectorySource(layout)
    source.scan({})
    status = source.standing(source.read_run(run_hash).state).value
    try:
        trash.delete_run(layout, run_hash)
        deleted = "deleted"
    except AimError as error:
        deleted = type(error).__name__
    return [status, deleted, os.listdir(layout.active)]
"""

_HIDDEN = (
    _SCENE
    + """
def as_another_user(run_hash):
    become(65534)
    try:
        open(f"/proc/{writer}/stat").close()
    except OSError:
        return look(run_hash)
    return "the process is to be seen"


if os.getuid() or libc.unshare(NEWNS) or libc.mount(b"none", b"/", None, REC | PRIVATE, None):
    sys.exit(77)
found = {}
for hidepid in (b"1", b"2"):
    if libc.mount(b"proc", b"/proc", b"proc", 0, b"hidepid=" + hidepid):
        sys.exit(77)
    writer, run_hash = start_writer(1234)
    found[hidepid.decode()] = [in_child(lambda: as_another_user(run_hash))]
    os.kill(writer, 9)
    os.waitpid(writer, 0)
    found[hidepid.decode()].append(in_child(lambda: as_another_user(run_hash)))
print(json.dumps(found))
"""
)

_ANOTHER_PROC = (
    _SCENE
    + """
if os.getuid() or libc.unshare(NEWPID):  # as `unshare --pid --fork`: processes are numbered anew, /proc is the old one
    sys.exit(77)
pid = os.fork()
if pid == 0:
    writer, run_hash = start_writer()
    (marker,) = read_active_markers(layout)
    seen = [os.getpid(), os.readlink("/proc/self"), marker.start, marker_status(marker, marker.mtime + 1000)]
    print(json.dumps([*seen, look(run_hash)]), flush=True)
    os.kill(writer, 9)
    os._exit(0)
os.waitpid(pid, 0)
"""
)


@pytest.fixture
def shared_repo(tmp_path: Path) -> Iterator[Path]:
    """The ``.aim`` of a repo that every user of the machine may write to."""
    above = [path for path in (tmp_path, *tmp_path.parents) if path.stat().st_uid == os.getuid()]
    modes = [(path, path.stat().st_mode) for path in above]
    for path in above:
        path.chmod(path.stat().st_mode | 0o011)
    before = os.umask(0)
    try:
        aim.Run(repo=tmp_path / "repo").close()
        (tmp_path / "repo" / ".aim" / "trash").mkdir(exist_ok=True)
    finally:
        os.umask(before)
    yield tmp_path / "repo" / ".aim"
    for path, mode in modes:
        path.chmod(mode & 0o7777)


def _played(scene: str, repo: Path) -> Any:
    """What a scene with other users and namespaces prints; only root can play it."""
    try:
        return said(run_child(scene, str(repo), cwd=repo.parent))
    except AssertionError as error:
        if str(error).startswith("returned 77"):
            pytest.skip("needs to make namespaces, mount a /proc and be several users")
        raise


def test_a_live_run_of_a_user_whose_processes_are_hidden_is_running_and_is_not_deleted(shared_repo: Path) -> None:
    found = _played(_HIDDEN, shared_repo)
    assert set(found) == {"1", "2"}
    for live, killed in found.values():
        assert live[:2] == ["running", "RunActiveError"]
        assert len(live[2]) == 1
        assert killed[:2] == ["crashed", "deleted"]  # no process has its id: that can be asked in spite of hidepid


def test_a_process_is_not_looked_for_under_the_proc_of_another_namespace(shared_repo: Path) -> None:
    own_id, seen_as, start, when_silent, found = _played(_ANOTHER_PROC, shared_repo)
    assert str(own_id) != seen_as
    assert start == "", "what /proc says is of another process that has this number there"
    assert when_silent == "crashed", "by its heartbeat alone"
    assert found[:2] == ["running", "RunActiveError"]


_RECORDING = """
import sys
import aim
run = aim.Run()
run.track(1.0, "loss")
print(run.hash, flush=True)
sys.stdin.readline()
"""


def test_a_copy_of_a_repo_made_while_it_records_is_not_held_by_the_process_that_writes_elsewhere(
    repo_path: Path, tmp_path: Path
) -> None:
    child = start_child(_RECORDING, cwd=repo_path)
    assert child.stdout is not None
    assert child.stdout.readline()
    shutil.copytree(repo_path / ".aim", tmp_path / "copy" / ".aim")
    statuses = []
    for folder in (repo_path, tmp_path / "copy"):
        (marker,) = read_active_markers(RepoLayout(folder / ".aim"))
        silent_s = PRESUMED_DEAD_S + 1
        statuses.append([marker_status(marker, marker.mtime + age_s) for age_s in (0, silent_s)])
    assert statuses == [["running", "stalled"], ["running", "crashed"]]
    child.communicate("\n")
