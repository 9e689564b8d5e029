"""Making and finding repos."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.errors import AimWarning, RepoError, RepoFormatError, RepoNotFoundError
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import (
    create_repo,
    find_repo,
    iter_repos_upwards,
    locate_repo,
    open_repo,
    resolve_repo,
)


def test_path_means_the_directory_that_holds_the_repo_or_the_repo_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = str(tmp_path / "x" / ".aim")
    paths: list[Any] = [
        tmp_path / "x",
        str(tmp_path / "x"),
        str(tmp_path / "x") + "/",
        os.fsencode(tmp_path / "x"),
        "x",
        "./y/../x",
        "~/x",
        tmp_path / "x" / ".aim",
        f"{tmp_path}/x/.aim/",
    ]
    assert {resolve_repo(path).root for path in paths} == {expected}


@pytest.mark.parametrize("address", ["aim://host:53800", "http://host/repo"])
def test_address_of_a_server_is_refused_and_makes_no_directory(address: str, tmp_path: Path) -> None:
    with pytest.raises(RepoError, match="recording to a server is not possible yet"):
        create_repo(address)
    assert list(tmp_path.iterdir()) == []


def test_made_repo_is_found_from_below(tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    assert sorted(os.listdir(layout.root)) == ["VERSION", "active", "closed", "names", "runs"]
    assert Path(layout.version_path).read_text() == "1\n"
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = find_repo(below)
    assert found is not None
    assert found.root == layout.root


def test_repos_are_found_nearest_first(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    roots = [create_repo(path).root for path in (inner, tmp_path)]
    assert [layout.root for layout in iter_repos_upwards(inner)][:2] == roots


def test_directory_without_a_version_or_runs_is_no_repo_and_can_be_completed(tmp_path: Path) -> None:
    (tmp_path / ".aim" / "index").mkdir(parents=True)
    assert list(iter_repos_upwards(tmp_path)) == []
    with pytest.raises(RepoNotFoundError, match="Make one with: aim init --repo"):
        open_repo(tmp_path)
    create_repo(tmp_path)
    assert open_repo(tmp_path).root == str(tmp_path / ".aim")


def test_making_a_repo_again_leaves_what_is_there(tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    Path(layout.config_path).write_text("{}")
    Path(layout.runs, "something").touch()
    create_repo(tmp_path)
    assert Path(layout.config_path).read_text() == "{}"
    assert os.listdir(layout.runs) == ["something"]


def test_without_a_path_the_nearest_repo_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = create_repo(tmp_path)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert open_repo().root == layout.root


def test_environment_names_the_repo_where_no_path_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_repo(tmp_path)
    (tmp_path / "other").mkdir()
    other = create_repo(tmp_path / "other")
    monkeypatch.setenv("AIM_REPO", str(tmp_path / "other"))
    assert open_repo().root == other.root
    assert open_repo(tmp_path).root == str(tmp_path / ".aim")


def test_no_repo_anywhere_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RepoNotFoundError, match=rf"no \.aim in {tmp_path} or above it. Make one with: aim init"):
        open_repo()


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("2\n", "written by format 2, this version reads 1-1. Install a later version of Aim, such as"),
        ("999", "written by format 999"),
        ("0", "VERSION file has 0"),
        ("-1", "VERSION file is unreadable"),
        ("", "VERSION file is unreadable"),
        ("one", "VERSION file is unreadable"),
        ("1.2\n", r"Aim 2 or 3 made it \(its VERSION is 1.2\).* Use another folder: pass repo=, or set AIM_REPO"),
        ("1.", "VERSION file is unreadable"),
        ("\xff", "VERSION file is unreadable"),
    ],
)
def test_repo_of_another_format_is_refused_and_not_touched(version: str, message: str, tmp_path: Path) -> None:
    (tmp_path / ".aim").mkdir()
    (tmp_path / ".aim" / "VERSION").write_text(version, encoding="latin-1")
    for use in (open_repo, create_repo):
        with pytest.raises(RepoFormatError, match=message):
            use(tmp_path)
    assert os.listdir(tmp_path / ".aim") == ["VERSION"]


def test_file_in_the_place_of_the_repo_is_said(tmp_path: Path) -> None:
    (tmp_path / ".aim").touch()
    with pytest.raises(RepoError, match=r"cannot make a repo at .*\.aim: "):
        create_repo(tmp_path)


def test_layout_of_a_path_needs_no_disk() -> None:
    assert repr(RepoLayout("/nowhere/.aim")) == "RepoLayout('/nowhere/.aim')"


def test_a_repo_that_lost_its_version_is_not_passed_over_for_one_further_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_repo(tmp_path)
    (tmp_path / "below").mkdir()
    lost = create_repo(tmp_path / "below")
    os.unlink(lost.version_path)
    monkeypatch.chdir(tmp_path / "below")
    assert locate_repo().root == lost.root
    with pytest.raises(RepoFormatError, match=r"VERSION file is missing\. Repair it with: aim doctor --repair"):
        open_repo()
    with pytest.warns(AimWarning, match="there is another repo further up"), aim.Session() as session:
        session.track(1.0, name="loss")
    assert os.listdir(lost.runs) == [session.run_hash]
    assert Path(lost.version_path).read_text() == "1\n"


@pytest.mark.parametrize("content", [b"", b"one", b"\xff\xfe\x00", bytes(100), b"-1"])
def test_a_damaged_version_is_told_plainly(content: bytes, tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    Path(layout.version_path).write_bytes(content)
    with pytest.raises(RepoFormatError, match="it is not a number"):
        open_repo(tmp_path)
    with pytest.raises(RepoFormatError, match="it is not a number"):
        create_repo(tmp_path)


def test_a_working_directory_that_was_deleted_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        for use in (open_repo, lambda: open_repo("here"), lambda: find_repo(".")):
            with pytest.raises(RepoNotFoundError, match="the working directory was deleted"):
                use()
    finally:
        monkeypatch.undo()


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_the_first_run_makes_the_repo_in_an_empty_place_for_one(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_repo(tmp_path)
    below, disk = tmp_path / "below", tmp_path / "disk"
    (below / "deeper").mkdir(parents=True)
    disk.mkdir()
    if kind == "link":
        (below / ".aim").symlink_to(disk, target_is_directory=True)
    else:
        (below / ".aim").mkdir()
    monkeypatch.chdir(below / "deeper")
    with pytest.raises(RepoNotFoundError, match=r"no Aim repo at .*below/.aim. Make one with: aim init --repo"):
        locate_repo()
    monkeypatch.setenv("AIM_STRICT", "")
    with pytest.warns(AimWarning, match="there is another repo further up"), aim.Session() as session:
        session.track(1.0, name="loss")
    assert (below / ".aim" / "runs" / session.run_hash).is_dir()
    assert locate_repo().root == str(below / ".aim")


def test_a_link_to_a_disk_that_is_not_mounted_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_repo(tmp_path)
    below = tmp_path / "below"
    below.mkdir()
    (below / ".aim").symlink_to(tmp_path / "unmounted", target_is_directory=True)
    monkeypatch.chdir(below)
    with pytest.raises(RepoNotFoundError, match=r"it is a link to .*unmounted, which does not exist"):
        locate_repo()
    remedy = "unmounted, which does not exist: make that folder, or mount its disk, first"
    with pytest.raises(RepoError, match=remedy), pytest.warns(AimWarning, match="there is another repo further up"):
        aim.Session()
    assert not (tmp_path / "unmounted").exists()


@pytest.mark.parametrize("name", ["runs", "active", "closed", "names"])
def test_a_folder_of_a_repo_that_is_a_link_is_told_with_what_to_do(name: str, tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    (tmp_path / ".aim" / name).rename(tmp_path / "moved")
    (tmp_path / ".aim" / name).symlink_to(tmp_path / "moved", target_is_directory=True)
    for opening in (open_repo, create_repo):
        with pytest.raises(RepoError, match=rf".aim/{name} is a symbolic link, .* only .aim itself may be one"):
            opening(layout.root)
