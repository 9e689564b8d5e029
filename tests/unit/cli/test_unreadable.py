"""A run that cannot be read is named by every command that reads, and the others are shown."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.errors import RunNameTakenError, RunUnreadableError
from aim.schema import limits
from aim.storage.repo.layout import RepoLayout
from tests.unit.cli.support import Aim, record

BAD = "b" * 24


@pytest.fixture
def good(repo_path: Path, layout: RepoLayout, monkeypatch: pytest.MonkeyPatch) -> str:
    """The hash of a good run, beside a run with more events than are read."""
    run_hash = record(repo_path, name="good")
    folder = Path(layout.run_dir(BAD))
    folder.mkdir()
    (folder / "1-aaaaaaaa.events.jsonl").write_text(json.dumps({"type": "opened", "time": 1.0}) + "\n" + "{}\n" * 100)
    monkeypatch.setattr(limits, "MAX_EVENTS", 50)
    return run_hash


@pytest.mark.parametrize(
    "command", [("runs", "ls"), ("query",), ("export",), ("experiments", "ls"), ("runs", "show", "good")], ids=" ".join
)
def test_commands_that_read_name_the_run_and_show_the_others(command: tuple[str, ...], good: str, run_aim: Aim) -> None:
    result = run_aim(*command)
    assert f"1 run could not be read ({BAD}: 1-aaaaaaaa.events.jsonl " in result.stderr
    assert "more than 50 events" in result.stderr and "aim doctor" in result.stderr
    assert BAD not in result.stdout
    assert any(text in result.stdout for text in (good, good[:8], "default"))


def test_doctor_lists_it_and_checks_the_others(good: str, run_aim: Aim) -> None:
    result = run_aim("doctor", code=1)
    assert "Damage: unreadable (1 time)" in result.stdout and f"runs/{BAD}: 1-aaaaaaaa.events.jsonl" in result.stdout
    assert "10 points" in result.stdout
    run_aim("doctor", "--acknowledge")
    run_aim("doctor")


def test_it_can_be_deleted_and_restored_and_says_why_it_cannot_be_shown(
    good: str, run_aim: Aim, json_lines: Callable[..., list[Any]]
) -> None:
    for command in (("show",), ("archive",), ("close",)):
        assert "cannot be read: 1-aaaaaaaa.events.jsonl" in run_aim("runs", *command, BAD, code=1).stderr
    run_aim("runs", "rm", BAD)
    assert run_aim("runs", "ls").stderr == ""
    assert [run["hash"] for run in json_lines("runs", "ls", "--trash")] == [BAD]
    run_aim("runs", "restore", BAD)
    assert BAD in run_aim("runs", "ls").stderr


def test_a_run_that_may_not_be_read_is_named(repo_path: Path, layout: RepoLayout, run_aim: Aim) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    record(repo_path, name="good")
    os.mkdir(layout.run_dir(BAD), 0o000)
    assert f"{BAD}: Permission denied" in run_aim("runs", "ls").stderr


def test_programs_are_told_of_it(good: str, repo_path: Path) -> None:
    with aim.Repo(repo_path) as repo:
        assert [run.hash for run in repo.query_runs()] == [good]
        assert "more than 50 events" in repo.unreadable_runs()[BAD]


def shut(path: Path) -> None:
    """Leave a file or folder to its owner alone, who is somebody else."""
    path.chmod(0o000)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")


@pytest.mark.parametrize(
    "command", [("runs", "ls"), ("query",), ("export",), ("experiments", "ls"), ("runs", "show", "good")], ids=" ".join
)
@pytest.mark.parametrize("kind", ["link", "shut folder"])
def test_a_day_of_markers_that_cannot_be_read_is_named_and_hides_no_run(
    kind: str, command: tuple[str, ...], repo_path: Path, layout: RepoLayout, tmp_path: Path, run_aim: Aim
) -> None:
    record(repo_path, name="good")
    day = Path(layout.closed, "2026-01-01")
    if kind == "link":
        day.symlink_to(tmp_path)
    else:
        day.mkdir()
        shut(day)
    for _ in range(2):  # also once the index knows the repo
        result = run_aim(*command)
        assert result.stderr.count(str(day)) == 1
        assert "good" in result.stdout or "default" in result.stdout


def test_closed_markers_that_cannot_be_read_hide_no_run(repo_path: Path, layout: RepoLayout, run_aim: Aim) -> None:
    record(repo_path, name="good")
    shut(Path(layout.closed))
    try:
        result = run_aim("runs", "ls")
    finally:
        os.chmod(layout.closed, 0o755)
    assert "good" in result.stdout and "finished" in result.stdout
    assert f"{layout.closed}: Permission denied" in result.stderr


def test_a_run_whose_marker_may_not_be_read_runs_as_its_time_says(
    repo_path: Path, layout: RepoLayout, run_aim: Aim
) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track(1.0, name="loss")
        (marker,) = Path(layout.active).iterdir()
        shut(marker)
        assert "running" in run_aim("runs", "ls").stdout
        os.chmod(marker, 0o644)


@pytest.mark.parametrize("command", [("runs", "ls"), ("query",), ("export",), ("runs", "show", "-")], ids=" ".join)
def test_commands_say_what_is_not_here_of_a_run_until_it_has_been_copied(
    command: tuple[str, ...], repo_path: Path, layout: RepoLayout, run_aim: Aim
) -> None:
    run_hash = record(repo_path, name="arriving")
    (points,) = Path(layout.run_dir(run_hash)).glob("*.points")
    data = points.read_bytes()
    points.write_bytes(data[:96])
    asked = [run_hash if word == "-" else word for word in command]
    missing = f"1 run not complete ({run_hash} lacks {len(data) // 32 - 3} of {len(data) // 32} points)"
    assert missing in run_aim(*asked).stderr
    points.write_bytes(data)
    assert "not complete" not in run_aim(*asked).stderr


# -- what can be read at another time, or by another user --------------------------------------------------------------

NOBODY = 65534


@pytest.fixture
def shared() -> Iterator[Path]:
    """A place where every user may make a repo."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


@contextmanager
def without_permission(repo: Path, *paths: Path) -> Iterator[None]:
    """As somebody who may do everything in the repo but read these files."""
    is_root = os.geteuid() == 0
    for path in [repo, *repo.rglob("*")] if is_root else ():
        path.chmod(0o777 if path.is_dir() else 0o666)
    for path in paths:
        path.chmod(0o600 if is_root else 0o000)
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path in paths:
            path.chmod(0o644)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs the permissions of files")
@pytest.mark.parametrize("kinds", [("events.jsonl",), ("points",), ("events.jsonl", "points")], ids=" ".join)
def test_a_run_that_one_user_may_not_read_is_named_to_him_and_whole_for_the_others(
    kinds: tuple[str, ...], shared: Path, run_aim: Aim
) -> None:
    other, run_hash = record(shared, name="other"), record(shared, name="mine", points=20)
    run_aim("query", "loss", repo=shared)
    shutil.rmtree(shared / ".aim" / "index")
    folder = shared / ".aim" / "runs" / run_hash
    with without_permission(shared, *(path for kind in kinds for path in folder.glob(f"*.{kind}"))):
        for _ in range(2):
            result = run_aim("runs", "ls", repo=shared)
            assert f"{run_hash}: " in result.stderr and "Permission denied" in result.stderr
            assert "other" in result.stdout and run_hash[:8] not in result.stdout
        assert other[:8] in run_aim("query", "loss", repo=shared).stdout
        assert "unreadable" in run_aim("doctor", repo=shared, code=1).stdout
        with pytest.raises(RunUnreadableError, match="Permission denied"):
            aim.Session(repo=shared, run_hash=run_hash)
    result = run_aim("runs", "ls", repo=shared)
    assert "mine" in result.stdout and result.stderr == ""
    with aim.Repo(shared) as repo:
        found = [metric for metric in repo.query_metrics("loss") if metric.run.hash == run_hash]
    assert [len(metric.values) for metric in found] == [20, 20]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("kind", ["events.jsonl", "points"])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/nowhere", path)], ids=["pipe", "link"])
def test_a_run_with_a_link_or_pipe_in_place_of_a_file_is_named_until_the_file_is_back(
    kind: str, make: Callable[[Path], None], repo_path: Path, layout: RepoLayout, run_aim: Aim
) -> None:
    run_hash = record(repo_path, name="mine")
    (path,) = Path(layout.run_dir(run_hash)).glob(f"*.{kind}")
    kept = repo_path / "kept"
    path.rename(kept)
    make(path)
    result = run_aim("runs", "ls")
    assert f"{run_hash}: {path.name} is " in result.stderr and "mine" not in result.stdout
    assert "not a file" in run_aim("doctor", code=1).stdout
    with pytest.raises(RunUnreadableError, match=path.name):
        aim.Session(repo=repo_path, run_hash=run_hash)
    path.unlink()
    kept.rename(path)
    result = run_aim("runs", "ls")
    assert "mine" in result.stdout and result.stderr == ""


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs the permissions of files")
def test_a_name_that_a_run_holds_which_cannot_be_read_is_not_given_again(shared: Path) -> None:
    run_hash = record(shared, name="mine")
    (events,) = (shared / ".aim" / "runs" / run_hash).glob("*.events.jsonl")
    with without_permission(shared, events):
        with pytest.raises(RunNameTakenError):
            aim.Session(repo=shared, run="mine", resume="never")
        with pytest.raises(RunUnreadableError, match="Permission denied"):
            aim.Session(repo=shared, run="mine", resume=True)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs the permissions of files")
def test_automatic_steps_do_not_go_back_where_a_file_cannot_be_read_later(shared: Path) -> None:
    with aim.Session(repo=shared) as session:
        for value in range(30):
            session.track(value, name="loss")
    (points,) = (shared / ".aim" / "runs" / session.run_hash).glob("*.points")
    with aim.Session(repo=shared, run_hash=session.run_hash) as resumed, without_permission(shared, points):
        resumed.track(1.0, name="loss")
    with aim.Repo(shared) as repo:
        (metric,) = repo.query_metrics("loss")
        assert len(metric.values) == 31 and metric.steps[-1] >= 30
