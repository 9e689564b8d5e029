"""A writer and its files, read back as any reader would."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.errors import InvalidValueError, SessionClosedError
from aim.schema.records import NO_EPOCH
from aim.storage.reading.events import highest_steps, parse_events, read_events, read_run
from aim.storage.reading.points import read_points
from aim.storage.reading.status import find_closed_marker, read_active_markers
from aim.storage.reading.streams import list_streams
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing import descriptors
from aim.storage.writing.descriptors import MAX_OPEN_FILES
from aim.storage.writing.open_run import open_edit_writer, open_run
from aim.storage.writing.request import RunRequest
from aim.storage.writing.writer import RunWriter, new_run_hash, new_writer_id

HASH = "0123456789abcdef01234567"


class Clock:
    """Goes on by a second each time it is asked."""

    def __init__(self, now: float = 1000.0, step: float = 1.0) -> None:
        self.now, self.step = now, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture
def layout(tmp_path: Path) -> RepoLayout:
    return create_repo(tmp_path)


@pytest.fixture
def writer(layout: RepoLayout) -> Iterator[RunWriter]:
    writer = RunWriter(layout, HASH, opened={"name": "n"}, clock=Clock())
    yield writer
    writer.close("finished")


def points_of(layout: RepoLayout, run_hash: str = HASH) -> list[tuple[str, str, float | None, int, float, float]]:
    """(metric, context, epoch, step, time, value) of all points, writer after writer."""
    files = read_run(layout.run_dir(run_hash), run_hash)
    found = []
    for stream in files.points:
        for record in read_points(stream.path, 0, stream.size_bytes):
            number, epoch, step, time, value = record.item()
            declared = files.state.writers[stream.writer].sequences[number]
            found.append((declared.name, declared.context, None if epoch != epoch else epoch, step, time, value))
    return found


def steps_of(layout: RepoLayout, run_hash: str = HASH) -> list[int]:
    return [point[3] for point in points_of(layout, run_hash)]


# -- points ------------------------------------------------------------------------------------------------------------


def test_points_are_in_their_file_when_append_returns(layout: RepoLayout, writer: RunWriter) -> None:
    loss = writer.sequence("loss", {"subset": "train"})
    writer.append_point(loss, None, NO_EPOCH, 0.5)
    assert points_of(layout) == [("loss", '{"subset":"train"}', None, 0, 1003.0, 0.5)]
    writer.append_point(loss, 7, 2.5, float("inf"))
    assert points_of(layout)[1:] == [("loss", '{"subset":"train"}', 2.5, 7, 1004.0, float("inf"))]


def test_sequence_ids_begin_at_one_and_go_up(writer: RunWriter) -> None:
    sequences = [
        writer.sequence(name, context) for name in ("a", "b") for context in ({}, {"k": 1}, {"k": 1.0}, {"k": True})
    ]
    assert [sequence.id for sequence in sequences] == list(range(1, 9))


def test_one_name_and_context_is_one_sequence(writer: RunWriter) -> None:
    first = writer.sequence("a", {"k": 1, "l": (1, "x")})
    assert writer.sequence("a", {"l": [1, "x"], "k": 1}) is first
    assert writer.sequence("a", None) is writer.sequence("a", {})


def test_sequence_is_declared_once_and_before_its_first_point(layout: RepoLayout, writer: RunWriter) -> None:
    sequence = writer.sequence("loss", {"b": (1, None), "a": float("nan")})
    assert sequence.is_declared
    for _ in range(3):
        writer.append_point(sequence, None, NO_EPOCH, 1.0)
    events, _, _ = read_events(writer.events.path)
    (declared,) = (event for event in events if event["type"] == "sequence")
    assert json.dumps({**declared, "time": 0}) == json.dumps(
        {"type": "sequence", "time": 0, "id": 1, "name": "loss", "context": {"a": float("nan"), "b": [1, None]}}
    )


@pytest.mark.parametrize(("name", "context"), [("", None), (5, None), ("a", {"k": {}}), ("a", {"": 1})])
def test_sequence_that_cannot_be_is_refused_and_takes_no_id(writer: RunWriter, name: Any, context: Any) -> None:
    with pytest.raises(InvalidValueError):
        writer.sequence(name, context)
    assert writer.sequence("good", None).id == 1


def test_what_a_sequence_holds_is_part_of_what_it_is(layout: RepoLayout, writer: RunWriter) -> None:
    metric, image = writer.sequence("x", None), writer.sequence("x", None, holds="image")
    assert writer.sequence("x", {}, holds="image") is image is not metric
    writer.close("finished")
    declared = [event for event in read_events(writer.events.path)[0] if event["type"] == "sequence"]
    assert [event.get("holds") for event in declared] == [None, "image"]
    (state,) = read_run(layout.run_dir(HASH), HASH).state.writers.values()
    assert [each.identity for each in state.sequences.values()] == [("metric", "x", "{}"), ("image", "x", "{}")]
    with pytest.raises(InvalidValueError, match="cannot hold 'an image'"):
        writer.sequence("x", None, holds="an image")


def test_automatic_steps_are_counted_for_each_thing_held(layout: RepoLayout) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    first.append_point(first.sequence("x", None), 7, NO_EPOCH, 1.0)
    first.close("finished")
    second = open_run(layout, RunRequest(HASH))
    assert second.sequence("x", None).next_step() == 8
    assert second.sequence("x", None, holds="image").next_step() == 0
    second.close("finished")


@pytest.mark.parametrize(
    ("given_steps", "expected"),
    [
        ([None, None, None], [0, 1, 2]),
        ([None, 10, None], [0, 10, 11]),
        ([5, None, 3, None], [5, 6, 3, 7]),
        ([None, None, 0, None], [0, 1, 0, 2]),
        ([-5, None], [-5, 0]),
        ([2**63 - 2, None], [2**63 - 2, 2**63 - 1]),
    ],
)
def test_automatic_step_is_one_after_the_highest_seen(
    layout: RepoLayout, writer: RunWriter, given_steps: list[int | None], expected: list[int]
) -> None:
    sequence = writer.sequence("loss", None)
    for step in given_steps:
        writer.append_point(sequence, step, NO_EPOCH, 1.0)
    assert steps_of(layout) == expected


def test_automatic_steps_are_counted_per_sequence(layout: RepoLayout, writer: RunWriter) -> None:
    one, other = writer.sequence("a", {"k": 1}), writer.sequence("a", {"k": 2})
    for sequence in (one, other, one):
        writer.append_point(sequence, None, NO_EPOCH, 1.0)
    assert steps_of(layout) == [0, 0, 1]


def test_threads_share_no_step(layout: RepoLayout, writer: RunWriter) -> None:
    sequence = writer.sequence("loss", None)

    def log() -> None:
        for _ in range(200):
            writer.append_point(sequence, None, NO_EPOCH, 1.0)

    threads = [threading.Thread(target=log) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(steps_of(layout)) == list(range(800))


def test_numpy_reads_a_points_file_without_us(writer: RunWriter) -> None:
    sequence = writer.sequence("loss", None)
    for value in (0.5, 0.25):
        writer.append_point(sequence, None, 1.0, value)
    dtype = [("sequence", "<u4"), ("epoch", "<f4"), ("step", "<i8"), ("time", "<f8"), ("value", "<f8")]
    table = np.fromfile(writer.points.path, dtype=dtype)
    assert table["value"].tolist() == [0.5, 0.25]
    assert table["step"].tolist() == [0, 1]


# -- many at once ------------------------------------------------------------------------------------------------------


def test_300_runs_open_at_once_keep_few_files_open_and_lose_nothing(layout: RepoLayout) -> None:
    writers = [RunWriter(layout, new_run_hash()) for _ in range(300)]
    for turn in range(3):
        for number, writer in enumerate(writers):
            writer.append_point(writer.sequence("loss", None), None, NO_EPOCH, turn * 1000.0 + number)
            assert len(descriptors._open_files) <= MAX_OPEN_FILES
    assert sum(stream.fd >= 0 for writer in writers for stream in (writer.events, writer.points)) <= MAX_OPEN_FILES
    for number, writer in enumerate(writers):
        writer.close("finished")
        found = points_of(layout, writer.run_hash)
        assert [(step, value) for _, _, _, step, _, value in found] == [(t, t * 1000.0 + number) for t in range(3)]
        assert writer.losses.lost_points == writer.losses.lost_events == 0
    assert descriptors._open_files == {}
    assert read_active_markers(layout) == []


# -- events and the end ------------------------------------------------------------------------------------------------


def test_event_that_is_no_plain_data_is_refused_and_nothing_of_it_written(writer: RunWriter) -> None:
    before = os.path.getsize(writer.events.path)
    for value in (object(), {1, 2}, b"x"):
        with pytest.raises(TypeError):
            writer.event({"type": "params", "path": [], "value": value})
    assert os.path.getsize(writer.events.path) == before


def test_events_file_is_lines_of_ascii(writer: RunWriter) -> None:
    writer.event({"type": "note", "id": "1", "text": "ü\n\u2028\ud800"})
    data = Path(writer.events.path).read_bytes()
    assert data.isascii()
    assert data.count(b"\n") == 2
    assert json.loads(data.splitlines()[1])["text"] == "ü\n\u2028\ud800"


def test_clock_that_goes_backwards_does_not_turn_back_the_events(layout: RepoLayout) -> None:
    times = iter([100.0, 50.0, 60.0, 150.0, 90.0])
    writer = RunWriter(layout, HASH, clock=lambda: next(times))
    for number in range(3):
        writer.event({"type": "tag", "add": [str(number)]})
    writer.close("finished")
    events, _, _ = read_events(writer.events.path)
    assert [event["time"] for event in events] == [100.0, 100.0, 100.0, 150.0, 150.0]


def test_closed_tells_the_size_of_each_file(layout: RepoLayout, writer: RunWriter) -> None:
    writer.append_point(writer.sequence("loss", None), None, NO_EPOCH, 1.0)
    size_before = os.path.getsize(writer.events.path)
    writer.close("failed", exit_code=3, error={"type": "ValueError", "message": "no"})
    events, _, _ = read_events(writer.events.path)
    closed = {key: events[-1][key] for key in events[-1] if key != "time"}
    assert closed == {
        "type": "closed",
        "reason": "failed",
        "exit_code": 3,
        "error": {"type": "ValueError", "message": "no"},
        "sizes": {"points": 32, "events.jsonl": size_before},
    }


def test_marker_is_active_until_the_end_and_then_tells_the_reason(layout: RepoLayout, writer: RunWriter) -> None:
    (marker,) = read_active_markers(layout)
    assert (marker.run, marker.writer, marker.pid) == (HASH, writer.id, os.getpid())
    writer.close("interrupted")
    assert read_active_markers(layout) == []
    found = find_closed_marker(layout, HASH, writer.id)
    assert found is not None
    assert found.reason == "interrupted"


def test_nothing_is_written_after_the_end(layout: RepoLayout) -> None:
    writer = RunWriter(layout, HASH)
    loss = writer.sequence("loss", None)
    writer.append_point(loss, None, NO_EPOCH, 1.0)
    writer.close("finished")
    before = {stream.key: stream.size_bytes for stream in list_streams(writer.run_dir)}
    for late in (
        lambda: writer.append_point(loss, None, NO_EPOCH, 1.0),
        lambda: writer.append_point(writer.sequence("a new one", None), None, NO_EPOCH, 1.0),
        lambda: writer.event({"type": "tag", "add": ["x"]}),
    ):
        with pytest.raises(SessionClosedError, match=rf"run {HASH} is closed; open it again with aim.Run\('{HASH}'\)"):
            late()
    writer.close("failed")
    writer.check()
    assert {stream.key: stream.size_bytes for stream in list_streams(writer.run_dir)} == before
    assert (writer.points.fd, writer.events.fd) == (-1, -1)


def test_ledger_of_what_was_rejected_is_written_when_the_files_are_looked_after(
    layout: RepoLayout, writer: RunWriter
) -> None:
    writer.count_rejected(2, "rejected")
    writer.check()
    writer.check()
    events, _, _ = read_events(writer.events.path)
    assert [event["type"] for event in events] == ["opened", "loss"]
    state = read_run(writer.run_dir, HASH).state
    assert (state.loss.rejected, state.loss.causes) == (2, (("rejected", 2),))


def test_ledger_is_in_the_closed_event(layout: RepoLayout, writer: RunWriter) -> None:
    writer.count_rejected(3, "rejected")
    writer.close("finished")
    assert read_run(writer.run_dir, HASH).state.loss.rejected == 3


def test_ids_are_random() -> None:
    assert len({new_run_hash() for _ in range(100)}) == 100
    assert len({new_writer_id(1) for _ in range(100)}) == 100
    assert new_writer_id(12).startswith("12-")


# -- one more writer ---------------------------------------------------------------------------------------------------


def test_resumed_run_goes_on_after_its_highest_step(layout: RepoLayout) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    for step in (None, 41, 7):
        first.append_point(first.sequence("loss", {"k": 1}), step, NO_EPOCH, 1.0)
    first.close("finished")
    second = open_run(layout, RunRequest(HASH))
    second.append_point(second.sequence("loss", {"k": 1}), None, NO_EPOCH, 2.0)
    second.append_point(second.sequence("loss", {"k": 2}), None, NO_EPOCH, 3.0)
    second.close("finished")
    assert [(step, value) for _, _, _, step, _, value in points_of(layout)][-2:] == [(42, 2.0), (0, 3.0)]
    state = read_run(layout.run_dir(HASH), HASH).state
    assert [(w.attempt, w.rank) for w in state.writers.values()] == [(1, 0), (2, 0)]
    assert list(state.writers) == [first.id, second.id]
    assert (first.id.partition("-")[0], second.id.partition("-")[0]) == ("1", "2")
    assert state.name == "n"


def test_ranks_share_an_attempt_and_count_their_own_steps(layout: RepoLayout) -> None:
    writers = [open_run(layout, RunRequest(HASH, rank=rank, may_begin=True, name=f"n{rank}")) for rank in (1, 0, 2)]
    for writer in writers:
        writer.append_point(writer.sequence("loss", None), None, NO_EPOCH, 1.0)
    state = read_run(layout.run_dir(HASH), HASH).state
    assert {w.rank: w.attempt for w in state.writers.values()} == {0: 1, 1: 1, 2: 1}
    assert state.name == "n1"
    assert steps_of(layout) == [0, 0, 0]
    for writer in writers:
        writer.close("finished")
    again = [open_run(layout, RunRequest(HASH, rank=rank)) for rank in (0, 1)]
    assert {w.rank for w in read_run(layout.run_dir(HASH), HASH).state.writers.values() if w.attempt == 2} == {0, 1}
    for writer in again:
        writer.close("finished")


def test_edit_wins_over_what_it_edits_whatever_the_clocks(layout: RepoLayout) -> None:
    future = 4_000_000_000.0
    open_run(layout, RunRequest(HASH, name="n", is_new=True), clock=Clock(future)).close("finished")
    for number in range(3):
        with open_edit_writer(layout, HASH, clock=lambda: 5.0) as edit:
            edit.event({"type": "set", "field": "name", "value": f"first {number}"})
            edit.event({"type": "set", "field": "name", "value": f"second {number}"})
        assert read_run(layout.run_dir(HASH), HASH).state.name == f"second {number}"


def test_edit_wins_where_a_microsecond_is_too_little_to_tell(layout: RepoLayout) -> None:
    open_run(layout, RunRequest(HASH, name="n", is_new=True), clock=lambda: 9e10).close("finished")
    for number in range(12):  # of two events at one time that of writer 10 comes before that of writer 2
        with open_edit_writer(layout, HASH) as edit:
            edit.event({"type": "set", "field": "name", "value": str(number)})
        assert read_run(layout.run_dir(HASH), HASH).state.name == str(number)


# -- reading -----------------------------------------------------------------------------------------------------------


def test_streams_are_listed_in_the_order_of_writers_and_parts(tmp_path: Path) -> None:
    names = [
        "10-aaaaaaaa.points",
        "2-bbbbbbbb.10.points",
        "2-bbbbbbbb.2.points",
        "2-bbbbbbbb.events.jsonl",
        "2-bbbbbbbb.points",
        "2-aaaaaaaa.points",
    ]
    for name in [*names, "notes.txt", "blobs"]:
        (tmp_path / name).write_bytes(b"x")
    assert [stream.key for stream in list_streams(str(tmp_path))] == [
        "2-aaaaaaaa.points",
        "2-bbbbbbbb.events.jsonl",
        "2-bbbbbbbb.points",
        "2-bbbbbbbb.2.points",
        "2-bbbbbbbb.10.points",
        "10-aaaaaaaa.points",
    ]
    assert list_streams(str(tmp_path / "nowhere")) == []


@pytest.mark.parametrize(
    ("data", "events", "unreadable"),
    [
        (b"", 0, 0),
        (b'{"type":"a"}\n', 1, 0),
        (b'{"type":"a"}\n\n  \n{"type":"b"}\r\n', 2, 0),
        (b'{"type":"a"\n{"type":"b"}\n', 1, 1),
        (b'[1]\n5\n"x"\nnull\n', 0, 4),
        (b"\xff\xfe\n", 0, 1),
        (b"\0" * 100 + b"\n", 0, 1),
        (b"[" * 100_000 + b"\n", 0, 1),
        (b'{"a":' * 100_000 + b"\n", 0, 1),
        (b'{"$float":"fast","a":{"$float":"fast"}}\n', 0, 1),
        (b"9" * 10_000 + b"\n", 0, 1),
        ('{"type":"ü"}\n'.encode(), 1, 0),
    ],
)
def test_lines_are_events_or_counted(data: bytes, events: int, unreadable: int) -> None:
    found, bad = parse_events(data)
    assert (len(found), bad) == (events, unreadable)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    events, bad = parse_events(data)
    assert len(events) + bad <= data.count(b"\n") + 1


def test_line_without_its_end_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b'{"type":"a"}\n{"type":"b"}')
    events, offset, _ = read_events(str(path))
    assert ([event["type"] for event in events], offset) == (["a"], 13)
    path.write_bytes(path.read_bytes() + b"\n")
    events, offset, _ = read_events(str(path), offset)
    assert ([event["type"] for event in events], offset) == (["b"], 26)


def test_whole_records_only_are_read(tmp_path: Path) -> None:
    path = tmp_path / "points"
    path.write_bytes(bytes(range(96)))
    assert len(read_points(str(path), 0, 96)) == 3
    assert len(read_points(str(path), 32, 95)) == 1
    assert len(read_points(str(path), 64, 1000)) == 1
    assert len(read_points(str(path), 96, 96)) == 0
    with pytest.raises(ValueError, match="not the offset of a record"):
        read_points(str(path), 5, 96)


def test_highest_steps_are_those_of_the_writers_asked_for(layout: RepoLayout) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    second = open_run(layout, RunRequest(HASH))
    for writer, step in ((first, 10), (second, 99)):
        writer.append_point(writer.sequence("loss", None), step, NO_EPOCH, 1.0)
        writer.append_point(writer.sequence("loss", None), -5, NO_EPOCH, 1.0)
        writer.close("finished")
    files = read_run(layout.run_dir(HASH), HASH)
    assert highest_steps(files, [first.id]) == {("metric", "loss", "{}"): 10}
    assert highest_steps(files, [first.id, second.id]) == {("metric", "loss", "{}"): 99}
    os.unlink(first.points.path)
    assert highest_steps(files, [first.id]) == {}
