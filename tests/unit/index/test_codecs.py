"""Columns come back bit for bit, whatever is in them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.index.sql import codecs

INT64 = st.integers(-(2**63), 2**63 - 1)
BITS64 = st.integers(0, 2**64 - 1)
BITS32 = st.integers(0, 2**32 - 1)
AWKWARD = [
    0.0, -0.0, 1.0, float("nan"), float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308, 1e-45, 0.1,
    float(np.float32(0.1)),
]  # fmt: skip


def pieces(element: st.SearchStrategy[int]) -> st.SearchStrategy[list[list[int]]]:
    smooth = st.builds(
        lambda start, stride, jitter: [(start + i * stride + j + 2**63) % 2**64 - 2**63 for i, j in enumerate(jitter)],
        INT64,
        st.integers(-(2**40), 2**40),
        st.lists(st.integers(0, 2**20), min_size=1, max_size=20),
    )
    return st.lists(st.one_of(st.lists(element, min_size=1, max_size=20), smooth), min_size=0, max_size=6)


def bounds_of(parts: list[list[int]]) -> list[int]:
    return [0, *np.cumsum([len(p) for p in parts]).tolist()]


@given(pieces(INT64))
def test_integers_come_back(parts: list[list[int]]) -> None:
    data = np.array([v for p in parts for v in p], dtype=np.int64)
    columns = codecs.encode_int64(data, bounds_of(parts))
    assert [codecs.decode_int64([c]).tolist() for c in columns] == parts
    assert codecs.decode_int64(columns).tolist() == data.tolist()


@given(pieces(BITS64))
def test_float64_patterns_come_back(parts: list[list[int]]) -> None:
    data = np.array([v % 2**64 for p in parts for v in p], dtype=np.uint64).view(np.float64)
    columns = codecs.encode_float64(data, bounds_of(parts))
    assert codecs.decode_float64(columns).view(np.uint64).tolist() == data.view(np.uint64).tolist()


@given(st.lists(st.lists(st.sampled_from(AWKWARD), min_size=1, max_size=30), max_size=5))
def test_awkward_floats_come_back(parts: list[list[float]]) -> None:
    data = np.array([v for p in parts for v in p], dtype=np.float64)
    bounds = [0, *np.cumsum([len(p) for p in parts]).tolist()]
    decoded = codecs.decode_float64(codecs.encode_float64(data, bounds))
    assert decoded.view(np.int64).tolist() == data.view(np.int64).tolist()


@given(st.one_of(pieces(BITS32), pieces(st.integers(0, 2))))
def test_float32_patterns_come_back(parts: list[list[int]]) -> None:
    data = np.array([v % 2**32 for p in parts for v in p], dtype=np.uint32).view(np.float32)
    columns = codecs.encode_float32(data, bounds_of(parts))
    assert codecs.decode_float32(columns).view(np.uint32).tolist() == data.view(np.uint32).tolist()


def test_extreme_deltas_wrap_around() -> None:
    data = np.array([2**63 - 1, -(2**63), 2**63 - 1, 0, -1, -(2**63)], dtype=np.int64)
    assert codecs.decode_int64(codecs.encode_int64(data, [0, 6])).tolist() == data.tolist()


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (np.full(2_000, np.nan), 12),
        (np.arange(2_000.0).astype(np.float32).astype(np.float64), 4 + 4 * 2_000),
        (np.random.default_rng(1).random(2_000), 4 + 8 * 2_000),
        (np.ones(1), 12),
    ],
)
def test_the_smallest_form_is_taken_for_floats(data: np.ndarray, size: int) -> None:
    (column,) = codecs.encode_float64(data, [0, len(data)])
    assert len(column) == size + 4  # its checksum


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (np.arange(2_000), 20),
        (np.arange(2_000) * -7 + 2**62, 20),
        (np.arange(2_000) + np.arange(2_000) % 2, 20 + 1_999),
        (np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 2_000), 4 + 8 * 2_000),
    ],
)
def test_the_smallest_form_is_taken_for_integers(data: np.ndarray, size: int) -> None:
    (column,) = codecs.encode_int64(data, [0, len(data)])
    assert len(column) == size + 4  # its checksum


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (np.full(2_000, np.nan), 8),
        (np.arange(2_000) // 100, 4 + 6 * 20),
        (np.arange(2_000) // 2, 4 + 6 * 1_000),
        (np.arange(2_000) / 7, 4 + 4 * 2_000),
    ],
)
def test_the_smallest_form_is_taken_for_epochs(data: np.ndarray, size: int) -> None:
    (column,) = codecs.encode_float32(data.astype(np.float32), [0, len(data)])
    assert len(column) == size + 4  # its checksum


def test_times_of_a_steady_loop_take_about_three_bytes() -> None:
    times = 1.7e9 + np.cumsum(np.random.default_rng(1).normal(0.1, 0.002, 2_000))
    (column,) = codecs.encode_float64(times, [0, 2_000])
    assert len(column) <= 20 + 3 * 2_000


def test_decoded_columns_are_aligned_and_belong_to_the_caller() -> None:
    for data in (np.random.default_rng(1).random(10), np.ones(10), np.arange(10.0)):
        decoded = codecs.decode_float64(codecs.encode_float64(data, [0, 10]))
        assert decoded.flags.aligned and decoded.flags.writeable


def test_nothing_decodes_to_an_empty_array_of_the_type() -> None:
    assert codecs.decode_int64([]).dtype == np.int64
    assert codecs.decode_float64([]).dtype == np.float64
    assert codecs.decode_float32([]).dtype == np.float32


def test_a_piece_has_at_least_one_value() -> None:
    with pytest.raises(ValueError, match="1 to 65,535"):
        codecs.encode_int64(np.arange(3), [0, 0, 3])


@given(st.binary(max_size=60))
def test_garbage_is_a_column_error_or_an_array(garbage: bytes) -> None:
    for decode in (codecs.decode_int64, codecs.decode_float64, codecs.decode_float32):
        for column in (garbage, *codecs._with_checksums([garbage])):
            try:
                assert decode([column]).ndim == 1
            except codecs.ColumnError:
                pass


def test_a_count_that_the_bytes_do_not_hold_is_a_column_error() -> None:
    for codec, width in ((2, 3), (3, 4), (4, 8)):
        with pytest.raises(codecs.ColumnError):
            codecs.decode_float64(codecs._with_checksums([struct.pack("<BBHqq", codec, width, 2_000, 1, 2)]))


@given(pieces(INT64), st.data())
def test_a_byte_that_changed_is_a_column_error(parts: list[list[int]], data: st.DataObject) -> None:
    columns = codecs.encode_int64(np.array([v for part in parts for v in part], np.int64), bounds_of(parts))
    for column in columns:
        at = data.draw(st.integers(0, len(column) - 1))
        changed = column[at] ^ data.draw(st.integers(1, 255))
        with pytest.raises(codecs.ColumnError):
            codecs.decode_int64([column[:at] + bytes([changed]) + column[at + 1 :]])
