"""The one way to the files of a repo: nothing outside is touched, nothing but regular files is opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aim.errors import UnsafeFileError
from aim.storage.repo import descent, files, trees

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes links and named pipes")


@pytest.fixture(params=["descriptors", "paths"])
def root(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder to work in, with and without descriptors of directories (as on Windows)."""
    if request.param == "paths":
        monkeypatch.setattr(descent, "_HAS_DIR_FD", False)
    made = tmp_path / "root"
    (made / "folder").mkdir(parents=True)
    (made / "folder" / "file").write_bytes(b"inside")
    return str(made)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    made = tmp_path / "outside"
    made.mkdir()
    (made / "file").write_bytes(b"outside")
    return made


OPERATIONS: dict[str, Callable[[str, str], object]] = {
    "read": lambda root, path: files.read_bytes(root, path, 100),
    "open to append": lambda root, path: files.open_file(root, path, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    "open to cut": lambda root, path: files.open_file(root, path, os.O_RDWR | os.O_TRUNC),
    "touch": lambda root, path: files.touch(root, path),
    "sync": lambda root, path: files.sync(root, path),
}
OPERATIONS_BELOW_A_FOLDER: dict[str, Callable[[str, str], object]] = {
    **OPERATIONS,
    "make a file": lambda root, path: files.write_new(root, f"{path}.new", b"new"),
    "publish": lambda root, path: files.publish(root, path, b"new"),
    "unlink": lambda root, path: files.unlink(root, path),
    "remove": lambda root, path: trees.remove_tree(root, path),
    "rename away": lambda root, path: files.rename(root, path, os.path.join(root, "taken")),
    "rename into": lambda root, path: files.rename(root, os.path.join(root, "folder", "file"), path),
    "link": lambda root, path: files.link(root, os.path.join(root, "folder", "file"), f"{path}.new"),
    "make a folder": lambda root, path: files.make_folders(root, os.path.join(path, "new")),
    "list": lambda root, path: files.list_names(root, os.path.dirname(path)),
    "look": lambda root, path: files.lstat(root, path),
    "copy": lambda root, path: trees.copy_tree(root, os.path.dirname(path), root, os.path.join(root, "copy")),
}


def content(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_link_in_place_of_a_file_is_not_followed(root: str, outside: Path, name: str) -> None:
    os.symlink(outside / "file", os.path.join(root, "link"))
    with pytest.raises(UnsafeFileError, match=r"root/link is a symbolic link, and Aim follows none inside a repo"):
        OPERATIONS[name](root, os.path.join(root, "link"))
    assert content(outside) == {"file": b"outside"}


def test_a_file_is_not_made_through_a_link_that_leads_nowhere(root: str, outside: Path) -> None:
    os.symlink(outside / "new", os.path.join(root, "link"))
    with pytest.raises(UnsafeFileError, match="symbolic link"):
        files.open_file(root, os.path.join(root, "link"), os.O_WRONLY | os.O_CREAT)
    assert content(outside) == {"file": b"outside"}


@pytest.mark.parametrize("depth", ["link", "folder/link"])
@pytest.mark.parametrize("name", OPERATIONS_BELOW_A_FOLDER)
def test_a_link_in_place_of_a_folder_is_not_followed(root: str, outside: Path, name: str, depth: str) -> None:
    os.symlink(outside, os.path.join(root, depth))
    with pytest.raises(UnsafeFileError, match=rf"root/{depth} is a symbolic link"):
        OPERATIONS_BELOW_A_FOLDER[name](root, os.path.join(root, depth, "file"))
    assert content(outside) == {"file": b"outside"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_named_pipe_is_not_waited_for(root: str, name: str) -> None:
    path = os.path.join(root, "pipe")
    os.mkfifo(path)
    with pytest.raises(UnsafeFileError, match=r"root/pipe is not a regular file but a named pipe"):
        OPERATIONS[name](root, path)
    keeper = os.open(path, os.O_RDWR)  # a pipe that has a reader can be opened for writing at once
    try:
        with pytest.raises(UnsafeFileError, match="named pipe"):
            OPERATIONS[name](root, path)
    finally:
        os.close(keeper)


@pytest.mark.parametrize("name", OPERATIONS_BELOW_A_FOLDER)
@pytest.mark.parametrize("path", ["../outside/file", "folder/../../outside/file", "folder/../file"])
def test_a_path_leads_nowhere_but_down(root: str, outside: Path, name: str, path: str) -> None:
    with pytest.raises(UnsafeFileError, match="does not lie in"):
        OPERATIONS_BELOW_A_FOLDER[name](root, f"{root}/{path}")
    with pytest.raises(UnsafeFileError, match="does not lie in"):
        OPERATIONS_BELOW_A_FOLDER[name](root, str(outside / "file"))
    assert content(outside) == {"file": b"outside"}


@pytest.mark.parametrize("name", ["", ".", "..", "folder/file", "../outside"])
def test_the_name_of_an_entry_is_no_path(root: str, name: str) -> None:
    with files.open_folder(root, root) as folder, pytest.raises(UnsafeFileError, match="is not the name of a file"):
        folder.open(name)


def test_the_root_may_be_a_link(root: str, tmp_path: Path) -> None:
    linked = str(tmp_path / "linked")
    os.symlink(root, linked)
    assert files.read_bytes(linked, os.path.join(linked, "folder", "file"), 6) == b"inside"
    files.make_folders(linked, os.path.join(linked, "a", "b"))
    assert files.is_folder(root, os.path.join(root, "a", "b"))


def test_a_root_that_is_a_link_to_nothing_is_not_made(root: str, tmp_path: Path) -> None:
    linked, target = str(tmp_path / "linked"), tmp_path / "unmounted"
    os.symlink(target, linked)
    with pytest.raises(UnsafeFileError, match="unmounted, which does not exist: make that folder, or mount its disk"):
        files.make_folders(linked, os.path.join(linked, "runs"))
    assert not target.exists()


def test_what_is_read_whole_has_a_limit(root: str) -> None:
    path = os.path.join(root, "folder", "file")
    assert files.read_bytes(root, path, 6) == b"inside"
    with pytest.raises(UnsafeFileError, match="is larger than 5 bytes"):
        files.read_bytes(root, path, 5)


def test_an_unsafe_file_is_an_error_of_the_system_too(root: str) -> None:
    os.mkfifo(os.path.join(root, "pipe"))
    with pytest.raises(OSError, match="pipe") as caught:
        files.read_bytes(root, os.path.join(root, "pipe"), 5)
    assert caught.value.filename == os.path.join(root, "pipe")
    with pytest.raises(IsADirectoryError):
        files.read_bytes(root, os.path.join(root, "folder"), 5)
    with pytest.raises(NotADirectoryError):
        files.read_bytes(root, os.path.join(root, "folder", "file", "below"), 5)
    with pytest.raises(FileNotFoundError) as missing:
        files.read_bytes(root, os.path.join(root, "folder", "other"), 5)
    assert missing.value.filename == os.path.join(root, "folder", "other")


def test_a_published_file_is_whole_and_nothing_is_left_beside(root: str) -> None:
    path = os.path.join(root, "folder", "file")
    files.publish(root, path, b"longer than before", mode=0o600)
    assert files.read_bytes(root, path, 100) == b"longer than before"
    assert os.stat(path).st_mode & 0o777 == 0o600
    with pytest.raises(OSError, match="folder"):
        files.publish(root, os.path.join(root, "folder"), b"a directory has the name")
    assert files.list_names(root, root) == ["folder"]
    assert files.list_names(root, os.path.join(root, "folder")) == ["file"]


def test_publishing_over_a_link_replaces_the_link(root: str, outside: Path) -> None:
    os.symlink(outside / "file", os.path.join(root, "link"))
    files.publish(root, os.path.join(root, "link"), b"new")
    assert content(outside) == {"file": b"outside"}
    assert files.read_bytes(root, os.path.join(root, "link"), 3) == b"new"


def test_a_file_that_is_there_is_not_made_again(root: str) -> None:
    with pytest.raises(FileExistsError):
        files.write_new(root, os.path.join(root, "folder", "file"), b"new")
    with pytest.raises(FileExistsError):
        files.link(root, os.path.join(root, "folder", "file"), os.path.join(root, "folder", "file"))
    assert files.read_bytes(root, os.path.join(root, "folder", "file"), 100) == b"inside"


def test_removing_a_tree_removes_its_links_and_not_what_they_lead_to(root: str, outside: Path) -> None:
    os.symlink(outside, os.path.join(root, "folder", "link"))
    os.symlink(outside, os.path.join(root, "link"))
    os.mkfifo(os.path.join(root, "folder", "pipe"))
    trees.remove_tree(root, os.path.join(root, "link"))
    trees.remove_tree(root, os.path.join(root, "folder"))
    assert files.list_names(root, root) == []
    assert content(outside) == {"file": b"outside"}


def test_a_copy_holds_regular_files_and_their_times(root: str, outside: Path, tmp_path: Path) -> None:
    folder = Path(root, "folder")
    (folder / "below").mkdir()
    (folder / "below" / "deep").write_bytes(b"d" * 3_000_000)
    os.symlink(outside, folder / "link")
    os.mkfifo(folder / "pipe")
    os.utime(folder / "file", (1, 2))
    other = tmp_path / "other"
    trees.copy_tree(root, str(folder), str(other), str(other / "runs" / "copy"))
    copied = other / "runs" / "copy"
    assert sorted(entry.name for entry in copied.iterdir()) == ["below", "file"]
    assert (copied / "below" / "deep").read_bytes() == b"d" * 3_000_000
    assert (copied / "file").stat().st_mtime == 2
    with pytest.raises(FileExistsError):
        trees.copy_tree(root, str(folder), str(other), str(copied))


def test_the_size_of_a_tree_leaves_out_what_links_lead_to(root: str, outside: Path) -> None:
    (outside / "large").write_bytes(b"x" * 10_000)
    os.symlink(outside, os.path.join(root, "folder", "link"))
    os.symlink(outside, os.path.join(root, "link"))
    link = len(str(outside))
    assert trees.tree_size(root, os.path.join(root, "folder")) == 6 + link
    assert trees.tree_size(root, os.path.join(root, "link")) == link
    assert trees.tree_size(root, os.path.join(root, "folder", "file")) == 6
    assert trees.tree_size(root, os.path.join(root, "nothing")) == 0


def test_no_descriptor_is_left_open(root: str, outside: Path) -> None:
    os.symlink(outside, os.path.join(root, "link"))
    os.mkfifo(os.path.join(root, "pipe"))
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
    for path in ("link/file", "pipe", "none/none", "folder/file/none"):
        for operation in OPERATIONS.values():
            with pytest.raises(OSError, match="root"):
                operation(root, os.path.join(root, path))
    trees.tree_size(root, root)
    assert before == (os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else [])


def test_a_path_is_followed_from_an_open_folder_too(root: str, outside: Path) -> None:
    os.makedirs(os.path.join(root, "folder", "below"))
    os.symlink(outside, os.path.join(root, "folder", "link"))
    with files.open_folder(root, os.path.join(root, "folder")) as base:
        os.close(files.open_file(base, os.path.join(root, "folder", "file")))
        assert files.list_names(root, os.path.join(root, "folder", "below")) == []
        with files.open_folder(base, os.path.join(root, "folder", "below")) as below:
            assert below.names() == []
        with files.open_folder(base, base.path) as same:
            assert sorted(same.names()) == ["below", "file", "link"]
        for path in ("link", "link/file", "below/../file", "../folder/file"):
            with pytest.raises(UnsafeFileError):
                files.open_file(base, os.path.join(root, "folder", path))
        assert base.names()  # still open


def test_a_kept_folder_is_closed_with_its_last_reference_unless_its_number_is_anothers(root: str) -> None:
    kept = files.KeptFolder(files.open_folder(root, root))
    if kept.fd is None:
        return
    number, other = kept.fd, os.open(os.path.join(root, "folder", "file"), os.O_RDONLY)
    os.dup2(other, number)  # as a program may that has closed all descriptors
    os.close(other)
    del kept
    assert os.read(number, 6) == b"inside"
    os.close(number)
    kept = files.KeptFolder(files.open_folder(root, root))
    number = kept.fd or -1
    del kept
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
