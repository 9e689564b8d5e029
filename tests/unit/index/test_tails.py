from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from aim.index.points.grouping import POINT_DTYPE
from aim.index.points.tails import OpenStream, Tail, TailCache
from aim.schema.records import POINT_RECORD_BYTES as SIZE
from aim.schema.source import Source

Records = npt.NDArray[np.void]


def _records(ids: Any, start: int = 0) -> Records:
    records = np.zeros(len(ids), POINT_DTYPE)
    records["sequence"] = ids
    records["step"] = np.arange(start, start + len(ids))
    return records


class _Source:
    """A stream in memory, and what was read of it, in records."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.asked: list[tuple[int, int]] = []

    def read_points(self, run_hash: str, key: str, start: int, stop: int) -> Records:
        self.asked.append((start // SIZE, stop // SIZE))
        return self.records[start // SIZE : stop // SIZE]


def _of(tail: Tail, declared: list[int]) -> list[int]:
    """The steps of the records with these ids."""
    steps: list[int] = tail.read("step", tail.find(declared)).tolist()
    return steps


def _stream(folded: int, seen: int) -> OpenStream:
    return OpenStream(1, 1, "w.points", folded * SIZE, seen * SIZE, "hash", "own")


def _cache(source: _Source) -> TailCache:
    return TailCache({"own": cast(Source, source)})


@given(
    ids=st.lists(st.integers(1, 6), min_size=1, max_size=400),
    repeated=st.integers(1, 30),
    extents=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=30),
    declared=st.lists(st.integers(0, 7), min_size=1, max_size=4, unique=True),
)
def test_whatever_was_kept_a_tail_is_what_lies_in_the_stream(
    ids: list[int], repeated: int, extents: list[tuple[int, int]], declared: list[int]
) -> None:
    source = _Source(_records(ids * repeated))
    tails = _cache(source)
    got = []
    for extent in extents:
        folded, seen = (repeated * min(place, len(ids)) for place in sorted(extent))
        lying = source.records[folded:seen]
        got.append((tails.get(_stream(folded, seen)), lying))
    for tail, lying in got:  # those of before are still what they were
        assert len(tail) == len(lying)
        assert _of(tail, declared) == lying["step"][np.isin(lying["sequence"], declared)].tolist()


def test_only_what_came_is_read() -> None:
    source = _Source(_records(np.arange(10_000) % 20 + 1))
    tails = _cache(source)
    for seen in (5_000, 5_000, 5_020, 6_000):
        assert len(tails.get(_stream(100, seen))) == seen - 100
    assert source.asked == [(100, 5_000), (5_000, 5_020), (5_020, 6_000)]
    assert _of(tails.get(_stream(100, 6_000)), [20]) == list(range(119, 6_000, 20))


def test_after_a_short_reading_all_is_read_again() -> None:
    source = _Source(_records([1, 1]))
    tails = _cache(source)
    assert len(tails.get(_stream(0, 4))) == 2  # two that were there are gone
    source.records = _records([1] * 6)
    assert _of(tails.get(_stream(0, 6)), [1]) == [0, 1, 2, 3, 4, 5]


def test_a_stream_that_went_away_has_no_points() -> None:
    class Gone(_Source):
        def read_points(self, run_hash: str, key: str, start: int, stop: int) -> Records:
            raise FileNotFoundError(key)

    assert len(_cache(Gone(_records([]))).get(_stream(0, 4))) == 0
    assert len(TailCache({}).get(_stream(0, 4))) == 0


def test_two_that_extend_the_same_tail_do_not_meet() -> None:
    tail = Tail(_records([1, 2]))
    one = tail.extended(_records([1], start=2))
    other = tail.extended(_records([2, 2], start=2))
    assert _of(one, [1]) == [0, 2]
    assert _of(other, [2]) == [1, 2, 3]
    assert _of(one, [2]) == [1]


def test_size_is_that_of_the_latest() -> None:
    tails = _cache(_Source(_records([1] * 5_000)))
    for seen in range(100, 5_000, 100):
        tail = tails.get(_stream(0, seen))
        assert tails.size_bytes == tail.size_bytes
    assert tails.size_bytes < 3 * 5_000 * SIZE
    tails.keep_only(())
    assert tails.size_bytes == 0
