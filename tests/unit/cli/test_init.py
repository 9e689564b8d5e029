from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import aim
from aim.storage.care.trash import trashed_runs
from aim.storage.reading.runs import run_hashes
from aim.storage.repo.layout import RepoLayout
from tests.unit.cli.support import Aim, record


def test_init_makes_an_empty_repo(run_aim: Aim, layout: RepoLayout) -> None:
    assert layout.root in run_aim("init").stdout
    assert Path(layout.version_path).read_text() == "1\n"


def test_init_again_names_what_is_there_and_asks(run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]) -> None:
    result = run_aim("init", answer="n\n", code=1)
    assert "2 runs, 20 points" in result.stdout
    assert run_hashes(layout) == sorted(two_runs)
    run_aim("init", answer="y\n")
    assert run_hashes(layout) == []


def test_init_again_with_yes_does_not_ask(run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]) -> None:
    run_aim("init", "-y")
    assert run_hashes(layout) == []


def test_runs_that_init_replaced_are_in_the_trash_and_come_back(
    run_aim: Aim, repo_path: Path, layout: RepoLayout, two_runs: tuple[str, str]
) -> None:
    run_aim("experiments", "add", "digits")
    assert "aim runs restore --all" in run_aim("init", "-y").stdout
    assert trashed_runs(layout) == sorted(two_runs)
    assert "digits" not in run_aim("experiments", "ls").stdout
    (kept,) = Path(layout.root, "aside").rglob("config.json")
    assert "digits" in kept.read_text()
    record(repo_path, name="third")
    run_aim("runs", "restore", "--all")
    assert len(run_hashes(layout)) == 3 and trashed_runs(layout) == []
    run_aim("runs", "restore", "--all", code=1)


@pytest.mark.parametrize("option", ["-s", "--skip-if-exists"])
def test_init_can_skip_a_repo_that_is_there(
    option: str, run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]
) -> None:
    assert "is a repo already" in run_aim("init", option).stdout
    assert run_hashes(layout) == sorted(two_runs)


def test_init_that_skips_makes_a_repo_where_there_is_none(run_aim: Aim, layout: RepoLayout) -> None:
    run_aim("init", "-s")
    assert Path(layout.version_path).exists()


def test_init_refuses_while_a_run_is_written(run_aim: Aim, repo_path: Path, layout: RepoLayout) -> None:
    with aim.Session(repo=repo_path) as session:
        run_aim("init", "-y", code=4)
        assert run_hashes(layout) == [session.run_hash]


def test_init_empties_a_repo_that_is_a_link_and_keeps_the_link(
    run_aim: Aim, repo_path: Path, tmp_path: Path, layout: RepoLayout
) -> None:
    disk = tmp_path / "disk" / "aim"
    disk.mkdir(parents=True)
    Path(layout.root).symlink_to(disk, target_is_directory=True)
    record(repo_path)
    assert (disk / "VERSION").exists()
    assert "1 run" in run_aim("init", "-y").stdout
    assert Path(layout.root).is_symlink()
    assert run_hashes(layout) == []
    assert (disk / "VERSION").read_text() == "1\n"
    found = sorted(path.name for path in disk.iterdir() if path.name != ".clock")
    assert found == ["VERSION", "active", "closed", "names", "runs", "trash"]
    assert [path.name for path in disk.parent.iterdir()] == ["aim"]


def test_init_of_a_link_to_a_folder_with_files_in_it_removes_only_what_aim_made(
    run_aim: Aim, repo_path: Path, layout: RepoLayout
) -> None:
    theirs = [
        "src/a.py",
        "runs/notes.txt",
        "runs/old/x",
        "trash/letter.txt",
        "closed/2020-01-01/bill.pdf",
        "thesis.tex",
    ]
    Path(layout.root).symlink_to(".", target_is_directory=True)
    record(repo_path)
    run_hash = record(repo_path)
    run_aim("runs", "rm", "-y", run_hash)
    for name in theirs:
        path = repo_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    text = run_aim("init", answer="y\n").stdout
    assert f"(a link to {os.path.realpath(repo_path)})" in text
    for name in ("closed/2020-01-01/bill.pdf", "runs/notes.txt", "runs/old", "src", "thesis.tex", "trash/letter.txt"):
        assert name in text.partition("left alone: ")[2]
    assert all((repo_path / name).read_text() == "mine" for name in theirs)
    assert len(trashed_runs(layout)) == 2
    assert run_hashes(layout) == []


def test_init_leaves_alone_what_lies_in_an_ordinary_repo_and_is_not_aims(
    run_aim: Aim, two_runs: tuple[str, str], layout: RepoLayout
) -> None:
    Path(layout.root, "notes.md").write_text("mine")
    Path(layout.root, "index").mkdir(exist_ok=True)
    Path(layout.root, "index", "page.html").write_text("mine")
    assert f"left alone: {os.path.join('index', 'page.html')}, notes.md" in run_aim("init", "-y").stdout
    assert Path(layout.root, "notes.md").exists() and Path(layout.root, "index", "page.html").exists()
    assert run_hashes(layout) == []


@pytest.mark.parametrize("version", [None, "3.11.2\n"])
def test_init_deletes_nothing_where_no_version_says_that_it_is_a_repo(
    run_aim: Aim, tmp_path: Path, version: str | None, layout: RepoLayout
) -> None:
    run = tmp_path / "Documents" / "runs" / ("0" * 24)
    run.mkdir(parents=True)
    (run / "log").write_text("mine")
    if version is not None:
        (tmp_path / "Documents" / "VERSION").write_text(version)
    Path(layout.root).symlink_to(tmp_path / "Documents", target_is_directory=True)
    assert "nothing was changed" in run_aim("init", "-y", code=1).stderr
    assert (run / "log").read_text() == "mine"


def test_init_empties_a_repo_whose_folder_cannot_be_renamed(
    run_aim: Aim, two_runs: tuple[str, str], layout: RepoLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def busy(old: str, new: str, **folders: int | None) -> None:
        if old == layout.root:  # as of a disk that is mounted there
            raise OSError(errno.EBUSY, "Device or resource busy")
        rename(old, new, **folders)

    monkeypatch.setattr(os, "rename", busy)
    run_aim("init", "-y")
    assert run_hashes(layout) == []
    assert len(trashed_runs(layout)) == 2


@pytest.mark.parametrize("command", [("init",), ("experiments", "add", "-n", "digits"), ("up",)])
def test_an_empty_place_for_a_repo_is_taken_and_not_passed_over(
    command: tuple[str, ...], run_aim: Aim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody linked ``.aim`` to an empty folder of a bigger disk, or mounted one there."""
    record(tmp_path)
    disk = tmp_path / "disk"
    disk.mkdir()
    here = tmp_path / "below" / "here"
    here.mkdir(parents=True)
    (tmp_path / "below" / ".aim").symlink_to(disk, target_is_directory=True)
    monkeypatch.chdir(tmp_path / "below" if command == ("init",) else here)
    if command == ("up",):
        assert str(tmp_path / "below" / ".aim") in run_aim("up", answer="n\n", code=1, repo=None).output
        assert list(disk.iterdir()) == []
    else:
        run_aim(*command, repo=None)
        assert (disk / "VERSION").exists()
    assert len(run_hashes(RepoLayout(tmp_path / ".aim"))) == 1
