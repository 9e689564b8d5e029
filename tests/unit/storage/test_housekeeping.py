from __future__ import annotations

import errno
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aim.errors import RunActiveError, RunError, RunNotFoundError, StorageError, UnsafeFileError
from aim.schema.records import NO_EPOCH
from aim.storage.care import prune, removal, transfer, trash
from aim.storage.reading import runs
from aim.storage.reading.events import read_run
from aim.storage.reading.streams import list_streams
from aim.storage.repo import files, trees
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.run_names import claim_run_name, claimed_run
from aim.storage.writing.writer import RunWriter, new_run_hash


def write_run(layout: RepoLayout, *, name: str = "x", close: bool = True) -> tuple[str, RunWriter]:
    run_hash = new_run_hash()
    opened = {"role": "train", "attempt": 1, "name": name, "experiment": "default"}
    writer = RunWriter(layout, run_hash, opened=opened)
    loss = writer.sequence("loss", {})
    for _ in range(10):
        writer.append_point(loss, None, NO_EPOCH, 1.0)
    if close:
        writer.close("finished")
    return run_hash, writer


def contents(layout: RepoLayout, run_hash: str) -> dict[str, bytes]:
    return {s.key: Path(s.path).read_bytes() for s in list_streams(layout.run_dir(run_hash))}


@pytest.fixture
def source(repo_path: Path) -> RepoLayout:
    return create_repo(repo_path)


@pytest.fixture
def target(tmp_path: Path) -> RepoLayout:
    return create_repo(tmp_path / "other")


def test_move_between_file_systems_copies_and_removes(
    source: RepoLayout, target: RepoLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_hash, _ = write_run(source)
    before = contents(source, run_hash)
    rename = os.rename

    def refuse_across(a: Any, b: Any) -> None:
        if str(a).startswith(source.root) and str(b).startswith(target.root):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(a, b)

    monkeypatch.setattr(os, "rename", refuse_across)
    transfer.move_run(source, target, run_hash)
    assert contents(target, run_hash) == before
    assert runs.run_hashes(source) == []
    assert os.listdir(target.runs) == [run_hash]


@pytest.fixture
def elsewhere() -> Iterator[RepoLayout]:
    """A repo on another file system."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        yield create_repo(folder)


def _needs_two(one: RepoLayout, other: RepoLayout) -> None:
    if os.stat(one.root).st_dev == os.stat(other.root).st_dev:
        pytest.skip("needs two file systems")


def test_a_run_that_is_being_written_to_moves_to_no_other_file_system(
    source: RepoLayout, elsewhere: RepoLayout
) -> None:
    _needs_two(source, elsewhere)
    run_hash, writer = write_run(source, close=False)
    with pytest.raises(RunActiveError, match="another file system"):
        transfer.move_run(source, elsewhere, run_hash, force=True)
    writer.append_point(writer.sequence("loss", {}), None, NO_EPOCH, 2.0)
    writer.close("finished")
    assert runs.run_hashes(elsewhere) == []
    before = contents(source, run_hash)
    transfer.move_run(source, elsewhere, run_hash)
    assert contents(elsewhere, run_hash) == before
    assert os.listdir(source.runs) == []


def test_a_run_moved_by_force_while_it_is_written_to_runs_where_it_went(source: RepoLayout, target: RepoLayout) -> None:
    run_hash, writer = write_run(source, close=False)
    transfer.move_run(source, target, run_hash, force=True)
    assert runs.run_status(target, run_hash)[1].value == "running"
    writer.append_point(writer.sequence("loss", {}), None, NO_EPOCH, 2.0)
    assert [s.size_bytes for s in read_run(target.run_dir(run_hash), run_hash).points] == [11 * 32]
    os.utime(os.path.join(target.active, f"{run_hash}.{writer.id}"), (0, 0))
    writer.beat()
    assert runs.run_status(target, run_hash)[1].value == "running"


@pytest.mark.parametrize("act", [transfer.copy_run, transfer.move_run])
def test_what_only_the_marker_of_a_killed_run_says_goes_along(
    act: Callable[..., bool], source: RepoLayout, target: RepoLayout
) -> None:
    run_hash, writer = write_run(source, close=False)
    writer.marker.write(lost_points=7, causes={"ENOSPC": 7}, start="1")  # of a process that is gone
    beat_at = math.floor(time.time()) + 3600.0  # after its last point
    os.utime(writer.marker.path, (beat_at, beat_at))
    expected = runs.run_status(source, run_hash)[1:]
    assert (expected[0].value, expected[0].ended_at, expected[1].lost_points) == ("crashed", beat_at, 7)
    act(source, target, run_hash)
    assert runs.run_status(target, run_hash)[1:] == expected
    writer.forget()


def test_a_run_in_the_trash_that_is_still_written_to_is_not_pruned(source: RepoLayout) -> None:
    run_hash, writer = write_run(source, close=False)
    trash.delete_run(source, run_hash, force=True)
    assert [item.run for item in prune.find_prunable(source)] == []
    writer.close("finished")
    assert [item.run for item in prune.find_prunable(source)] == [run_hash]


def test_a_move_that_the_file_system_refuses_moves_nothing(
    source: RepoLayout, target: RepoLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_hash, _ = write_run(source)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched, pytest.raises(StorageError, match="Permission denied"):
        patched.setattr(os, "rename", refuse)
        patched.setattr(os, "replace", refuse)
        transfer.move_run(source, target, run_hash)
    assert runs.run_hashes(source) == [run_hash]
    assert os.listdir(target.runs) == []


def test_copy_that_fails_leaves_nothing_behind(
    source: RepoLayout, target: RepoLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_hash, _ = write_run(source)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "write_fd", full)
    with pytest.raises(StorageError, match="No space left"):
        transfer.copy_run(source, target, run_hash)
    assert os.listdir(target.runs) == []
    assert runs.run_hashes(source) == [run_hash]


def test_forced_copy_of_a_live_run_has_a_declaration_for_every_point(source: RepoLayout, target: RepoLayout) -> None:
    run_hash, writer = write_run(source, close=False)
    with pytest.raises(RunActiveError, match=f"process {os.getpid()}"):
        transfer.copy_run(source, target, run_hash)
    transfer.copy_run(source, target, run_hash, force=True)
    writer.close("finished")
    files = read_run(target.run_dir(run_hash), run_hash)
    assert [s.size_bytes for s in files.points] == [320]
    assert [len(w.sequences) for w in files.state.writers.values()] == [1]


def test_claimed_name_goes_along_where_it_is_free(source: RepoLayout, target: RepoLayout) -> None:
    first, _ = write_run(source, name="mine")
    claim_run_name(source, "default", "mine", first)
    assert transfer.copy_run(source, target, first) is True
    assert claimed_run(target, "default", "mine") == first
    third, _ = write_run(source, name="other")
    claim_run_name(source, "default", "other", third)
    fourth, _ = write_run(target, name="other")
    claim_run_name(target, "default", "other", fourth)
    assert transfer.move_run(source, target, third) is False
    assert claimed_run(target, "default", "other") == fourth


def test_unknown_and_impossible_hashes_are_not_found(source: RepoLayout, target: RepoLayout) -> None:
    for text in ("0" * 24, "../..", "", "x"):
        for act in (
            lambda text=text: trash.delete_run(source, text),
            lambda text=text: trash.restore_run(source, text),
            lambda text=text: transfer.copy_run(source, target, text),
            lambda text=text: runs.run_status(source, text),
        ):
            with pytest.raises(RunNotFoundError):
                act()


def test_restore_does_not_take_the_place_of_a_run(source: RepoLayout, target: RepoLayout) -> None:
    run_hash, _ = write_run(source)
    transfer.copy_run(source, target, run_hash)
    trash.delete_run(source, run_hash)
    transfer.copy_run(target, source, run_hash)
    with pytest.raises(RunError, match="already"):
        trash.restore_run(source, run_hash)
    assert trash.trashed_runs(source) == [run_hash]


def test_links_in_a_run_directory_are_not_followed(source: RepoLayout, target: RepoLayout, tmp_path: Path) -> None:
    run_hash, _ = write_run(source)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    Path(source.run_dir(run_hash), "link").symlink_to(secret)
    transfer.copy_run(source, target, run_hash)
    assert not os.path.lexists(os.path.join(target.run_dir(run_hash), "link"))


def test_totals_are_counted_from_sizes(source: RepoLayout) -> None:
    write_run(source)
    write_run(source)
    totals = removal.repo_totals(source)
    assert (totals.runs, totals.points) == (2, 20)
    assert totals.size_bytes > 640


def test_a_trash_that_is_a_link_is_named_by_who_would_use_it(source: RepoLayout, tmp_path: Path) -> None:
    run_hash, _ = write_run(source)
    os.symlink(tmp_path, source.trash)
    with pytest.raises(StorageError, match=rf"cannot delete run {run_hash}: {source.trash} is a symbolic link"):
        trash.delete_run(source, run_hash)
    with pytest.raises(UnsafeFileError, match="trash is a symbolic link"):
        prune.find_prunable(source)
    assert runs.run_hashes(source) == [run_hash]


def test_prune_goes_on_after_what_it_cannot_remove(source: RepoLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = sorted(write_run(source)[0] for _ in range(2))
    for run_hash in hashes:
        trash.delete_run(source, run_hash)
    found = prune.find_prunable(source)
    remove_tree = trees.remove_tree

    def stubborn(root: str, path: str) -> None:
        if path.endswith(hashes[0]):
            raise PermissionError(errno.EACCES, "Permission denied")
        remove_tree(root, path)

    monkeypatch.setattr(trees, "remove_tree", stubborn)
    failed = prune.prune(source, found)
    assert [(item.run, reason) for item, reason in failed] == [(hashes[0], "Permission denied")]
    assert trash.trashed_runs(source) == [hashes[0]]


def _end_by_marker(layout: RepoLayout, **said: Any) -> str:
    """A run that ended 200 days ago on a full disk: its events have no end."""
    run_hash, writer = write_run(layout, close=False)
    writer.events.release()
    writer.points.release()
    writer.marker.write(start="1", **said)
    writer.marker.retire(time.time() - 200 * 86_400)
    return run_hash


def test_prune_keeps_an_old_marker_that_alone_says_how_a_run_ended_or_what_was_lost(source: RepoLayout) -> None:
    told = _end_by_marker(source, lost_points=5000, causes={"ENOSPC": 5000}, reason="interrupted")
    wordless = _end_by_marker(source)
    gone = _end_by_marker(source, lost_points=1)
    trees.remove_tree(source.root, source.run_dir(gone))
    before = runs.run_status(source, told)
    assert (before[1].value, before[2].lost_points) == ("interrupted", 5000)
    (day,) = Path(source.closed).iterdir()
    letter = day / "letter.txt"
    letter.write_text("not a marker")
    assert prune.prune(source, prune.find_prunable(source)) == []
    assert sorted(path.name.partition(".")[0] for path in day.iterdir()) == sorted([told, "letter"])
    assert runs.run_status(source, told) == before
    assert runs.run_status(source, wordless)[1].value == "crashed"
    letter.unlink()
    trees.remove_tree(source.root, source.run_dir(told))
    assert [item.path for item in prune.find_prunable(source)] == [str(day)]


def test_prune_of_an_index_leaves_what_is_none_in_its_folder(source: RepoLayout) -> None:
    Path(source.index).mkdir()
    for name in ("v1", "v1-0123.sqlite", "v1-0123.sqlite-wal", "page.html"):
        Path(source.index, name).write_text("x")
    for left in (["page.html"], None):
        assert prune.prune(source, prune.find_prunable(source, stale_indexes=[source.index])) == []
        assert (os.listdir(source.index) if os.path.exists(source.index) else None) == left
        Path(source.index, "page.html").unlink(missing_ok=True)
