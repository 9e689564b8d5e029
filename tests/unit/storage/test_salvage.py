"""What is whole in a file that was damaged while it was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aim.schema.records import NO_EPOCH, POINT_RECORD, POINT_RECORD_BYTES
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.salvage import split_lines, split_records
from aim.storage.writing.writer import RunWriter
from tests.unit.storage.test_writer import HASH, points_of


@pytest.mark.parametrize("epoch", [NO_EPOCH, 0.0, 1.0, 2.5])
@pytest.mark.parametrize("rest", range(1, 32))
def test_a_file_cut_at_any_byte_of_a_record_keeps_all_other_points(rest: int, epoch: float, tmp_path: Path) -> None:
    layout = create_repo(tmp_path)
    writer = RunWriter(layout, HASH, opened={"name": "n"})
    loss, acc = writer.sequence("loss", None), writer.sequence("acc", {"subset": "val"})
    for step in range(20):
        writer.append_point(loss, None, epoch, step / 3)
        writer.append_point(acc, step * 1000, epoch, float(step))
    writer.check()
    path = os.path.join(writer.run_dir, f"{writer.id}.points")
    os.truncate(path, 30 * POINT_RECORD_BYTES + rest)
    for step in range(20, 25):
        writer.append_point(loss, None, epoch, step / 3)
        writer.append_point(acc, step * 1000, epoch, float(step))
    writer.check()
    writer.append_point(loss, None, epoch, 25 / 3)
    writer.close("finished")
    steps = [step for step in range(25) if not 15 <= step < 20]
    found = points_of(layout)
    assert sorted(point[5] for point in found if point[0] == "loss") == [step / 3 for step in (*steps, 25)]
    assert [(point[3], point[5]) for point in found if point[0] == "acc"] == [(s * 1000, float(s)) for s in steps]
    assert (writer.losses.lost_points, writer.losses.causes) == (10, {"damaged": 10})


def test_records_are_split_around_what_is_none() -> None:
    records = [POINT_RECORD.pack(1, NO_EPOCH, step, 1e9, 0.5) for step in range(6)]
    is_record = set(records).__contains__
    whole = b"".join(records)
    assert split_records(whole, POINT_RECORD_BYTES, is_record) == (0, 0)  # all of it may lie behind
    assert split_records(whole[:70] + whole[96:], POINT_RECORD_BYTES, is_record) == (64, 70)
    assert split_records(whole[:96] + b"abc" + whole[96:], POINT_RECORD_BYTES, is_record) == (96, 99)
    assert split_records(b"abc", POINT_RECORD_BYTES, is_record) == (0, 3)
    assert split_records(b"", POINT_RECORD_BYTES, is_record) == (0, 0)


def test_lines_are_split_where_the_first_is_missing_or_no_event() -> None:
    a, b, c, d = (b'{"type":"%c"}\n' % letter for letter in b"abcd")
    other = b'{"type":"sequence"}\n'
    assert split_lines(a + other + b, [a, b]) == (len(a + other + b), [a, other, b], [])
    assert split_lines(a + other + c + d, [a, b, c, d]) == (len(a + other), [a, other], [c, d])
    assert split_lines(a + b'{"type":"b' + c + d, [a, b, c, d]) == (len(a), [a], [d])
    assert split_lines(a + b"abc" + b + other, [a, b]) == (len(a), [a], [other])
    assert split_lines(a + b[:-1], [a, b]) == (len(a), [a], [])
    assert split_lines(b"", [a]) == (0, [], [])
