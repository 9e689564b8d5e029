from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aim.explore.curves.frames import FrameBuilder
from tests.unit.frames import decode_frames


def test_layout_is_as_specified() -> None:
    builder = FrameBuilder()
    x = builder.add_x(np.array([0, 1, 2]))
    last = builder.add_values(np.array([0.5, 0.25, 0.125]))
    frame = builder.encode([{"id": "s", "x": x, "last": last}], complete=True)
    assert frame[:4] == b"TSF1"
    (length,) = struct.unpack("<I", frame[4:8])
    assert (8 + length) % 8 == 0 and len(frame) % 8 == 0
    header = json.loads(frame[8 : 8 + length])
    assert header == {
        "sequences": [{"id": "s", "x": 0, "last": 1}],
        "arrays": [[0, 3, "u4"], [16, 3, "f4"]],
        "data_bytes": 32,
        "complete": True,
    }
    data = frame[8 + length :]
    assert np.frombuffer(data, "<u4", 3).tolist() == [0, 1, 2]
    assert np.frombuffer(data, "<f4", 3, 16).tolist() == [0.5, 0.25, 0.125]


def test_frames_follow_each_other() -> None:
    frames = []
    for number in range(3):
        builder = FrameBuilder()
        builder.add_values(np.arange(float(number)))
        frames.append(builder.encode([], complete=number == 2))
    decoded = decode_frames(b"".join(frames))
    assert [header["complete"] for header, _ in decoded] == [False, False, True]
    assert [arrays[0].tolist() for _, arrays in decoded] == [[], [0.0], [0.0, 1.0]]
    with pytest.raises(ValueError, match="no frame at byte 0"):
        decode_frames(b"XXXX0000")


def test_equal_x_is_sent_once() -> None:
    builder = FrameBuilder()
    assert builder.add_x(np.arange(100)) == 0
    assert builder.add_x(np.arange(100)) == 0
    assert builder.add_x(np.arange(100.0)) == 0
    assert builder.add_x(np.arange(101)) == 1
    assert builder.add_x(np.arange(100) + 0.5) == 2


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        ([0, 2**32 - 1], "u4"),
        ([0, 2**32], "f8"),
        ([-1, 0], "f8"),
        ([0.0, 1.0], "u4"),
        ([0.5, 1.0], "f8"),
        ([], "f8"),
        ([1.7e9, 1.7e9 + 0.25], "f8"),
    ],
)
def test_type_of_x(x: list[float], kind: str) -> None:
    builder = FrameBuilder()
    builder.add_x(np.array(x))
    ((header, (array,)),) = decode_frames(builder.encode([], complete=True))
    assert header["arrays"][0][2] == kind
    assert array.tolist() == x


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0.0, 1.0, 0.123456789], "f4"),
        ([1e6, 1e6 + 1], "f8"),  # a loss far from zero that hardly moves
        ([0.5, 0.5], "f4"),
        ([0.1, 0.1], "f8"),
        ([1e300, 0.0], "f8"),
        ([1e-50, 1.0], "f8"),  # would be 0, and vanish from a logarithmic axis
        ([], "f4"),
    ],
)
def test_type_of_values(values: list[float], kind: str) -> None:
    builder = FrameBuilder()
    builder.add_values(np.array(values))
    builder.add_values(np.array(values), exact=True)
    ((header, arrays),) = decode_frames(builder.encode([], complete=True))
    assert [array[2] for array in header["arrays"]] == [kind, "f8"]
    assert arrays[1].tolist() == values


@given(hnp.arrays(np.float64, st.integers(0, 50), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_what_is_sent_is_within_a_pixel(values: np.ndarray) -> None:
    builder = FrameBuilder()
    builder.add_values(values)
    ((_, (array,)),) = decode_frames(builder.encode([], complete=True))
    if len(values):
        # in halves, as the span of the largest numbers overflows
        span = values.max() / 2 - values.min() / 2
        assert (np.abs(array.astype(np.float64) / 2 - values / 2) <= span / 1000).all()
