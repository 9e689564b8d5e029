"""What is shown of resumed runs and of ranks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aim.index.merge import Piece, every_order, shown_order


def piece(writer: str, attempt: int, steps: list[int], times: list[float] | None = None) -> Piece:
    at = times if times is not None else [float(attempt * 1_000 + i) for i in range(len(steps))]
    return Piece(writer, attempt, np.array(steps, np.int64), np.array(at, np.float64))


def shown(*pieces: Piece) -> list[tuple[str, int]]:
    points = [(p.writer, step) for p in pieces for step in p.steps.tolist()]
    return [points[i] for i in shown_order(pieces).tolist()]


def test_one_writer_is_shown_as_written() -> None:
    assert shown(piece("1-a", 1, [3, 1, 2, 2])) == [("1-a", 3), ("1-a", 1), ("1-a", 2), ("1-a", 2)]


def test_a_resumed_attempt_takes_over_from_its_first_step() -> None:
    first, second = piece("1-a", 1, [0, 1, 2, 3]), piece("2-b", 2, [2, 3, 4])
    assert shown(first, second) == [("1-a", 0), ("1-a", 1), ("2-b", 2), ("2-b", 3), ("2-b", 4)]


def test_what_an_earlier_attempt_reached_beyond_is_still_shown() -> None:
    first, second = piece("1-a", 1, list(range(8))), piece("2-b", 2, [2, 4])
    assert [s for _, s in shown(first, second)] == [0, 1, 2, 4, 5, 6, 7]
    assert [w for w, _ in shown(first, second)] == ["1-a"] * 2 + ["2-b"] * 2 + ["1-a"] * 3


def test_ranks_of_one_attempt_follow_in_time_then_writer_order() -> None:
    one, ten = piece("2-a", 1, [0, 1, 2], [1.0, 3.0, 5.0]), piece("10-b", 1, [0, 1, 2], [2.0, 3.0, 4.0])
    assert shown(ten, one) == [("2-a", 0), ("10-b", 0), ("2-a", 1), ("10-b", 1), ("10-b", 2), ("2-a", 2)]


def test_a_clock_that_went_backwards_does_not_reorder_its_writer() -> None:
    one, two = piece("1-a", 1, [0, 1, 2], [5.0, 1.0, 6.0]), piece("2-b", 1, [0], [4.0])
    assert shown(one, two) == [("2-b", 0), ("1-a", 0), ("1-a", 1), ("1-a", 2)]


def test_unsorted_steps_of_the_latest_attempt_stay_in_order() -> None:
    first, second = piece("1-a", 1, [0, 5, 9]), piece("2-b", 2, [12, 3, 8])
    assert shown(first, second) == [("1-a", 0), ("2-b", 12), ("2-b", 3), ("2-b", 8)]


def test_the_extreme_steps_are_no_trouble() -> None:
    low, high = -(2**63), 2**63 - 1
    first, second = piece("1-a", 1, [low, 0, high]), piece("2-b", 2, [5, high])
    assert shown(first, second) == [("1-a", low), ("1-a", 0), ("2-b", 5), ("2-b", high)]


def test_an_attempt_without_points_hides_nothing() -> None:
    first, second = piece("1-a", 1, [0, 1, 2]), piece("2-b", 2, [])
    assert shown(first, second) == shown(first) == [("1-a", 0), ("1-a", 1), ("1-a", 2)]


def test_all_attempts_follow_each_other_with_every_point() -> None:
    first = [piece("1-a", 1, [0, 1, 5], [1.0, 3.0, 9.0]), piece("2-b", 1, [0, 1], [2.0, 3.0])]
    second = piece("3-c", 2, [1, 0], [0.5, 0.1])  # its clock was wrong, and went backwards
    pieces = [second, *first]
    points = [(p.writer, step) for p in pieces for step in p.steps.tolist()]
    assert [points[i] for i in every_order(pieces).tolist()] == [
        ("1-a", 0), ("2-b", 0), ("1-a", 1), ("2-b", 1), ("1-a", 5), ("3-c", 1), ("3-c", 0),
    ]  # fmt: skip
    assert every_order([piece("1-a", 1, [])]).tolist() == []


@given(st.lists(st.tuples(st.integers(1, 3), st.lists(st.integers(-5, 15), max_size=12)), max_size=5))
def test_all_attempts_have_every_point_once(writers: list[tuple[int, list[int]]]) -> None:
    pieces = [piece(f"{i}-a", attempt, steps) for i, (attempt, steps) in enumerate(writers)]
    order = every_order(pieces)
    assert sorted(order.tolist()) == list(range(sum(len(steps) for _, steps in writers)))
    attempts = np.concatenate([np.full(len(p.steps), p.attempt) for p in pieces]) if pieces else np.empty(0)
    assert (np.diff(attempts[order]) >= 0).all()


def test_nothing_is_shown_of_nothing() -> None:
    assert shown(piece("1-a", 1, []), piece("2-b", 2, [])) == []


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.lists(st.integers(-5, 15), max_size=12)),
        max_size=5,
    )
)
def test_per_step_range_the_highest_attempt_is_shown(writers: list[tuple[int, list[int]]]) -> None:
    pieces = [piece(f"{i}-a", attempt, steps) for i, (attempt, steps) in enumerate(writers)]
    covered = {
        attempt: range(min(all_steps), max(all_steps) + 1)
        for attempt in {p.attempt for p in pieces}
        if (all_steps := [s for p in pieces if p.attempt == attempt for s in p.steps.tolist()])
    }
    expected = sorted(
        (p.writer, step)
        for p in pieces
        for step in p.steps.tolist()
        if not any(attempt > p.attempt and step in steps for attempt, steps in covered.items())
    )
    assert sorted(shown(*pieces)) == expected
    order = shown_order(pieces).tolist()
    for i, p in enumerate(pieces):  # the points of one writer keep their order
        begin = sum(len(q.steps) for q in pieces[:i])
        own = [at for at in order if begin <= at < begin + len(p.steps)]
        if len({q.attempt for q in pieces}) == 1:
            assert own == sorted(own)
