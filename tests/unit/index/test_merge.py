"""What is shown of resumed runs and of ranks."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aim.index.points.merge import Piece, every_order, shown_order


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


def test_what_an_earlier_attempt_reached_beyond_is_hidden_once_two_neighbouring_steps_are_recorded_again() -> None:
    first = piece("1-a", 1, list(range(3, 27, 4)))
    assert shown(first, piece("2-b", 2, [7])) == [
        ("1-a", 3), ("2-b", 7), ("1-a", 11), ("1-a", 15), ("1-a", 19), ("1-a", 23),
    ]  # fmt: skip
    assert shown(first, piece("2-b", 2, [7, 11])) == [("1-a", 3), ("2-b", 7), ("2-b", 11)]
    assert shown(first, piece("2-b", 2, [3, 7, 11])) == [("2-b", 3), ("2-b", 7), ("2-b", 11)]


def test_steps_far_apart_that_are_filled_in_hide_nothing_between_them() -> None:
    first = piece("1-a", 1, list(range(5, 1000, 5)))
    assert shown(first, piece("2-b", 2, [0, 1000])) == [("2-b", 0), *(("1-a", s) for s in first.steps), ("2-b", 1000)]
    both = shown(first, piece("2-b", 2, [5, 995]))
    assert (both[0], both[-1], len(both)) == (("2-b", 5), ("2-b", 995), len(first.steps))


def test_a_gap_that_is_filled_in_hides_nothing() -> None:
    first = piece("1-a", 1, [0, 1, 2, 7, 8, 9])
    assert [s for _, s in shown(first, piece("2-b", 2, [3, 4, 5, 6]))] == list(range(10))


def test_a_value_at_step_0_before_a_training_that_goes_on_hides_one_point() -> None:
    first, second = piece("1-a", 1, list(range(10))), piece("2-b", 2, [0, *range(10, 20)])
    assert shown(first, second) == [
        ("2-b", 0),
        *(("1-a", s) for s in range(1, 10)),
        *(("2-b", s) for s in range(10, 20)),
    ]


def test_attempts_whose_steps_interleave_hide_nothing() -> None:
    pieces = [piece(f"{k}-a", k, list(range(k, 40, 4))) for k in range(4)]
    assert [s for _, s in shown(*pieces)] == list(range(40))


def test_of_three_attempts_each_goes_over_what_was_shown_before_it() -> None:
    first, second, third = piece("1-a", 1, [0, 1, 2, 3, 4]), piece("2-b", 2, [2, 3]), piece("3-c", 3, [1, 2])
    assert shown(first, second, third) == [("1-a", 0), ("3-c", 1), ("3-c", 2)]


def test_ranks_of_one_attempt_follow_in_time_then_writer_order() -> None:
    one, ten = piece("2-a", 1, [0, 1, 2], [1.0, 3.0, 5.0]), piece("10-b", 1, [0, 1, 2], [2.0, 3.0, 4.0])
    assert shown(ten, one) == [("2-a", 0), ("10-b", 0), ("2-a", 1), ("10-b", 1), ("10-b", 2), ("2-a", 2)]


def test_a_clock_that_went_backwards_does_not_reorder_its_writer() -> None:
    one, two = piece("1-a", 1, [0, 1, 2], [5.0, 1.0, 6.0]), piece("2-b", 1, [0], [4.0])
    assert shown(one, two) == [("2-b", 0), ("1-a", 0), ("1-a", 1), ("1-a", 2)]


def test_unsorted_steps_of_the_latest_attempt_stay_in_order() -> None:
    first, second = piece("1-a", 1, [0, 5, 9]), piece("2-b", 2, [12, 3, 8])
    assert shown(first, second) == [("1-a", 0), ("1-a", 5), ("1-a", 9), ("2-b", 12), ("2-b", 3), ("2-b", 8)]


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


def by_hand(pieces: list[Piece]) -> list[tuple[str, int]]:
    """What is shown, as docs/format.md says it, in no order."""
    found: list[tuple[str, int]] = []
    for attempt in sorted({p.attempt for p in pieces}):
        own = [(p.writer, step) for p in pieces if p.attempt == attempt for step in p.steps.tolist()]
        again = {step for _, step in own}
        known = sorted({step for _, step in found})
        begin = next((a for a, b in itertools.pairwise(known) if a in again and b in again), math.inf)
        found = [(writer, step) for writer, step in found if step < begin and step not in again] + own
    return found


WRITERS = st.lists(st.tuples(st.integers(1, 3), st.lists(st.integers(-5, 15), max_size=12)), max_size=5)


@given(WRITERS)
def test_what_is_shown_is_what_the_format_says(writers: list[tuple[int, list[int]]]) -> None:
    pieces = [piece(f"{i}-a", attempt, steps) for i, (attempt, steps) in enumerate(writers)]
    assert sorted(shown(*pieces)) == sorted(by_hand(pieces))
    order = shown_order(pieces).tolist()
    times = np.concatenate([p.times for p in pieces]) if pieces else np.empty(0)
    attempts = np.concatenate([np.full(len(p.steps), p.attempt) for p in pieces]) if pieces else np.empty(0)
    for attempt in (1, 2, 3):  # the points of one attempt keep their order
        own = [times[at] for at in order if attempts[at] == attempt]
        assert own == sorted(own)


@given(WRITERS, st.lists(st.integers(-5, 15), min_size=1, max_size=4))
def test_with_every_further_point_of_the_latest_attempt_as_much_is_hidden_or_more(
    writers: list[tuple[int, list[int]]], more: list[int]
) -> None:
    pieces = [piece(f"{i}-a", attempt, steps) for i, (attempt, steps) in enumerate(writers)]
    before: set[tuple[str, int]] = set()
    for count in range(1, len(more) + 1):
        latest = piece("9-z", 4, more[:count])
        hidden = {(p.writer, s) for p in pieces for s in p.steps.tolist()} - set(shown(*pieces, latest))
        assert hidden >= before
        before = hidden
