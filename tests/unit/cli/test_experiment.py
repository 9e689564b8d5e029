from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aim
from aim.storage.care.trash import trashed_runs
from aim.storage.reading.runs import run_hashes
from aim.storage.repo.experiments import active_experiment
from aim.storage.repo.layout import RepoLayout
from tests.unit.cli.support import Aim, record


def test_experiment_add_checkout_ls(run_aim: Aim, json_lines: Callable[..., list[Any]], repo_path: Path) -> None:
    run_aim("experiment", "add", "-n", "digits")
    run_aim("experiment", "checkout", "--name", "digits")
    with aim.Session(repo=repo_path):
        pass
    assert json_lines("experiment", "ls") == [
        {"name": "default", "runs": 0, "active": False},
        {"name": "digits", "runs": 1, "active": True},
    ]
    assert "*  digits" in run_aim("experiment", "ls").stdout


def test_adding_twice_is_refused(run_aim: Aim, repo_path: Path) -> None:
    run_aim("experiment", "add", "-n", "digits")
    run_aim("experiment", "add", "-n", "digits", code=1)
    run_aim("experiment", "add", "-n", "default", code=1)
    run_aim("experiment", "add", "-n", " blank ", code=1)


def test_rm_names_the_runs_asks_and_moves_them_to_the_trash(run_aim: Aim, repo_path: Path, layout: RepoLayout) -> None:
    kept = record(repo_path)
    gone = sorted(record(repo_path, experiment="digits") for _ in range(3))
    run_aim("experiment", "checkout", "-n", "digits")
    refused = run_aim("experiment", "rm", "-n", "digits", answer="n\n", code=1)
    assert "its 3 runs" in refused.output
    run_aim("experiment", "rm", "-n", "digits", answer="y\n")
    assert (run_hashes(layout), trashed_runs(layout)) == ([kept], gone)
    assert active_experiment(layout) == "default"


def test_default_cannot_be_removed(run_aim: Aim, two_runs: tuple[str, str], layout: RepoLayout) -> None:
    run_aim("experiment", "rm", "-n", "default", "-y", code=1)
    assert len(run_hashes(layout)) == 2


def test_rm_refuses_an_experiment_that_is_being_recorded(run_aim: Aim, repo_path: Path, layout: RepoLayout) -> None:
    with aim.Session(repo=repo_path, experiment="live"):
        run_aim("experiment", "rm", "-n", "live", "-y", code=4)
    assert len(run_hashes(layout)) == 1


def test_rm_of_an_unknown_experiment(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    run_aim("experiment", "rm", "-n", "nope", "-y", code=3)
