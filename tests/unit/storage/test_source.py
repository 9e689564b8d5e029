"""A scan of the run directories names every run that may have changed, and few others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from aim.errors import RunUnreadableError
from aim.storage.care.checks import check_repo
from aim.storage.reading import status
from aim.storage.reading.source import RunDirectorySource
from aim.storage.repo import process
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.markers import CLOSED_MARKER_DAYS
from tests.unit.index.rawrepo import T0, RawRepo, run_hash

LONG_AGO = (T0, T0)


@pytest.fixture
def repo(repo_path: Path) -> RawRepo:
    return RawRepo(repo_path)


def settle(layout: RepoLayout) -> None:
    for folder in (layout.runs, layout.closed, *(e.path for e in os.scandir(layout.closed))):
        os.utime(folder, LONG_AGO)


def test_the_first_scan_names_everything(repo: RawRepo) -> None:
    repo.simple_run(1)
    repo.writer(2).open_marker()
    scan = RunDirectorySource(repo.layout).scan({})
    assert scan.live == {run_hash(2)}
    assert scan.ended == {(run_hash(1), "1-00000001")}
    assert set(scan.present or ()) == {run_hash(1), run_hash(2)}
    assert scan.compare_all


def test_a_settled_repo_needs_no_second_look(repo: RawRepo) -> None:
    repo.simple_run(1)
    settle(repo.layout)
    found = RunDirectorySource(repo.layout)
    scan = found.scan(found.scan({}).memory)
    assert (scan.live, scan.ended, scan.present, scan.compare_all) == (frozenset(), frozenset(), None, False)


def test_a_folder_changed_just_now_counts_as_changed_again(repo: RawRepo) -> None:
    repo.simple_run(1)
    found = RunDirectorySource(repo.layout)
    scan = found.scan(found.scan({}).memory)
    assert scan.present is not None
    assert scan.ended == {(run_hash(1), "1-00000001")}


def test_what_ended_meanwhile_is_found_by_its_day(repo: RawRepo) -> None:
    repo.simple_run(1)
    settle(repo.layout)
    found = RunDirectorySource(repo.layout)
    memory = found.scan({}).memory
    writer = repo.writer(1, ordinal=2)
    writer.close(marker=False)
    writer.retire_marker(day="2023-11-15")
    os.utime(repo.layout.runs, LONG_AGO)
    scan = found.scan(memory)
    assert scan.ended == {(run_hash(1), "2-00000002")}
    assert scan.present is None


def test_a_marker_of_a_dead_process_is_moved_and_its_run_looked_at(repo: RawRepo) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = {"boot": process.boot_id(), "pid_ns": process.pid_namespace(), "pid": ended.pid, "start": "1"}
    writer = repo.writer(1)
    writer.open_marker(**here)
    if not process.process_is_gone(**here):
        pytest.skip("this system does not tell whether a process is gone")
    found = RunDirectorySource(repo.layout)
    scan = found.scan({})
    assert run_hash(1) in scan.live
    assert not os.path.exists(writer.marker_path)
    assert scan.ended == {(run_hash(1), writer.writer)}
    assert found.scan(scan.memory).live == frozenset()
    reading = found.read_run(run_hash(1))
    assert reading.ended_writers == {writer.writer}
    assert found.standing(reading.state).value == "crashed"


def test_a_marker_that_went_to_the_archive_says_what_the_events_could_not(repo: RawRepo) -> None:
    writer = repo.writer(1)
    writer.event("loss", lost_points=2, rejected=5)
    writer.open_marker(lost_points=9, reason="failed")
    writer.retire_marker()
    found = RunDirectorySource(repo.layout)
    found.scan({})
    reading = found.read_run(run_hash(1))
    assert (reading.loss.lost_points, reading.loss.rejected) == (9, 5)
    assert found.standing(reading.state).value == "failed"


def test_a_retired_marker_is_found_though_it_was_not_there_before(repo: RawRepo) -> None:
    writer = repo.writer(1)
    found = RunDirectorySource(repo.layout)
    memory = found.scan({}).memory
    assert found.read_run(run_hash(1)).ended_writers == frozenset()
    writer.retire_marker()
    settle(repo.layout)
    found.scan(memory)
    assert found.read_run(run_hash(1)).ended_writers == {writer.writer}


def test_a_marker_without_a_readable_text_is_still_a_writer(repo: RawRepo) -> None:
    writer = repo.writer(1)
    Path(writer.marker_path).write_bytes(b"\0" * 512)
    assert RunDirectorySource(repo.layout).scan({}).live == {run_hash(1)}


def test_a_directory_in_the_place_of_another_has_another_mark(repo: RawRepo, tmp_path: Path) -> None:
    writer = repo.simple_run(1)
    found = RunDirectorySource(repo.layout)
    before = found.file_identity(run_hash(1))
    assert before and found.file_identity(run_hash(1)) == before
    shutil.move(writer.directory, tmp_path / "aside")
    assert found.file_identity(run_hash(1)) == ""
    shutil.copytree(tmp_path / "aside", writer.directory)
    assert found.file_identity(run_hash(1)) not in ("", before)


@pytest.mark.parametrize("memory", [{"day": "2020-01-01"}, {"day": 3}, {"days": "x", "runs": None}])
def test_an_old_or_unreadable_memory_compares_everything(repo: RawRepo, memory: dict[str, object]) -> None:
    repo.simple_run(1)
    settle(repo.layout)
    scan = RunDirectorySource(repo.layout).scan(memory)
    assert scan.compare_all and set(scan.present or ()) == {run_hash(1)}


def test_a_repo_without_folders_has_no_runs(tmp_path: Path) -> None:
    found = RunDirectorySource(RepoLayout(tmp_path / ".aim"))
    scan = found.scan({})
    assert (scan.live, scan.ended, dict(scan.present or {})) == (frozenset(), frozenset(), {})
    assert found.list_streams(run_hash(1)) == []
    assert found.read_head(run_hash(1), "1-00000001.points", 64) == b""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_only_regular_files_are_streams_and_markers(repo: RawRepo, tmp_path: Path) -> None:
    writer = repo.simple_run(1)
    (tmp_path / "elsewhere").write_bytes(b"x" * 64)
    pipes = [os.path.join(writer.directory, name) for name in ("2-00000002.events.jsonl", "2-00000002.points")]
    link = os.path.join(writer.directory, "3-00000003.points")
    os.mkdir(os.path.join(writer.directory, "4-00000004.points"))
    for path in (*pipes, link):
        os.symlink(tmp_path / "elsewhere", path) if path == link else os.mkfifo(path)
        for read in (RunDirectorySource(repo.layout).list_streams, RunDirectorySource(repo.layout).read_run):
            with pytest.raises(RunUnreadableError, match=os.path.basename(path)):
                read(run_hash(1))
        os.rename(path, tmp_path / os.path.basename(path))
    os.mkfifo(repo.layout.marker_path(run_hash(2), "1-00000001"))
    source = RunDirectorySource(repo.layout)
    assert source.scan({}).live == frozenset()
    assert {stream.writer for stream in source.list_streams(run_hash(1))} == {writer.writer}
    assert set(source.read_run(run_hash(1)).state.writers) == {writer.writer}
    for path in (*pipes, link):
        os.rename(tmp_path / os.path.basename(path), path)
    kinds = Counter(finding.kind for finding in check_repo(repo.layout).findings)
    assert (kinds["not a file"], kinds["unknown file"]) == (4, 1)


def test_a_marker_that_did_not_change_is_not_read_again(repo: RawRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = repo.writer(1)
    writer.open_marker(lost_points=1)
    os.utime(writer.marker_path, (T0, T0))
    source = RunDirectorySource(repo.layout)
    read: list[str] = []
    real = status.read_marker
    monkeypatch.setattr(status, "read_marker", lambda folder, name: read.append(name) or real(folder, name))
    for _ in range(3):
        assert source.scan({}).live == {writer.run}
    assert len(read) == 1
    writer.open_marker(lost_points=2)  # as young as this it may change again in the same tick of the clock
    for _ in range(2):
        source.scan({})
    assert len(read) == 3
    assert source.read_run(writer.run).loss.lost_points == 2
    os.unlink(writer.marker_path)
    assert source.scan({}).live == frozenset()


def test_a_process_is_looked_for_once_a_scan(repo: RawRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = process.look_for
    monkeypatch.setattr(process, "look_for", lambda **fields: asked.append(fields["pid"]) or real(**fields))
    for number in (1, 2, 3):
        writer = repo.writer(number)
        writer.open_marker(
            boot=process.boot_id(),
            pid_ns=process.pid_namespace(),
            pid=os.getpid(),
            start=process.process_start(os.getpid()),
        )
    source = RunDirectorySource(repo.layout)
    for count in (1, 2):
        source.scan({})
        for number in (1, 2, 3):
            assert source.standing(source.read_run(run_hash(number)).state).value == "running"
        assert asked == [os.getpid()] * count


def test_heads_and_points_are_read_by_offset(repo: RawRepo) -> None:
    writer = repo.simple_run(1, (1.0, 2.0, 3.0))
    found = RunDirectorySource(repo.layout)
    key = os.path.basename(writer.points_path)
    assert found.read_points(run_hash(1), key, 32, 96)["value"].tolist() == [2.0, 3.0]
    assert found.read_points(run_hash(1), key, 64, 9_999)["value"].tolist() == [3.0]
    assert len(found.read_head(run_hash(1), key, 64)) == 64
    assert CLOSED_MARKER_DAYS == 90
