"""Files that lost their end, or their middle: what is whole is read, the rest is left out, and nothing breaks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import aim
from aim.schema.records import POINT_RECORD, POINT_RECORD_BYTES
from tests.fault.support import assert_repo_agrees, layout_of, only_run, read_back, run_child

_RECORDS = """
import os
import aim
run = aim.Run()
run["lr"] = 0.1
for step in range(20):
    run.track(float(step), "loss")
    run.track(-float(step), "acc", context={"subset": "val"})
run["epochs"] = 3
run["last words"] = "done"
os._exit(0)
"""
_LOSS, _ACC = ("loss", "{}"), ("acc", '{"subset":"val"}')


@pytest.fixture
def points_file(repo_path: Path) -> Path:
    """The points of a run whose process died: 40 records, loss and acc in turn."""
    run_child(_RECORDS, cwd=repo_path)
    (path,) = Path(layout_of(repo_path).run_dir(only_run(repo_path))).glob("*.points")
    return path


@pytest.fixture
def events_file(points_file: Path) -> Path:
    """Its events."""
    return points_file.with_suffix(".events.jsonl")


def _expected(records: int) -> dict[tuple[str, str], list[tuple[int, float]]]:
    points: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for number in range(records):
        step = number // 2
        key, value = (_ACC, -float(step)) if number % 2 else (_LOSS, float(step))
        points.setdefault(key, []).append((step, value))
    return points


def test_points_cut_at_every_byte_of_the_last_two_records(points_file: Path, repo_path: Path) -> None:
    whole = points_file.read_bytes()
    assert len(whole) == 40 * POINT_RECORD_BYTES
    for size in range(len(whole) - 2 * POINT_RECORD_BYTES, len(whole) + 1):
        points_file.write_bytes(whole[:size])
        found = read_back(repo_path)
        assert found.points == _expected(size // POINT_RECORD_BYTES)
        assert found.undeclared == 0


def test_aim_repo_reads_points_cut_at_every_byte_of_the_last_two_records(points_file: Path, repo_path: Path) -> None:
    whole = points_file.read_bytes()
    run_hash = only_run(repo_path)
    for torn in range(0, 2 * POINT_RECORD_BYTES, 1):
        copy = repo_path.parent / f"copy {torn}"
        shutil.copytree(repo_path, copy)
        path = Path(layout_of(copy).run_dir(run_hash)) / points_file.name
        path.write_bytes(whole[: len(whole) - torn])
        if torn % 7 == 0:  # each asks for an index of its own
            assert_repo_agrees(copy)
            with aim.Repo(copy) as repo:
                (loss,) = repo.query_metrics("loss")
                assert len(loss.values) == len(_expected(40 - (torn + 31) // 32)[_LOSS])
        shutil.rmtree(copy)


def test_events_cut_at_every_byte_of_the_last_two_lines(events_file: Path, repo_path: Path) -> None:
    whole = events_file.read_bytes()
    lines = whole.splitlines(keepends=True)
    begin = len(whole) - len(lines[-1]) - len(lines[-2])
    for size in range(begin, len(whole) + 1):
        events_file.write_bytes(whole[:size])
        found = read_back(repo_path)
        expected: dict[str, object] = {"lr": 0.1}
        if size >= begin + len(lines[-2]):
            expected["epochs"] = 3
        if size == len(whole):
            expected["last words"] = "done"
        assert found.state.params == expected
        assert found.points == _expected(40)
        assert found.unreadable_lines == 0


def test_a_declaration_that_is_cut_off_costs_its_own_points_only(events_file: Path, repo_path: Path) -> None:
    lines = events_file.read_bytes().splitlines(keepends=True)
    (declaration,) = [number for number, line in enumerate(lines) if b'"name":"acc"' in line]
    events_file.write_bytes(b"".join(lines[:declaration]) + lines[declaration][:-5])
    found = read_back(repo_path)
    assert found.points == {_LOSS: _expected(40)[_LOSS]}
    assert found.undeclared == 20
    assert_repo_agrees(repo_path)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 64, 4096, 10_001])
def test_a_tail_of_zeros_is_no_point(size: int, points_file: Path, repo_path: Path) -> None:
    """A file system that lost power may have grown the file without its content."""
    with open(points_file, "ab") as file:
        file.write(bytes(size))
    found = read_back(repo_path)
    assert found.points == _expected(40)
    assert found.undeclared == 0


@pytest.mark.parametrize("size", [1, 100, 4096])
def test_a_tail_of_zeros_in_the_events_is_no_event(size: int, events_file: Path, repo_path: Path) -> None:
    with open(events_file, "ab") as file:
        file.write(bytes(size))
    found = read_back(repo_path)
    assert found.points == _expected(40)
    assert found.state.params == {"lr": 0.1, "epochs": 3, "last words": "done"}


@pytest.mark.parametrize("filling", [b"\x00", b"\xff"])
def test_a_hole_costs_what_was_in_it_and_nothing_else(filling: bytes, points_file: Path, repo_path: Path) -> None:
    data = bytearray(points_file.read_bytes())
    data[10 * POINT_RECORD_BYTES : 20 * POINT_RECORD_BYTES] = filling * (10 * POINT_RECORD_BYTES)
    points_file.write_bytes(data)
    expected = {key: [point for point in points if not 5 <= point[0] < 10] for key, points in _expected(40).items()}
    found = read_back(repo_path)
    assert found.points == expected


def test_a_sparse_hole_made_by_the_file_system(points_file: Path, repo_path: Path) -> None:
    last = POINT_RECORD.pack(1, float("nan"), 99, 0.0, 99.0)
    with open(points_file, "r+b") as file:
        file.seek(1 << 20)
        file.write(last)
    found = read_back(repo_path)
    assert found.points[_LOSS] == [*_expected(40)[_LOSS], (99, 99.0)]
    assert found.points[_ACC] == _expected(40)[_ACC]


@pytest.mark.parametrize("filling", [b"\x00", b"\xff", b"\n", b"{", b'"'])
def test_a_hole_in_the_events_costs_the_lines_that_it_hits(filling: bytes, events_file: Path, repo_path: Path) -> None:
    data = events_file.read_bytes()
    begin = data.index(b'"value":0.1')
    events_file.write_bytes(data[:begin] + filling * 11 + data[begin + 11 :])
    found = read_back(repo_path)
    assert found.state.params == {"epochs": 3, "last words": "done"}
    assert found.points == _expected(40)
    assert found.unreadable_lines >= 1


def test_an_empty_points_file_and_an_empty_events_file(points_file: Path, events_file: Path, repo_path: Path) -> None:
    points_file.write_bytes(b"")
    assert read_back(repo_path).points == {}
    events_file.write_bytes(b"")
    assert read_back(repo_path).points == {}
    assert read_back(repo_path).status.value == "crashed"


def test_points_without_any_events_file(events_file: Path, repo_path: Path) -> None:
    events_file.unlink()
    found = read_back(repo_path)
    assert found.points == {}
    assert found.undeclared == 40


_STRANGE_LINES = [
    {"type": "from the future", "time": 5.0, "value": {"deep": [1, 2, {"er": None}]}},
    {"type": "params", "time": 1e300, "path": ["far"], "value": 1, "also": "unknown"},
    {"type": "params", "path": ["no time"], "value": 1},
    {"type": "params", "time": "yesterday", "path": ["text time"], "value": 1},
    {"type": ["params"], "time": 1.0},
    {"type": "tag", "time": 1.0, "add": 7, "remove": None},
    {"type": "tag", "time": 1.0, "add": ["fine", 3, None]},
    {"type": "set", "time": 1.0, "field": "__class__", "value": "x"},
    {"type": "set", "time": 1.0, "field": "name", "value": ["x"]},
    {"type": "sequence", "time": 1.0, "id": "x", "name": 3, "context": []},
    {"type": "sequence", "time": 1.0, "id": 77, "name": "late", "context": {"": "bad key"}},
    {"type": "sequence", "time": 1.0, "id": 78, "name": "late", "context": {"a": {"nested": 1}}},
    {"type": "note", "time": 1.0, "id": 3, "text": 4},
    {"type": "loss", "time": 1.0, "lost_points": "many", "causes": 3},
    {"time": 1.0},
    {},
    {"type": "opened", "time": 1.0, "attempt": "x", "rank": None, "pid": "y"},
    {"type": "status", "time": 1.0, "value": "exploded"},
    {"type": "deleted", "time": 1.0, "path": ["lr", "below a number"]},
    {"type": "deleted", "time": 1.0, "path": "lr"},
]
_STRANGE_TEXTS = [b"null", b"[]", b"3", b'"text"', b"{", b"\xff\xfe", b"{}{}", b"[" * 5000, b'{"type":1,"time":1e999}']


@pytest.mark.parametrize("strange", [*map(json.dumps, _STRANGE_LINES), *_STRANGE_TEXTS], ids=lambda s: str(s)[:40])
def test_an_event_that_this_version_does_not_know_harms_nothing(
    strange: str | bytes, events_file: Path, repo_path: Path
) -> None:
    line = strange.encode() if isinstance(strange, str) else strange
    lines = events_file.read_bytes().splitlines(keepends=True)
    events_file.write_bytes(b"".join([*lines[:2], line, b"\n", *lines[2:]]))
    found = read_back(repo_path)
    assert found.points == _expected(40)
    params = {key: value for key, value in found.state.params.items() if key != "far"}
    assert params == {"lr": 0.1, "epochs": 3, "last words": "done"}


def test_files_that_are_none_of_ours_lie_in_a_run_directory_unharmed(points_file: Path, repo_path: Path) -> None:
    run_dir = points_file.parent
    (run_dir / "notes.txt").write_text("mine")
    (run_dir / "1-abcdef12.points").mkdir()
    (run_dir / "x.points").write_bytes(b"\x01" * 64)
    (run_dir / "2-0123abcd.points.bak").write_bytes(b"\x01" * 64)
    (Path(layout_of(repo_path).active) / "README").write_text("mine")
    (Path(layout_of(repo_path).runs) / "not a run").mkdir()
    assert read_back(repo_path, run_dir.name).points == _expected(40)
    with aim.Repo(repo_path) as repo:
        assert [run.hash for run in repo.iter_runs()] == [run_dir.name]
        assert sorted(len(metric.values) for metric in repo.query_metrics("loss, acc")) == [20, 20]
