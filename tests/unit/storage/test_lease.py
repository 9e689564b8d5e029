"""Leases: who holds one, and when it is over."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aim.storage.care.checks import check_repo
from aim.storage.care.prune import find_prunable, prune
from aim.storage.care.repairs import repair
from aim.storage.repo import lease
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.lease import HeldLease, Lease, Standing, find_lease, take_lease
from aim.storage.repo.process import boot_id
from aim.storage.repo.repo_files import create_repo

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="locks and /proc")

SAYS = {"port": 1}
HOLDER = """
import sys
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.lease import take_lease
held = take_lease(RepoLayout(sys.argv[1]), sys.argv[1] + "/web.json", {"port": 2})
print(type(held).__name__, flush=True)
sys.stdin.readline()
held.release()
"""


@pytest.fixture
def layout(tmp_path: Path) -> RepoLayout:
    return create_repo(tmp_path / "repo")


@pytest.fixture
def path(layout: RepoLayout) -> str:
    return layout.web_lease


@pytest.fixture
def holder(layout: RepoLayout) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, layout.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "HeldLease\n"
    yield process
    process.kill()
    process.communicate()


def standing(layout: RepoLayout, path: str, **limits: float) -> Standing | None:
    found = find_lease(layout, path, **limits)
    return found.standing if found is not None else None


def rewrite(path: str, **fields: Any) -> None:
    """Make the file as a process elsewhere would have left it; with a field of None, without that."""
    text = json.loads(Path(path).read_bytes()) if os.path.exists(path) else {}
    Path(path).touch()
    text = {"inode": f"{os.stat(path).st_ino:x}", "pid": 7, "says": SAYS, **text, **fields}
    Path(path).write_text(json.dumps({key: value for key, value in text.items() if value is not None}))


def test_the_lease_of_a_live_process_is_held_and_that_of_a_killed_one_over_at_once(
    layout: RepoLayout, path: str, holder: subprocess.Popen[str]
) -> None:
    found = find_lease(layout, path)
    assert found is not None and found.is_seen
    assert (found.standing, found.pid, found.says) == (Standing.HELD, holder.pid, {"port": 2})
    other = take_lease(layout, path, SAYS)
    assert isinstance(other, Lease) and other.pid == holder.pid
    holder.kill()
    holder.wait()
    assert standing(layout, path) is Standing.OVER
    mine = take_lease(layout, path, SAYS)
    assert isinstance(mine, HeldLease)
    mine.release()
    assert not os.path.exists(path)


def test_the_lock_tells_of_a_holder_whose_process_cannot_be_looked_for(
    layout: RepoLayout, path: str, holder: subprocess.Popen[str]
) -> None:
    rewrite(path, pid_ns="that of a container")
    os.utime(path, (0, 0))
    assert standing(layout, path) is Standing.HELD
    holder.kill()
    holder.wait()
    os.utime(path)
    assert standing(layout, path) is Standing.OVER


def test_a_stopped_holder_keeps_its_lease(layout: RepoLayout, path: str, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGSTOP)
    os.utime(path, (0, 0))
    assert standing(layout, path) is Standing.HELD
    holder.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("differing", [{"boot": "that of another host"}, {"device": "0"}])
def test_where_neither_lock_nor_process_proves_anything_a_lease_holds_as_long_as_its_heart_beats(
    differing: dict[str, str], layout: RepoLayout, path: str
) -> None:
    rewrite(path, **{"boot": boot_id(), **differing})  # and nobody has the lock, as who mounts the drive elsewhere sees
    assert standing(layout, path) is Standing.UNPROVEN
    taken = take_lease(layout, path, SAYS)
    assert isinstance(taken, Lease) and taken.standing is Standing.UNPROVEN
    for seconds in (-lease.LEASE_S - 1, lease.LEASE_S + 1):  # one from the future is no heartbeat either
        found = os.stat(path).st_mtime
        os.utime(path, (found, found + seconds))
        assert standing(layout, path) is Standing.OVER
        os.utime(path)
    os.utime(path, (0, 0))
    taken = take_lease(layout, path, SAYS)
    assert isinstance(taken, HeldLease)
    taken.release()


def test_a_copy_of_a_repo_has_no_lease(
    layout: RepoLayout, path: str, holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    copy = RepoLayout(shutil.copytree(layout.root, tmp_path / "copy" / ".aim"))
    there = copy.web_lease
    assert standing(copy, there) is Standing.OVER
    taken = take_lease(copy, there, SAYS)
    assert isinstance(taken, HeldLease)
    assert standing(layout, path) is Standing.HELD
    taken.release()


def test_a_repo_that_was_moved_is_served_anew_and_its_old_server_is_known(
    layout: RepoLayout, holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    os.rename(layout.root, tmp_path / ".aim")
    moved = RepoLayout(tmp_path / ".aim")
    there = moved.web_lease
    found = find_lease(moved, there)
    assert found is not None
    assert (found.standing, found.place, found.pid) == (Standing.MOVED, layout.root, holder.pid)
    taken = take_lease(moved, there, SAYS)
    assert isinstance(taken, HeldLease)
    taken.release()


def test_of_many_that_take_a_lease_that_is_over_one_gets_it(layout: RepoLayout, path: str) -> None:
    for _ in range(10):
        rewrite(path, boot="that of another host")
        os.utime(path, (0, 0))
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda _: take_lease(layout, path, SAYS), range(8)))
        (mine,) = (found for found in taken if isinstance(found, HeldLease))
        assert all(found.pid == os.getpid() for found in taken if isinstance(found, Lease))
        mine.release()


def test_a_lease_that_was_removed_or_put_back_from_a_copy_is_made_again(layout: RepoLayout, path: str) -> None:
    mine = take_lease(layout, path, SAYS)
    assert isinstance(mine, HeldLease)
    os.utime(path, (0, 0))
    assert mine.beat() and os.stat(path).st_mtime > 1e9
    os.unlink(path)
    assert mine.beat() and standing(layout, path) is Standing.HELD
    shutil.copy(path, f"{path}.backup")
    os.replace(f"{path}.backup", path)
    assert standing(layout, path) is Standing.OVER
    assert mine.beat() and standing(layout, path) is Standing.HELD
    mine.release()
    assert not os.path.exists(path)


def test_who_lost_the_lease_leaves_it_to_the_other(
    layout: RepoLayout, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    mine = take_lease(layout, path, SAYS)
    assert isinstance(mine, HeldLease)
    os.unlink(path)
    other = take_lease(layout, path, SAYS)
    assert isinstance(other, HeldLease)
    assert not mine.beat()
    assert "also serves this repo" in caplog.text
    mine.release()
    assert standing(layout, path) is Standing.HELD
    other.release()


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "\xff", "[" * 60_000, '{"pid": true, "says": 5, "inode": 3}'])
def test_what_is_no_lease_holds_nothing(text: str, layout: RepoLayout, path: str) -> None:
    Path(path).write_text(text, encoding="latin-1")
    assert standing(layout, path) is Standing.OVER
    mine = take_lease(layout, path, SAYS)
    assert isinstance(mine, HeldLease)
    mine.release()


def test_links_and_pipes_are_no_leases(layout: RepoLayout, path: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    os.symlink(outside, path)
    assert find_lease(layout, path) is None
    mine = take_lease(layout, path, SAYS)
    assert isinstance(mine, HeldLease) and not os.path.islink(path)
    mine.release()
    assert outside.read_text() == "mine"
    os.mkfifo(path)
    assert find_lease(layout, path) is None


def test_a_lease_that_is_over_is_named_by_doctor_and_removed_by_prune(
    layout: RepoLayout, path: str, holder: subprocess.Popen[str]
) -> None:
    assert "stale lease" not in {finding.kind for finding in check_repo(layout).findings}
    assert path not in {found.path for found in find_prunable(layout)}
    holder.kill()
    holder.wait()
    (finding,) = (finding for finding in check_repo(layout).findings if finding.kind == "stale lease")
    assert not finding.is_damage and finding.path == path
    found = [found for found in find_prunable(layout) if found.path == path]
    assert [item.what for item in found] == ["stale lease"]
    assert prune(layout, found) == []
    assert not os.path.exists(path)
    rewrite(path)
    os.utime(path, (0, 0))
    repair(layout, check_repo(layout).findings)
    assert not os.path.exists(path)
