from __future__ import annotations

import contextlib
import itertools
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.errors import AimWarning
from aim.storage.care.trash import trashed_runs
from aim.storage.reading.runs import run_hashes, run_status
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo, resolve_repo
from aim.storage.writing.open_run import open_run
from aim.storage.writing.request import RunRequest
from tests.unit.cli.support import Aim, record

JsonLines = Callable[..., list[Any]]


def test_ls_lists_newest_first(run_aim: Aim, json_lines: JsonLines, two_runs: tuple[str, str]) -> None:
    listed = json_lines("runs", "ls")
    assert [(run["hash"], run["name"], run["status"]) for run in listed] == [
        (two_runs[1], "second", "finished"),
        (two_runs[0], "first", "finished"),
    ]
    assert listed[0]["params"] == {"params": {"lr": 0.001, "optimizer": "sgd"}}
    table = run_aim("runs", "ls").stdout
    assert table.index("second") < table.index("first")


def test_ls_takes_a_query_and_a_limit(json_lines: JsonLines, two_runs: tuple[str, str]) -> None:
    assert [run["name"] for run in json_lines("runs", "ls", "params.lr > 0.01")] == ["first"]
    assert [run["name"] for run in json_lines("runs", "ls", "-n", "1")] == ["second"]


def test_archived_runs_are_left_out_unless_asked_for(
    run_aim: Aim, json_lines: JsonLines, two_runs: tuple[str, str]
) -> None:
    run_aim("runs", "archive", "first")
    assert [run["name"] for run in json_lines("runs", "ls")] == ["second"]
    everything = json_lines("runs", "ls", "--all")
    assert {run["name"]: run["archived"] for run in everything} == {"first": True, "second": False}
    run_aim("runs", "unarchive", "first")
    assert len(json_lines("runs", "ls")) == 2


def test_show(run_aim: Aim, json_lines: JsonLines, two_runs: tuple[str, str]) -> None:
    (shown,) = json_lines("runs", "show", two_runs[0][:8])
    assert (shown["hash"], shown["status"], shown["params"]["params"]["lr"]) == (two_runs[0], "finished", 0.1)
    assert shown["metrics"] == [
        {"name": "loss", "context": {"subset": subset}, "points": 5, "hidden_points": 0, "last_step": 4, "last": last}
        for subset, last in (("train", 0.2), ("val", 0.4))
    ]
    text = run_aim("runs", "show", "first").stdout
    assert "params.lr = 0.1" in text and "subset=train" in text and "█" in text


def test_run_is_meant_by_hash_prefix_or_name(run_aim: Aim, repo_path: Path, layout: RepoLayout) -> None:
    run_hash = record(repo_path, name="my run")
    for text in (run_hash, run_hash[:6], "my run"):
        assert run_hash in run_aim("runs", "show", text).stdout
    run_aim("runs", "show", run_hash[:3], code=3)
    other = run_hash[:10] + ("0" if run_hash[10] != "0" else "1") + run_hash[11:]
    shutil.copytree(layout.run_dir(run_hash), layout.run_dir(other))
    run_aim("runs", "show", run_hash[:10], code=1)


def test_rm_moves_to_the_trash_and_restore_brings_back(
    run_aim: Aim, json_lines: JsonLines, layout: RepoLayout, two_runs: tuple[str, str]
) -> None:
    run_aim("runs", "rm", "first")
    assert (run_hashes(layout), trashed_runs(layout)) == ([two_runs[1]], [two_runs[0]])
    assert [run["name"] for run in json_lines("runs", "ls")] == ["second"]
    assert json_lines("runs", "ls", "--trash") == [{"hash": two_runs[0], "name": "first", "experiment": "default"}]
    run_aim("runs", "restore", two_runs[0])
    assert trashed_runs(layout) == []
    assert [m["values"] for m in json_lines("query", "loss if context.subset == train and run.name == 'first'")] == [
        [1.0, 0.5, 1 / 3, 0.25, 0.2]
    ]
    run_aim("runs", "restore", two_runs[0], code=3)


def test_restore_takes_a_name_and_says_where_to_look(
    run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]
) -> None:
    run_aim("runs", "rm", "first")
    assert "aim runs ls --trash" in run_aim("runs", "restore", "second", code=3).stderr
    run_aim("runs", "restore", "first")
    assert trashed_runs(layout) == []


def test_show_of_many_metrics_shows_the_first_in_natural_order(
    run_aim: Aim, json_lines: JsonLines, repo_path: Path
) -> None:
    with aim.Session(repo=repo_path, run="many") as session:
        for i in range(30):
            session.track(i, name="loss", i=i)
    text = run_aim("runs", "show", "many").stdout
    shown = [line.split()[1] for line in text.splitlines() if line.startswith("  loss")]
    assert shown == [f"i={i}" for i in range(20)]
    assert "and 10 more; --all shows them" in text
    text = run_aim("runs", "show", "many", "--all").stdout
    assert text.count("  loss") == 30 and "more" not in text
    assert len(json_lines("runs", "show", "many")[0]["metrics"]) == 30


def test_a_run_that_was_resumed_lasted_without_the_pause_and_says_what_ended_it_first(
    run_aim: Aim, json_lines: JsonLines, repo_path: Path
) -> None:
    layout = create_repo(repo_path)
    for attempt, begin in enumerate((1_000_000.0, 2_000_000.0)):
        ticks = itertools.count(begin)
        writer = open_run(layout, RunRequest("a" * 24, name="twice", is_new=not attempt), clock=ticks.__next__)
        error = None if attempt else {"type": "ValueError", "message": "no such layer"}
        writer.close("finished" if attempt else "failed", error=error)
    shown = run_aim("runs", "show", "twice").output
    assert "failed: ValueError: no such layer" in shown
    (found,) = json_lines("runs", "show", "twice")
    assert found["duration"] < 100 and "duration    " in shown
    assert "11d" not in shown + run_aim("runs", "ls").output


def test_show_tells_why_something_was_not_kept(run_aim: Aim, repo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIM_STRICT", "0")
    with pytest.warns(aim.errors.AimWarning), aim.Session(repo=repo_path, run="bad") as session:
        session.track("text", name="loss")
    text = run_aim("runs", "show", "bad").stdout
    assert "not kept    1 rejected" in text
    assert "because     values or names that cannot be recorded (1)" in text


def test_dicts_that_were_emptied_are_not_shown(run_aim: Aim, repo_path: Path) -> None:
    for name in ("one", "two"):
        with aim.Run(repo=repo_path, name=name) as run:
            run["a", "b"] = name
            run["lr"] = name
            if name == "two":
                del run["a", "b"]
    assert "a = {}" not in run_aim("runs", "show", "two").stdout
    assert "{}" not in run_aim("runs", "ls").stdout


def test_rm_of_several_asks(run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]) -> None:
    assert "2 runs" in run_aim("runs", "rm", *two_runs, answer="n\n", code=1).output
    assert len(run_hashes(layout)) == 2
    run_aim("runs", "rm", *two_runs, "--yes")
    assert len(run_hashes(layout)) == 0


def test_nothing_is_removed_if_one_of_them_is_unknown(
    run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]
) -> None:
    run_aim("runs", "rm", "-y", "first", "nope", code=3)
    assert len(run_hashes(layout)) == 2


def test_same_run_deleted_twice_is_in_the_trash_twice(
    run_aim: Aim, layout: RepoLayout, repo_path: Path, tmp_path: Path
) -> None:
    run_hash = record(repo_path)
    run_aim("runs", "cp", run_hash, "--to", str(tmp_path / "other"))
    run_aim("runs", "rm", run_hash)
    run_aim("runs", "cp", run_hash, "--to", str(repo_path), repo=tmp_path / "other")
    run_aim("runs", "rm", run_hash)
    assert len(list(Path(layout.trash).iterdir())) == 2


@pytest.mark.parametrize("command", ["rm", "cp", "mv", "close"])
def test_live_run_is_refused_without_force(
    command: str, run_aim: Aim, repo_path: Path, tmp_path: Path, layout: RepoLayout
) -> None:
    to = ["--to", str(tmp_path / "other")] if command in ("cp", "mv") else []
    session = aim.Session(repo=repo_path, strict=False)
    session.track(1.0, name="loss")
    refused = run_aim("runs", command, session.run_hash, *to, code=4)
    assert "is being written to by process" in refused.stderr
    assert run_hashes(layout) == [session.run_hash]
    is_moved = command in ("rm", "mv")
    with pytest.warns(AimWarning, match="was moved") if is_moved else contextlib.nullcontext():
        run_aim("runs", command, session.run_hash, *to, "--force")
        session.close()


@pytest.mark.parametrize("command", ["cp", "mv"])
def test_cp_and_mv_into_another_repo(
    command: str, run_aim: Aim, json_lines: JsonLines, layout: RepoLayout, tmp_path: Path, two_runs: tuple[str, str]
) -> None:
    other = tmp_path / "other"
    run_aim("runs", command, "first", "--to", str(other))
    assert run_hashes(layout) == sorted(two_runs if command == "cp" else two_runs[1:])
    (copied,) = json_lines("query", "loss if context.subset == val", repo=other)
    assert (copied["run"], copied["values"]) == (two_runs[0], [2.0, 1.0, 2 / 3, 0.5, 0.4])
    # the name is taken there as well
    with pytest.raises(aim.errors.RunNameTakenError):
        aim.Session(repo=other, run="first", resume="never")
    run_aim("runs", "cp", "first" if command == "cp" else "second", "--to", str(other))


def test_cp_to_the_same_repo_is_refused(run_aim: Aim, repo_path: Path, two_runs: tuple[str, str]) -> None:
    run_aim("runs", "cp", "first", "--to", str(repo_path), code=1)


def test_cp_says_when_the_name_is_taken_there(run_aim: Aim, tmp_path: Path, two_runs: tuple[str, str]) -> None:
    record(tmp_path / "other", name="first")
    assert "another run of this name" in run_aim("runs", "cp", "first", "--to", str(tmp_path / "other")).output


def test_close_says_how_a_killed_run_ended(run_aim: Aim, layout: RepoLayout, repo_path: Path) -> None:
    code = f"""
import aim, os, signal
session = aim.Session(repo={str(repo_path)!r})
session.track(1.0, name="loss")
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    (run_hash,) = run_hashes(layout)
    assert run_status(layout, run_hash)[1].value == "crashed"
    run_aim("runs", "close", run_hash, "--as", "failed")
    assert run_status(layout, run_hash)[1].value == "failed"
    run_aim("runs", "close", run_hash)
    assert run_status(layout, run_hash)[1].value == "interrupted"


def test_close_leaves_a_run_that_ended_by_itself(run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]) -> None:
    assert "finished already" in run_aim("runs", "close", "first", code=1).stdout
    run_aim("runs", "close", "first", "--as", "failed", "--force")
    assert run_status(layout, two_runs[0])[1].value == "failed"


def test_empty_repo(run_aim: Aim, json_lines: JsonLines) -> None:
    run_aim("init")
    assert run_aim("runs", "ls").stdout == "No runs.\n"
    assert json_lines("runs", "ls") == []
    assert run_aim("runs", "ls", "--trash").stdout == "The trash is empty.\n"


def test_no_text_makes_a_path_outside_the_repo(run_aim: Aim, tmp_path: Path, two_runs: tuple[str, str]) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    for text in ("../../victim", str(victim), "..", "", "."):
        run_aim("runs", "rm", text, code=3)
    assert victim.is_dir()
    assert resolve_repo(tmp_path / "repo").runs
