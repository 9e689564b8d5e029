"""Files that are larger, emptier or stranger than any that Aim writes: read in bounded time and memory, or refused."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aim.errors import RunUnreadableError
from aim.schema import limits
from aim.schema.records import NO_EPOCH, POINT_RECORD_BYTES
from aim.storage.reading.events import highest_steps, read_events, read_run
from aim.storage.reading.points import read_points
from aim.storage.reading.status import read_active_markers
from aim.storage.reading.streams import iter_points, list_streams, mentions
from aim.storage.repo.extents import data_blocks
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.open_run import open_edit_writer, open_run
from aim.storage.writing.request import RunRequest
from aim.storage.writing.run_names import find_run_named

HASH = "0123456789abcdef01234567"
WRITER = "1-aaaaaaaa"
GIB = 2**30


def line(kind: str = "tag", **keys: Any) -> bytes:
    return (json.dumps({"type": kind, "time": 1.0, **keys}) + "\n").encode()


@pytest.fixture
def layout(tmp_path: Path) -> RepoLayout:
    return create_repo(tmp_path)


@pytest.fixture
def run_dir(layout: RepoLayout) -> Path:
    path = Path(layout.run_dir(HASH))
    path.mkdir()
    return path


def grow(path: Path, size_bytes: int) -> None:
    """Make a file longer without writing to it."""
    try:
        os.truncate(path, size_bytes)
    except OSError as error:
        pytest.skip(f"this file system has no files with holes: {error}")
    if os.stat(path).st_blocks * 512 > size_bytes // 2:
        pytest.skip("this file system writes holes as zeros")


# -- events ------------------------------------------------------------------------------------------------------------


def test_events_with_a_hole_of_gigabytes_behind_them_are_read_in_little_memory(run_dir: Path) -> None:
    path = run_dir / f"{WRITER}.events.jsonl"
    path.write_bytes(line(add=["a"]) + line(add=["b"]))
    end = path.stat().st_size
    grow(path, 3 * GIB)
    tracemalloc.start()
    try:
        events, offset, unreadable = read_events(str(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ([event["add"] for event in events], offset, unreadable) == ([["a"], ["b"]], end, 0)
    assert peak < 64 * 2**20


def test_a_hole_between_events_costs_the_line_that_it_hits(run_dir: Path) -> None:
    path = run_dir / f"{WRITER}.events.jsonl"
    path.write_bytes(line(add=["a"]) + b'{"type":"tag","time":1.0,"add":["')
    grow(path, GIB)
    with path.open("ab") as file:
        file.write(b'"]}\n' + line(add=["b"]))
    events, offset, unreadable = read_events(str(path))
    assert [event["add"] for event in events] == [["a"], ["b"]]
    assert (offset, unreadable) == (path.stat().st_size, 1)


def test_events_come_whole_wherever_a_piece_ends(run_dir: Path) -> None:
    path = run_dir / f"{WRITER}.events.jsonl"
    path.write_bytes(b"".join(line(add=["x" * i]) for i in range(30)) + b'{"type"')
    whole = read_events(str(path))
    assert len(whole[0]) == 30
    for block_bytes in (1, 7, 64, 100, 1000):
        assert read_events(str(path), block_bytes=block_bytes) == whole
        last = whole[1] - len(line(add=["x" * 29]))
        assert read_events(str(path), last, block_bytes=block_bytes) == ([{**whole[0][29]}], whole[1], 0)


def test_a_line_that_is_too_long_is_an_unreadable_one(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_LINE_BYTES", 5000)
    path = run_dir / f"{WRITER}.events.jsonl"
    path.write_bytes(line(add=["a"]) + line(add=["x" * 20_000]) + line(add=["b"]))
    events, _, unreadable = read_events(str(path), block_bytes=1000)
    assert ([event["add"] for event in events], unreadable) == ([["a"], ["b"]], 1)


@pytest.mark.parametrize("name", ["MAX_EVENTS_BYTES", "MAX_EVENTS"])
def test_a_run_with_too_many_events_is_refused_by_name(
    name: str, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, name, 100)
    for number in range(40):
        (run_dir / f"{number + 1}-aaaaaaaa.events.jsonl").write_bytes(line() * 5)
    with pytest.raises(RunUnreadableError, match=rf"run {HASH} cannot be read: .*events\.jsonl .* more than") as caught:
        read_run(str(run_dir), HASH)
    assert caught.value.run == HASH


def test_an_event_that_readers_would_refuse_is_not_written(layout: RepoLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aim.storage.writing.writer.MAX_LINE_BYTES", 5000)
    writer = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    with pytest.raises(ValueError, match="at most"):
        writer.event({"type": "set", "field": "description", "value": "x" * 6000})
    writer.close("finished")
    assert read_run(layout.run_dir(HASH), HASH).state.description == ""


# -- points ------------------------------------------------------------------------------------------------------------


def run_with_a_hole(layout: RepoLayout, size_bytes: int) -> Path:
    """A run whose points file has three points, a hole up to `size_bytes`, and one more point."""
    writer = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    for step in range(3):
        writer.append_point(writer.sequence("loss", None), step, NO_EPOCH, 1.0)
    writer.close("finished")
    path = Path(writer.points.path)
    last = path.read_bytes()[-POINT_RECORD_BYTES:]
    grow(path, size_bytes)
    with path.open("ab") as file:
        file.write(last)
    return path


def test_points_are_read_without_what_lies_in_holes(layout: RepoLayout) -> None:
    path = run_with_a_hole(layout, 200 * GIB)
    pieces = list(iter_points(str(path), path.stat().st_size))
    assert sum(len(piece) for _, piece in pieces) < 2**20
    assert all(offset % POINT_RECORD_BYTES == len(piece) % POINT_RECORD_BYTES == 0 for offset, piece in pieces)
    files = read_run(layout.run_dir(HASH), HASH)
    assert highest_steps(files, list(files.state.writers)) == {("metric", "loss", "{}"): 2}
    assert len(read_points(str(path), 0, 96)) == 3


def test_a_points_file_longer_than_any_is_refused(layout: RepoLayout) -> None:
    run_with_a_hole(layout, 2 * limits.MAX_POINTS_FILE_BYTES)
    with pytest.raises(RunUnreadableError, match=r"\.points holds more than"):
        list_streams(layout.run_dir(HASH))


def test_where_no_holes_are_known_all_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aim.storage.repo.extents._SEEK_DATA", None)
    path = tmp_path / "file"
    path.write_bytes(bytes(range(100)))
    fd = os.open(path, os.O_RDONLY)
    try:
        assert b"".join(data for _, data in data_blocks(fd, 0, 200, block_bytes=32)) == bytes(range(100))
        assert [offset for offset, _ in data_blocks(fd, 64, 100, block_bytes=32, align=32)] == [64, 96]
    finally:
        os.close(fd)


def test_too_many_files_of_a_run_are_refused(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_STREAMS", 10)
    for number in range(11):
        (run_dir / f"{number + 1}-aaaaaaaa.points").touch()
    with pytest.raises(RunUnreadableError, match="more than 10 files"):
        list_streams(str(run_dir))


# -- names and numbers -------------------------------------------------------------------------------------------------


def test_a_run_that_cannot_be_read_hides_no_other_from_who_looks_for_a_name(
    layout: RepoLayout, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = "1" * 24
    open_run(layout, RunRequest(good, name="mine", is_new=True)).close("finished")
    (run_dir / f"{WRITER}.events.jsonl").write_bytes(line("set", field="name", value="mine") * 200)
    monkeypatch.setattr(limits, "MAX_EVENTS", 100)
    assert find_run_named(layout, "default", "mine") == good


def test_a_string_is_found_wherever_a_piece_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"." * 50 + b"needle" + b"." * 50)
    for block_bytes in (1, 2, 3, 5, 6, 7, 53):
        assert mentions(str(path), b"needle", block_bytes=block_bytes)
        assert not mentions(str(path), b"needles", block_bytes=block_bytes)
    assert not mentions(str(tmp_path / "nowhere"), b"needle")


@pytest.mark.parametrize("ordinal", ["999999", "999998"])
def test_what_follows_a_writer_with_the_last_ordinal_is_read(ordinal: str, layout: RepoLayout, run_dir: Path) -> None:
    (run_dir / f"{ordinal}-aaaaaaaa.events.jsonl").write_bytes(
        line("opened", role="train", name="n", attempt=1) + line("closed", reason="finished")
    )
    for step in range(3):
        writer = open_run(layout, RunRequest(HASH))
        writer.append_point(writer.sequence("loss", None), step, NO_EPOCH, 1.0)
        writer.close("finished")
    with open_edit_writer(layout, HASH) as edit:
        edit.event({"type": "set", "field": "archived", "value": True})
    files = read_run(layout.run_dir(HASH), HASH)
    assert files.state.is_archived
    assert sum(stream.size_bytes for stream in files.points) == 3 * POINT_RECORD_BYTES
    assert len(files.state.writers) == 5


@pytest.mark.parametrize("number", [10**30, -(10**30), -1, 1e300, float("inf"), True, "7", None, [1]])
def test_an_absurd_number_in_a_marker_breaks_nobody(number: Any, layout: RepoLayout) -> None:
    fields = dict.fromkeys(("pid", "opened_at", "lost_points", "lost_events", "rejected", "unsynced"), number)
    path = Path(layout.marker_path(HASH, WRITER))
    path.write_text(json.dumps({"host": "h", **fields}))
    (marker,) = read_active_markers(layout)
    assert 0 <= marker.pid < 2**31
    assert limits.MIN_TIME_S <= marker.opened_at <= limits.MAX_TIME_S
    np.array([marker.loss.lost_points, marker.loss.lost_events, marker.loss.rejected, marker.loss.unsynced], np.int64)


@pytest.mark.parametrize("mtime", [-(2**40), 2**40, 0])
def test_the_time_of_a_marker_can_be_shown_whatever_it_is(mtime: int, layout: RepoLayout) -> None:
    path = Path(layout.marker_path(HASH, WRITER))
    path.write_text("{}")
    try:
        os.utime(path, (mtime, mtime))
    except OSError:
        pytest.skip("this file system keeps no such time")
    (marker,) = read_active_markers(layout)
    assert limits.usable_time(marker.mtime) is not None
