"""Which attempt a writer is of: by whom it found at work, and in older files by times."""

from __future__ import annotations

from typing import Any

import pytest

from aim.schema.runstate import RunState, merge_events


def run(*writers: dict[str, Any], source: str = "aim") -> RunState:
    """Writers ``1-aaaaaaaa``, ``2-aaaaaaaa``, ...: keys of their opened events, and `end`, `attempt_event`, `now`."""
    streams = []
    for number, keys in enumerate(writers, 1):
        now, end, turned_out = keys.pop("now", float(number)), keys.pop("end", None), keys.pop("turned_out", None)
        events = [{"type": "opened", "time": now, "role": "train", "source": source, **keys}]
        if turned_out is not None:
            events.append({"type": "attempt", "time": now, **turned_out})
        if end is not None:
            events.append({"type": "closed", "time": end, "reason": "finished"})
        streams.append((name(number), events))
    return merge_events("0" * 24, streams)


def name(number: int) -> str:
    return f"{number}-aaaaaaaa"


def attempts(state: RunState) -> list[int]:
    return [writer.attempt for writer in state.writers.values()]


def guests(state: RunState) -> list[int]:
    return [number for number, writer in enumerate(state.writers.values(), 1) if writer.is_guest]


def begun(attempt: int, **keys: Any) -> dict[str, Any]:
    """A writer that found nobody at work."""
    return {"attempt": attempt, "beside": [], **keys}


def joined(*others: int, **keys: Any) -> dict[str, Any]:
    return {"attempt": 1, "beside": [name(number) for number in others], **keys}


def test_a_writer_is_of_the_attempt_of_those_that_record_beside_it() -> None:
    assert attempts(run(begun(1), begun(2), joined(2), joined(3), begun(3), joined(1, 5))) == [1, 2, 2, 2, 3, 3]


def test_two_that_begin_at_the_same_moment_name_the_same_attempt() -> None:
    state = run(begun(1), begun(2), begun(2))
    assert (attempts(state), guests(state)) == ([1, 2, 2], [])


def test_when_those_beside_turn_out_to_have_been_over_who_joined_follows() -> None:
    over = {"attempt": 2, "beside": []}
    assert attempts(run(begun(1), joined(1, turned_out=over), joined(1, 2), joined(3))) == [1, 2, 2, 2]
    back = {"attempt": 1, "beside": [name(1)]}
    assert attempts(run(begun(1), begun(2, turned_out=back), joined(2))) == [1, 1, 1]


def test_ranks_of_one_job_are_no_guests_and_who_joins_otherwise_is() -> None:
    ranks = [joined(1, rank=rank, job="j") for rank in (1, 2)]
    assert guests(run(begun(1, job="j"), *ranks, joined(1), joined(1, rank=1, job="j"))) == [4, 5]
    assert guests(run(begun(1), joined(1), joined(1, rank=1))) == [2]


def succeeded(state: RunState) -> list[int]:
    return [number for number, writer in enumerate(state.writers.values(), 1) if writer.is_succeeded]


def test_who_finds_none_but_guests_goes_on_with_their_training() -> None:
    state = run(begun(1), joined(1), joined(2), joined(2, 3), joined(2))
    assert (attempts(state), guests(state), succeeded(state)) == ([1] * 5, [2, 4], [1, 3])


def test_each_rank_of_a_job_goes_on_and_the_ranks_of_an_evaluation_stay_guests() -> None:
    begin = [begun(1, job="j"), joined(1)]
    state = run(*begin, joined(2, job="j"), joined(2, 3, rank=1, job="j"))
    assert (guests(state), succeeded(state)) == ([2], [1])
    state = run(begun(1), joined(1, job="e"), joined(2, rank=1, job="e"))
    assert (guests(state), succeeded(state)) == ([2, 3], [])


def test_of_very_many_that_were_found_nobody_can_tell_who_was_over() -> None:
    state = run(begun(1), *(joined(1) for _ in range(100)), joined(*range(2, 102)))
    assert (len(guests(state)), succeeded(state)) == (101, [])


@pytest.mark.parametrize(
    "beside", [None, "1-aaaaaaaa", {"1-aaaaaaaa": 1}, [None, 5, ["1-aaaaaaaa"]], ["9-ffffffff", "", "\0"]]
)
def test_what_names_no_writer_joins_nobody(beside: object) -> None:
    assert attempts(run(begun(1), {"attempt": 2, "beside": beside, "now": 5.0})) == [1, 2]


def test_a_writer_names_none_that_came_after_it() -> None:
    state = run(begun(1), {"attempt": 2, "beside": [name(2), name(3)]}, begun(3))
    assert attempts(state) == [1, 2, 3]


def test_in_older_files_a_writer_that_opened_while_another_recorded_is_of_its_attempt() -> None:
    older = [{"attempt": 1, "now": 0.0, "end": 1.0}, {"attempt": 2, "now": 2.0, "end": 9.0}]
    assert attempts(run(*older, {"attempt": 3, "now": 3.0, "end": 8.5}, {"attempt": 4, "now": 8.8})) == [1, 2, 2, 2]
    assert attempts(run(*older, {"attempt": 3, "now": 9.0})) == [1, 2, 3]


def test_the_times_of_an_import_tell_nothing_of_who_overlapped() -> None:
    older = [{"attempt": 1, "now": 0.0, "end": 9.0}, {"attempt": 2, "now": 5.0}]
    assert attempts(run(*older, source="tensorboard")) == [1, 2]


def test_very_many_writers_are_assigned_in_time_proportional_to_them() -> None:
    writers = [begun(1), *(joined(*range(max(1, n - 100), n), rank=n) for n in range(2, 2001))]
    assert set(attempts(run(*writers))) == {1}
