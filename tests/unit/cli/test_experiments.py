from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aim
from aim.storage.care.trash import trashed_runs
from aim.storage.reading.runs import run_hashes, run_status
from aim.storage.repo.experiments import active_experiment
from aim.storage.repo.layout import RepoLayout
from tests.unit.cli.support import Aim, record


def test_experiment_add_checkout_ls(run_aim: Aim, json_lines: Callable[..., list[Any]], repo_path: Path) -> None:
    run_aim("experiments", "add", "-n", "digits")
    run_aim("experiments", "checkout", "--name", "digits")
    with aim.Session(repo=repo_path):
        pass
    assert json_lines("experiments", "ls") == [
        {"name": "default", "runs": 0, "active": False},
        {"name": "digits", "runs": 1, "active": True},
    ]
    assert "*  digits" in run_aim("experiments", "ls").stdout


def test_adding_twice_is_refused(run_aim: Aim, repo_path: Path) -> None:
    run_aim("experiments", "add", "-n", "digits")
    run_aim("experiments", "add", "-n", "digits", code=1)
    run_aim("experiments", "add", "-n", "default", code=1)
    run_aim("experiments", "add", "-n", " blank ", code=1)


def test_rm_names_the_runs_asks_and_moves_them_to_the_trash(run_aim: Aim, repo_path: Path, layout: RepoLayout) -> None:
    kept = record(repo_path)
    gone = sorted(record(repo_path, experiment="digits") for _ in range(3))
    run_aim("experiments", "checkout", "-n", "digits")
    refused = run_aim("experiments", "rm", "-n", "digits", answer="n\n", code=1)
    assert "its 3 runs" in refused.output
    run_aim("experiments", "rm", "-n", "digits", answer="y\n")
    assert (run_hashes(layout), trashed_runs(layout)) == ([kept], gone)
    assert active_experiment(layout) == "default"


def test_default_cannot_be_removed(run_aim: Aim, two_runs: tuple[str, str], layout: RepoLayout) -> None:
    run_aim("experiments", "rm", "-n", "default", "-y", code=1)
    assert len(run_hashes(layout)) == 2


def test_rm_refuses_an_experiment_that_is_being_recorded(run_aim: Aim, repo_path: Path, layout: RepoLayout) -> None:
    with aim.Session(repo=repo_path, experiment="live"):
        run_aim("experiments", "rm", "-n", "live", "-y", code=4)
    assert len(run_hashes(layout)) == 1


def test_name_may_be_an_argument_and_the_group_in_the_singular(run_aim: Aim) -> None:
    run_aim("experiment", "add", "digits")
    run_aim("experiment", "checkout", "digits")
    assert "*  digits" in run_aim("experiment", "ls").stdout
    assert "name of an experiment is missing" in run_aim("experiments", "checkout", code=2).stderr
    assert "leave one out" in run_aim("experiments", "checkout", "digits", "-n", "default", code=2).stderr


def test_close_closes_the_open_runs_and_keeps_how_others_ended(
    run_aim: Aim, repo_path: Path, layout: RepoLayout
) -> None:
    ended = record(repo_path, experiment="digits")
    killed = killed_run(repo_path, "digits")
    other = killed_run(repo_path, "other")
    assert "1 open run of experiment 'digits' closed" in run_aim("experiments", "close", "digits").stdout
    assert [run_status(layout, run)[1].value for run in (ended, killed, other)] == [
        "finished",
        "interrupted",
        "crashed",
    ]
    assert "0 open runs" in run_aim("experiments", "close", "digits", "--as", "failed").stdout
    run_aim("experiments", "close", "nope", code=3)


def test_close_refuses_while_a_run_is_being_written_to(run_aim: Aim, repo_path: Path, layout: RepoLayout) -> None:
    killed = killed_run(repo_path, "live")
    with aim.Session(repo=repo_path, experiment="live"):
        run_aim("experiments", "close", "live", code=4)
    assert run_status(layout, killed)[1].value == "crashed"


def killed_run(repo: Path, experiment: str) -> str:
    """A run whose process was killed; returns its hash."""
    code = f"""
import aim, os, signal
session = aim.Session(repo={str(repo)!r}, experiment={experiment!r})
session.track(1.0, name="loss")
print(session.run_hash, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    return subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True).stdout.strip()


def test_rm_of_an_unknown_experiment(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    run_aim("experiments", "rm", "-n", "nope", "-y", code=3)
