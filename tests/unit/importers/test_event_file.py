from __future__ import annotations

import math
import os
import struct
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aim.importers.tensorboard.format.event_file import LARGEST_RECORD_BYTES, Piece, read_event_file
from aim.importers.tensorboard.format.framing import HEADER_SIZE
from tests.examples import examples
from tests.unit.importers.event_bytes import event, record, scalar, write_records

Rows = dict[str, list[tuple[int, float, float]]]


def rows_of(pieces: list[Piece]) -> Rows:
    """tag to (step, time, value), in order."""
    found: Rows = {}
    for piece in pieces:
        for tag, points in piece.points.items():
            rows = zip(points.steps.tolist(), points.times.tolist(), points.values.tolist(), strict=True)
            found.setdefault(tag, []).extend(rows)
    return found


def read(path: Path, offset: int = 0, piece_bytes: int = 1 << 20) -> list[Piece]:
    return list(read_event_file(str(path), offset, piece_bytes=piece_bytes))


def as_float32(value: float) -> float:
    return float(np.float32(value))


def test_points_come_back_with_their_step_time_and_value(tmp_path: Path) -> None:
    path = tmp_path / "events"
    write_records(
        path, [scalar("loss", 0.5, 3, time=12.25), scalar("acc", 0.25, 4, time=13.5), scalar("loss", 2, 5, 14.0)]
    )
    assert rows_of(read(path)) == {"loss": [(3, 12.25, 0.5), (5, 14.0, 2.0)], "acc": [(4, 13.5, 0.25)]}


_FORMS = st.sampled_from(["simple", "content", "float_val", "double_val", "shaped"])
_TAGS = st.one_of(st.sampled_from(["loss", "acc", "train/loss", ""]), st.text(min_size=1, max_size=12))
_STEPS = st.one_of(st.integers(0, 40_000), st.integers(-(2**63), 2**63 - 1))
_VALUES = st.floats(width=32, allow_nan=False)


@examples(quick=50, long=500)
@given(
    logged=st.lists(st.tuples(_TAGS, _VALUES, _STEPS, st.floats(0, 4e9), _FORMS), max_size=60),
    repeats=st.integers(1, 40),
    piece_bytes=st.sampled_from([1 << 20, 4096, 300]),
)
def test_any_mixture_of_scalars_reads_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    logged: list[tuple[str, float, int, float, str]],
    repeats: int,
    piece_bytes: int,
) -> None:
    forms: dict[str, str] = {}
    expected: Rows = {}
    data = []
    for _ in range(repeats):
        for tag, drawn, step, time, drawn_form in logged:
            form = forms.setdefault(tag, drawn_form)
            value = float(int(drawn)) if form == "shaped" and abs(drawn) < 2**60 else drawn
            if (form == "shaped" and abs(drawn) >= 2**60) or (form == "shaped" and math.isinf(drawn)):
                value = 1.0
            data.append(scalar(tag, value, step, time, form))
            expected.setdefault(tag, []).append((step, time, value))
    path = tmp_path_factory.mktemp("any") / "events"
    write_records(path, data)
    pieces = read(path, piece_bytes=piece_bytes)
    assert rows_of(pieces) == expected
    assert sum(piece.records for piece in pieces) == len(data)
    assert not any(piece.damage for piece in pieces)
    assert not data or pieces[-1].offset == path.stat().st_size


def test_nan_and_infinities_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "events"
    write_records(path, [scalar("loss", value, 0) for value in (math.nan, math.inf, -math.inf)])
    values = [value for _, _, value in rows_of(read(path))["loss"]]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf]


def a_training(steps: int) -> list[bytes]:
    tags = ("loss", "acc", "val/loss")
    return [scalar(tag, step / 7, step, 1e9 + step) for step in range(steps) for tag in tags]


def test_a_file_cut_anywhere_gives_a_beginning_and_later_the_rest(tmp_path: Path) -> None:
    whole = b"".join(map(record, a_training(3)))
    path = tmp_path / "events"
    path.write_bytes(whole)
    everything = rows_of(read(path))
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        first = read(path)
        assert not any(piece.damage for piece in first)
        offset = first[-1].offset if first else 0
        assert bool(first and first[-1].waits_for_bytes) == (offset != cut)
        path.write_bytes(whole)
        rest = read(path, offset)
        assert sum(piece.records for piece in [*first, *rest]) == 9
        joined = rows_of(first)
        for tag, rows in rows_of(rest).items():
            joined.setdefault(tag, []).extend(rows)
        assert joined == everything


@pytest.mark.parametrize("piece_bytes", [1 << 20, 500])
def test_a_changed_byte_costs_one_record_and_is_reported(tmp_path: Path, piece_bytes: int) -> None:
    records = [record(data) for data in a_training(100)]
    whole = b"".join(records)
    path = tmp_path / "events"
    random = np.random.default_rng(0)
    for place in random.integers(0, len(whole), 60).tolist():
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        pieces = read(path, piece_bytes=piece_bytes)
        assert sum(len(rows) for rows in rows_of(pieces).values()) == len(records) - 1
        lost = [damage for piece in pieces for damage in piece.damage]  # one, unless it spans pieces
        assert lost[0].offset <= place < pieces[-1].offset
        assert sum(damage.length for damage in lost) <= max(map(len, records))
        # the last bytes may yet be the beginning of a header
        assert len(whole) - HEADER_SIZE < pieces[-1].offset <= len(whole)


@pytest.mark.parametrize(
    "garbage",
    [b"\x00" * 3000, b"not an event file\n" * 500, bytes(range(256)) * 40, b"\xff" * 5000],
    ids=["zeros", "text", "counting", "ones"],
)
def test_garbage_between_records_is_passed_over(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "events"
    before, after = record(scalar("loss", 1, 1)), record(scalar("loss", 2, 2))
    path.write_bytes(before + garbage + after)
    pieces = read(path, piece_bytes=700)
    assert [step for step, _, _ in rows_of(pieces)["loss"]] == [1, 2]
    lost = [damage for piece in pieces for damage in piece.damage]
    assert sum(damage.length for damage in lost) == len(garbage)


def test_zeros_at_the_end_of_a_file_are_damage_and_later_records_are_found(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(record(scalar("loss", 1, 1)) + bytes(4096))
    first = read(path)
    assert first[-1].damage
    with path.open("ab") as file:
        file.write(record(scalar("loss", 2, 2)))
    again = read(path, first[-1].offset)
    assert [step for step, _, _ in rows_of(again)["loss"]] == [2]


def test_a_length_of_gigabytes_is_damage_not_memory(tmp_path: Path) -> None:
    path = tmp_path / "events"
    length = struct.pack("<Q", 2 << 30)
    header = length + record(length)[-4:]  # the checksum of the length is right
    path.write_bytes(record(scalar("loss", 1, 1)) + header + record(scalar("loss", 2, 2)))
    pieces = read(path)
    assert [step for step, _, _ in rows_of(pieces)["loss"]] == [1, 2]
    (damage,) = [damage for piece in pieces for damage in piece.damage]
    assert damage.reason == "a record of over 256 MiB"


def test_an_empty_file_has_nothing_and_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"")
    assert read(path) == []


def test_a_record_longer_than_a_piece_is_read(tmp_path: Path) -> None:
    path = tmp_path / "events"
    long = event(wall_time=1.0, step=1)
    value = long.summary.value.add(tag="note")
    value.metadata.plugin_data.plugin_name = "text"
    value.tensor.dtype = 7
    value.tensor.string_val.append(b"x" * 50_000)
    write_records(path, [scalar("loss", 1, 1), long.SerializeToString(), scalar("loss", 2, 2)])
    pieces = read(path, piece_bytes=1000)
    assert [step for step, _, _ in rows_of(pieces)["loss"]] == [1, 2]
    (summary,) = [summary for piece in pieces for summary in piece.summaries]
    assert (summary.tag, summary.plugin, summary.step) == ("note", "text", 1)
    assert summary.value.tensor.string_val == [b"x" * 50_000]


def test_a_tag_keeps_the_plugin_of_its_first_event(tmp_path: Path) -> None:
    path = tmp_path / "events"
    first = event(wall_time=1.0, step=0)
    value = first.summary.value.add(tag="mesh")
    value.metadata.plugin_data.plugin_name = "mesh"
    value.tensor.dtype = 1
    value.tensor.float_val.append(1.0)
    later = event(wall_time=1.0, step=1)
    value = later.summary.value.add(tag="mesh")
    value.tensor.dtype = 1
    value.tensor.float_val.append(2.0)
    write_records(path, [first.SerializeToString(), later.SerializeToString(), scalar("loss", 1, 1)])
    for piece_bytes in (1 << 20, 60):
        pieces = read(path, piece_bytes=piece_bytes)
        assert list(rows_of(pieces)) == ["loss"]
    assert [piece.plugin for piece in read(path)[0].summaries if piece.tag == "mesh"][:1] == ["mesh"]


def test_a_restart_says_from_which_step(tmp_path: Path) -> None:
    path = tmp_path / "events"
    start = event(wall_time=1.0, step=7)
    start.session_log.status = 1
    write_records(path, [scalar("loss", 1, 6), start.SerializeToString(), scalar("loss", 2, 7)])
    (piece,) = read(path)
    (restart,) = piece.restarts
    assert restart.step == 7
    assert piece.points["loss"].ordinals.tolist() == [0, 2]
    assert restart.ordinal == 1


def test_bytes_that_are_no_event_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "events"
    write_records(path, [scalar("loss", 1, 1), b"\xff\xff\xff\xff", scalar("loss", 2, 2)])
    (piece,) = read(path)
    assert [step for step, _, _ in rows_of([piece])["loss"]] == [1, 2]
    assert [damage.reason for damage in piece.damage] == ["not an event"]


@pytest.mark.parametrize("piece_bytes", [1 << 20, 150, 300, 500, 999])
def test_bytes_that_are_gone_cost_their_record_alone_wherever_pieces_begin(tmp_path: Path, piece_bytes: int) -> None:
    records = [record(data) for data in a_training(20)]
    path = tmp_path / "events"
    for gone in range(12, len(records[30]) - 4):
        damaged = records[30][:gone] + records[30][gone + 3 :]
        path.write_bytes(b"".join([*records[:30], damaged, *records[31:]]))
        pieces = read(path, piece_bytes=piece_bytes)
        assert sum(len(rows) for rows in rows_of(pieces).values()) == len(records) - 1


def test_a_signalling_nan_is_nan(tmp_path: Path) -> None:
    path = tmp_path / "events"
    data = scalar("loss", 1.0, 1).replace(struct.pack("<f", 1.0), b"\x01\x00\xa0\x7f")
    write_records(path, [data] * 3)
    assert all(math.isnan(value) for _, _, value in rows_of(read(path))["loss"])


def tensor_event(dtype: int, shape: list[int], **fields: Any) -> bytes:
    found = event(wall_time=1.0, step=1)
    value = found.summary.value.add(tag="odd")
    value.metadata.plugin_data.plugin_name = "scalars"
    value.tensor.dtype = dtype
    value.tensor.tensor_shape.SetInParent()
    for size in shape:
        value.tensor.tensor_shape.dim.add(size=size)
    for name, content in fields.items():
        if isinstance(content, bytes):
            value.tensor.tensor_content = content
        else:
            getattr(value.tensor, name).extend(content)
    data: bytes = found.SerializeToString()
    return data


HUGE = st.sampled_from([0, 1, 2, 3, -1, 2**31, 2**62, 2**63 - 1])


@examples(quick=50, long=500)
@example(1, [0, 2**62], {})
@example(1, [1] * 70, {"float_val": [1.0]})
@example(1, [0] * 3 + [2**62, 2**62], {})
@given(
    st.integers(0, 30),
    st.lists(HUGE, max_size=4),
    st.fixed_dictionaries(
        {},
        optional={
            "content": st.binary(max_size=17),
            "float_val": st.lists(st.floats(width=32), max_size=3),
            "double_val": st.lists(st.floats(), max_size=3),
            "int_val": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
            "int64_val": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
            "uint64_val": st.lists(st.integers(0, 2**64 - 1), max_size=3),
            "half_val": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
            "bool_val": st.lists(st.booleans(), max_size=3),
        },
    ),
)
def test_no_tensor_ends_the_reading_of_its_file(dtype: int, shape: list[int], fields: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events"
        write_records(path, [scalar("loss", 1, 1), tensor_event(dtype, shape, **fields), scalar("loss", 2, 2)])
        pieces = read(path)
    assert [step for step, _, _ in rows_of(pieces)["loss"]] == [1, 2]


def test_zeros_between_records_cost_neither_time_nor_memory(tmp_path: Path) -> None:
    path = tmp_path / "events"
    first, last = record(scalar("loss", 1, 1)), record(scalar("loss", 2, 2))
    with path.open("wb") as file:
        file.write(first)
        file.seek(2**42)  # 4 TiB, of which the disk holds a few blocks
        file.write(last)
    tracemalloc.start()
    pieces = read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [step for step, _, _ in rows_of(pieces)["loss"]] == [1, 2]
    assert sum(damage.length for piece in pieces for damage in piece.damage) == 2**42 - len(first)
    assert most < 64 * 2**20


def test_a_record_larger_than_any_scalar_is_passed_over_by_its_length(tmp_path: Path) -> None:
    path = tmp_path / "events"
    length = LARGEST_RECORD_BYTES + (8 << 20)
    field = struct.pack("<Q", length)
    with path.open("wb") as file:
        file.write(record(scalar("loss", 1, 1)) + field + record(field)[-4:])
        file.seek(length + 4, os.SEEK_CUR)
        file.write(record(scalar("loss", 2, 2)))
    pieces = read(path)
    assert [step for step, _, _ in rows_of(pieces)["loss"]] == [1, 2]
    (damage,) = [damage for piece in pieces for damage in piece.damage]
    assert (damage.length, damage.reason) == (length + 16, "a record of over 256 MiB")
