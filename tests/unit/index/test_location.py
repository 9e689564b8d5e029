"""The index lies beside the repo where SQLite can be trusted, else where it can."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from aim.index.index import Index
from aim.index.sql import location
from aim.index.sql.location import file_system_type, find_location, is_network_type, stale_directories
from aim.index.sql.sqlite import SQLite
from aim.index.sql.tables import SCHEMA_VERSION
from aim.storage.repo.layout import RepoLayout
from tests.unit.index.oracle import assert_holds_everything
from tests.unit.index.rawrepo import RawRepo

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/me/scratch tmpfs rw 0 0
//nas/my\\040files /mnt/my\\040files cifs rw 0 0
overlay /over overlay rw 0 0
sshfs /over fuse.sshfs rw 0 0
"""


@pytest.fixture
def layout(repo_path: Path) -> RepoLayout:
    repo = RawRepo(repo_path)
    repo.simple_run(1)
    return repo.layout


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/data/repo", "ext4"),
        ("/home/me/repo", "nfs4"),
        ("/home/me/scratch/repo", "tmpfs"),
        ("/home/me/scratch2", "nfs4"),
        ("/mnt/my files/x", "cifs"),
        ("/over/x", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert file_system_type(path, str(mounts)) == kind


def test_without_a_table_of_mounts_nothing_is_known(tmp_path: Path) -> None:
    assert file_system_type("/", str(tmp_path / "none")) == ""


def test_network_file_systems_are_known_by_their_type() -> None:
    assert all(map(is_network_type, ("nfs", "nfs4", "cifs", "smb3", "lustre", "fuse.sshfs", "9p")))
    assert not any(map(is_network_type, ("ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "", "fuseblk")))


def test_a_local_repo_has_its_index_inside(layout: RepoLayout) -> None:
    found = find_location(layout, environ={})
    assert (found.directory, found.reason) == (layout.index, "in the repo")


def test_the_variable_overrides_and_repos_do_not_share(layout: RepoLayout, tmp_path: Path) -> None:
    environ = {"AIM_INDEX_DIR": str(tmp_path / "indexes")}
    found = find_location(layout, environ=environ)
    other = find_location(RepoLayout(tmp_path / "other" / ".aim"), environ=environ)
    assert os.path.dirname(found.directory) == str(tmp_path / "indexes")
    assert found.directory != other.directory
    assert found.reason == "set by AIM_INDEX_DIR"


def test_a_repo_on_a_network_drive_has_its_index_in_the_cache(
    layout: RepoLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(location, "file_system_type", lambda path: "nfs4" if path.startswith(layout.root) else "ext4")
    found = find_location(layout, environ={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert found.directory.startswith(str(tmp_path / "cache"))
    assert found.reason == "in the user's cache, because the repo is on a network file system (nfs4)"


def test_where_nothing_else_will_do_the_index_is_temporary(
    layout: RepoLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(location, "file_system_type", lambda path: "nfs4")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert find_location(layout).is_temporary
    with Index.open(layout) as index:
        index.catch_up()
        assert_holds_everything(index, layout)
        directory = os.path.dirname(index.path)
        assert os.path.isdir(directory)
    assert not os.path.exists(directory)


def test_a_variable_that_names_no_folder_is_passed_over(layout: RepoLayout, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environ = {"AIM_INDEX_DIR": str(tmp_path / "file"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    found = find_location(layout, environ=environ)
    assert found.directory.startswith(str(tmp_path / "cache"))
    assert "AIM_INDEX_DIR" in found.reason


def test_a_file_where_the_index_shall_lie_is_told(layout: RepoLayout, tmp_path: Path) -> None:
    Path(layout.index).write_text("")
    found = find_location(layout, environ={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert found.reason == f"in the user's cache, because {layout.index} is not a directory"


@pytest.mark.parametrize("name", [f"v{SCHEMA_VERSION}", f"v{SCHEMA_VERSION}/x", ""])
def test_what_is_in_the_way_of_the_index_sends_it_elsewhere(
    layout: RepoLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if name:
        os.makedirs(os.path.join(layout.index, name))
    else:
        Path(layout.index).write_text("")
    with Index.open(layout) as index:
        index.catch_up()
        assert_holds_everything(index, layout)
        assert index.location.directory.startswith(str(tmp_path / "cache"))
        assert layout.index in index.location.reason
        assert find_location(layout) == index.location


def test_a_place_that_turns_out_unusable_is_left_for_the_next(
    layout: RepoLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    real = SQLite.create

    def full(self: SQLite, path: str, *, schema_version: int) -> None:
        if path.startswith((str(tmp_path / "cache"), layout.index)):
            raise sqlite3.OperationalError("database or disk is full")
        real(self, path, schema_version=schema_version)

    monkeypatch.setattr(SQLite, "create", full)
    with Index.open(layout) as index:
        index.catch_up()
        assert_holds_everything(index, layout)
        assert index.location.is_temporary
        assert index.location.reason.count("disk is full") == 2
    assert os.listdir(layout.index) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_in_the_place_of_the_pointer_is_not_waited_for(layout: RepoLayout) -> None:
    os.makedirs(layout.index)
    os.mkfifo(os.path.join(layout.index, f"v{SCHEMA_VERSION}"))
    with Index.open(layout) as index:
        index.catch_up()
        assert_holds_everything(index, layout)
        assert index.location.directory == layout.index


def test_an_index_left_in_the_repo_is_stale_once_it_lies_elsewhere(
    layout: RepoLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Index.open(layout) as index:
        index.catch_up()
    assert stale_directories(layout) == []
    monkeypatch.setenv("AIM_INDEX_DIR", str(tmp_path / "indexes"))
    assert stale_directories(layout) == [layout.index]
