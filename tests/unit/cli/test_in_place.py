"""The commands for runs that are read in place from TensorBoard logs which the repo's configuration names."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.storage.repo.repo_files import create_repo
from tests.unit.cli.support import Aim, record
from tests.unit.importers.event_bytes import scalar, write_records


@pytest.fixture(autouse=True)
def event_file(repo_path: Path, tmp_path: Path) -> Path:
    """A run called `fit` beside an own one called `own`."""
    path = tmp_path / "logs" / "fit" / "events.out.tfevents.1.host"
    path.parent.mkdir(parents=True)
    write_records(path, [scalar("loss", 1.0 / (step + 1), step, 1.5e9 + step) for step in range(10)])
    os.utime(path, (1.6e9, 1.6e9))
    record(repo_path, name="own")
    Path(create_repo(repo_path).config_path).write_text(json.dumps({"tf_logs": [str(tmp_path / "logs"), "gone"]}))
    return path


@pytest.fixture
def fit(repo_path: Path) -> str:
    with aim.Repo(repo_path) as repo:
        return repo.get_run("fit").hash


def test_what_is_listed_is_shown(run_aim: Aim, json_lines: Callable[..., list[Any]], fit: str) -> None:
    assert {run["name"] for run in json_lines("runs", "ls")} == {"fit", "own"}
    for text in ("fit", fit, fit[:6]):
        (shown,) = json_lines("runs", "show", text)
        assert (shown["hash"], shown["name"], shown["status"], shown["ended_at"]) == (fit, "fit", "finished", 1.5e9 + 9)
        assert [metric["points"] for metric in shown["metrics"]] == [10]
    assert json_lines("runs", "show", "own")[0]["name"] == "own"


def test_its_page_in_the_terminal_names_the_folder_of_the_logs(run_aim: Aim, event_file: Path) -> None:
    assert str(event_file.parent) in run_aim("runs", "show", "fit").stdout


def test_it_is_archived_and_brought_back(run_aim: Aim, json_lines: Callable[..., list[Any]], fit: str) -> None:
    for _ in range(2):
        run_aim("runs", "archive", "fit", "own")
        assert json_lines("runs", "ls") == []
        run_aim("runs", "unarchive", fit[:6], "own")
        assert {run["name"] for run in json_lines("runs", "ls")} == {"fit", "own"}
    (shown,) = json_lines("runs", "show", "fit")
    assert (shown["status"], shown["ended_at"]) == ("finished", 1.5e9 + 9)


@pytest.mark.parametrize("is_edited", [False, True])
@pytest.mark.parametrize("arguments", [("rm", "-y"), ("rm", "-y", "--force"), ("cp", "--to", "x"), ("mv", "--to", "x")])
def test_it_is_neither_deleted_nor_moved(
    run_aim: Aim, json_lines: Callable[..., list[Any]], arguments: tuple[str, ...], is_edited: bool
) -> None:
    if is_edited:
        run_aim("runs", "archive", "fit")
        run_aim("runs", "unarchive", "fit")
    said = run_aim("runs", arguments[0], "fit", "own", *arguments[1:], code=1).stderr
    assert "read in place" in said
    assert "archive it to hide it" in said
    assert {run["name"] for run in json_lines("runs", "ls")} == {"fit", "own"}


def test_a_folder_that_is_not_there_is_told(run_aim: Aim) -> None:
    result = run_aim("query", "tf:loss")
    assert "fit" in result.stdout
    assert "gone: cannot be read: No such file or directory" in result.stderr
