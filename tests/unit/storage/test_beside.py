"""Whom a writer finds at work when it opens, and what turns out of them: markers and processes that are real."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from aim.schema.limits import MAX_TIME_S
from aim.schema.runstate import RunState
from aim.storage.care.transfer import copy_run
from aim.storage.reading.events import read_run
from aim.storage.reading.standing import read_standing
from aim.storage.reading.status import PRESUMED_DEAD_S, STALLED_S, read_active_markers, retire_dead
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.process import boot_id
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.open_run import open_edit_writer, open_run
from aim.storage.writing.request import RunRequest
from aim.storage.writing.writer import RunWriter

HASH = "0123456789abcdef01234567"
NO_EPOCH = float("nan")

needs_proc = pytest.mark.skipif(not boot_id(), reason="processes can be looked for under /proc only")


@pytest.fixture
def layout(tmp_path: Path) -> RepoLayout:
    return create_repo(tmp_path / ".aim")


def state_of(layout: RepoLayout) -> RunState:
    return read_run(layout.run_dir(HASH), HASH).state


def attempts(layout: RepoLayout) -> list[int]:
    return [writer.attempt for writer in state_of(layout).writers.values()]


def elsewhere(writer: RunWriter, *, age_s: float = 0.0) -> RunWriter:
    """As if the writer were on another host, and its last heartbeat `age_s` old."""
    writer.marker.write(boot="another boot", start="1")
    silent_for(writer, age_s)
    return writer


def silent_for(writer: RunWriter, age_s: float) -> None:
    then = time.time() - age_s
    os.utime(writer.marker.path, (then, then))


def abandon(writer: RunWriter) -> None:
    """As a kill leaves it: no more is written, nothing is said."""
    writer.forget()


def gone(layout: RepoLayout, writer: RunWriter) -> None:
    """As if its process, of this host, had been killed."""
    writer.marker.write(start="1")
    abandon(writer)


@needs_proc
def test_a_writer_joins_the_one_that_lives_and_not_the_one_that_ended_or_is_dead(layout: RepoLayout) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    open_run(layout, RunRequest(HASH)).close("finished")
    gone(layout, first)
    third = open_run(layout, RunRequest(HASH))
    fourth = open_run(layout, RunRequest(HASH))
    third.close("finished")
    fifth = open_run(layout, RunRequest(HASH))
    with open_edit_writer(layout, HASH):  # is no training
        for writer in (fourth, fifth):
            writer.close("finished")
        open_run(layout, RunRequest(HASH)).close("finished")
    assert [w.attempt for w in state_of(layout).writers.values() if w.role == "train"] == [1, 1, 2, 2, 2, 3]


@needs_proc
def test_a_training_that_is_resumed_beside_its_evaluation_tells_how_the_run_ended(layout: RepoLayout) -> None:
    killed = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    evaluation = open_run(layout, RunRequest(HASH))
    gone(layout, killed)
    resumed = open_run(layout, RunRequest(HASH))
    assert status_of(layout) == "running"
    resumed.close("finished")
    assert status_of(layout) == "running"
    evaluation.close("finished")
    assert (attempts(layout), status_of(layout)) == ([1, 1, 1], "finished")


def status_of(layout: RepoLayout) -> str:
    return read_standing(layout, state_of(layout))[0].value


@needs_proc
@pytest.mark.parametrize("end", ["killed", "failed", "interrupted", "found dead"])
def test_ranks_of_a_second_start_do_not_join_one_of_the_first_that_is_over(layout: RepoLayout, end: str) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", job="j", is_new=True))
    if end in ("failed", "interrupted"):
        first.close(end)
    else:
        gone(layout, first)
    if end == "found dead":
        assert [retire_dead(layout, marker) for marker in read_active_markers(layout)] == [True]
    ranks = [open_run(layout, RunRequest(HASH, rank=rank, job="j", may_begin=True)) for rank in (1, 0, 2)]
    for rank in ranks:
        rank.close("finished")
    assert (attempts(layout), status_of(layout)) == ([1, 2, 2, 2], "finished")


@needs_proc
def test_a_rank_that_ended_well_before_another_one_came_shares_its_attempt(layout: RepoLayout) -> None:
    open_run(layout, RunRequest(HASH, name="n", job="j", is_new=True)).close("finished")
    second = open_run(layout, RunRequest(HASH, rank=1, job="j"))
    gone(layout, second)
    third = elsewhere(open_run(layout, RunRequest(HASH, rank=2, job="j")), age_s=STALLED_S)
    open_run(layout, RunRequest(HASH, rank=3, job="j")).close("finished")
    assert attempts(layout) == [1, 1, 1, 1]
    third.close("finished")


def test_of_another_host_a_fresh_heartbeat_counts_and_an_old_one_does_not(layout: RepoLayout) -> None:
    first = elsewhere(open_run(layout, RunRequest(HASH, name="n", is_new=True)))
    second = elsewhere(open_run(layout, RunRequest(HASH)))
    assert attempts(layout) == [1, 1]
    for writer in (first, second):
        silent_for(writer, STALLED_S + 5)
    open_run(layout, RunRequest(HASH)).close("finished")
    assert attempts(layout) == [1, 1, 2]
    for writer in (first, second):
        writer.close("finished")


def test_a_job_preempted_on_another_host_and_resumed_at_once_turns_out_to_have_been_over(layout: RepoLayout) -> None:
    preempted = elsewhere(open_run(layout, RunRequest(HASH, name="n", is_new=True)))
    abandon(preempted)
    resumed = open_run(layout, RunRequest(HASH))
    helper = open_run(layout, RunRequest(HASH))
    resumed.beat()
    assert attempts(layout) == [1, 1, 1]  # it may live still
    stamp = os.stat(preempted.marker.path).st_mtime
    assert resumed.look_around is not None
    silence_the_clock(layout, preempted, resumed, STALLED_S + 5, stamp)
    assert attempts(layout) == [1, 2, 2]
    assert resumed.attempt == 2
    helper.close("finished")
    resumed.close("finished")


def silence_the_clock(layout: RepoLayout, silent: RunWriter, looking: RunWriter, age_s: float, stamp: float) -> None:
    """Let `looking` look when the marker of `silent`, unchanged, is `age_s` old by the file system's present."""
    import aim.storage.writing.beside as beside

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beside, "fs_now", lambda layout: stamp + age_s)
        looking.beat()


def test_a_late_sign_of_life_takes_it_back(layout: RepoLayout) -> None:
    slow = elsewhere(open_run(layout, RunRequest(HASH, name="n", is_new=True)))
    resumed = open_run(layout, RunRequest(HASH))
    silence_the_clock(layout, slow, resumed, STALLED_S + 5, os.stat(slow.marker.path).st_mtime)
    assert attempts(layout) == [1, 2]
    slow.beat()
    resumed.beat()
    assert (attempts(layout), resumed.attempt) == ([1, 1], 1)
    assert resumed.look_around is None  # proven: it lived while we recorded
    slow.close("finished")
    resumed.close("finished")


def test_one_that_was_silent_when_we_opened_and_comes_back_is_recorded_beside(layout: RepoLayout) -> None:
    slow = elsewhere(open_run(layout, RunRequest(HASH, name="n", is_new=True)), age_s=STALLED_S + 5)
    resumed = open_run(layout, RunRequest(HASH))
    assert attempts(layout) == [1, 2]
    slow.close("finished")
    resumed.close("finished")  # looks once more
    assert attempts(layout) == [1, 1]


def test_a_heartbeat_after_we_opened_settles_it(layout: RepoLayout) -> None:
    other = elsewhere(open_run(layout, RunRequest(HASH, name="n", is_new=True)), age_s=15)
    joined = open_run(layout, RunRequest(HASH))
    other.beat()
    joined.beat()
    assert joined.look_around is None
    assert attempts(layout) == [1, 1]
    other.close("finished")
    joined.close("finished")


def test_a_marker_that_somebody_moved_away_as_dead_settles_it_too(layout: RepoLayout) -> None:
    other = elsewhere(open_run(layout, RunRequest(HASH, name="n", is_new=True)), age_s=15)
    abandon(other)
    joined = open_run(layout, RunRequest(HASH))
    other.marker.retire(time.time())
    joined.beat()
    assert (attempts(layout), joined.look_around) == ([1, 2], None)
    joined.close("finished")


def test_a_writer_whose_marker_was_removed_is_recorded_beside_as_nothing_proves_it_dead(layout: RepoLayout) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    os.unlink(first.marker.path)
    joined = open_run(layout, RunRequest(HASH))
    joined.beat()
    assert (attempts(layout), joined.look_around is None) == ([1, 1], False)
    first.beat()  # makes it again
    joined.beat()
    assert (attempts(layout), joined.look_around) == ([1, 1], None)
    os.unlink(first.marker.path)
    third = open_run(layout, RunRequest(HASH))
    first.close("finished")
    third.beat()
    assert (attempts(layout), third.look_around) == ([1, 1, 1], None)
    for writer in (joined, third):
        writer.close("finished")


def test_one_without_a_marker_that_shows_no_sign_of_life_was_over(layout: RepoLayout) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    os.unlink(first.marker.path)
    abandon(first)
    joined = open_run(layout, RunRequest(HASH))
    assert attempts(layout) == [1, 1]
    silence_the_clock(layout, first, joined, STALLED_S + 5, time.time())
    assert attempts(layout) == [1, 2]
    abandon(joined)


def test_one_without_a_marker_that_wrote_nothing_for_15_minutes_was_over(layout: RepoLayout) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    os.unlink(first.marker.path)
    abandon(first)
    then = time.time() - PRESUMED_DEAD_S - 5
    for name in os.listdir(layout.run_dir(HASH)):
        os.utime(os.path.join(layout.run_dir(HASH), name), (then, then))
    open_run(layout, RunRequest(HASH)).close("finished")
    assert attempts(layout) == [1, 2]


def test_automatic_steps_of_who_joins_go_on_after_the_highest_of_the_run(layout: RepoLayout) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    first.append_point(first.sequence("loss", None), 41, NO_EPOCH, 1.0)
    second = open_run(layout, RunRequest(HASH))
    assert second.sequence("loss", None).high == 42
    first.close("finished")
    second.close("finished")


def test_a_copy_of_a_run_has_the_same_attempts(layout: RepoLayout, tmp_path: Path) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    joined = open_run(layout, RunRequest(HASH))
    for writer in (first, joined):
        writer.close("finished")
    open_run(layout, RunRequest(HASH)).close("finished")
    other = create_repo(tmp_path / "other" / ".aim")
    copy_run(layout, other, HASH)
    assert attempts(other) == attempts(layout) == [1, 1, 2]
    assert state_of(other).writers == state_of(layout).writers


# -- a clock that is behind --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behind_s", [0.0, 86_400.0, 1e9])
def test_what_a_resumed_run_is_given_wins_though_the_clock_is_behind(layout: RepoLayout, behind_s: float) -> None:
    now = 2e9
    first = open_run(layout, RunRequest(HASH, name="one", is_new=True), clock=lambda: now)
    first.event({"type": "params", "path": ["lr"], "value": 0.1})
    first.event({"type": "tag", "add": ["a"]})
    first.close("finished")
    ticks = iter(range(100))
    second = open_run(layout, RunRequest(HASH), clock=lambda: now - behind_s + next(ticks))
    second.event({"type": "params", "path": ["lr"], "value": 0.2})
    with open_edit_writer(layout, HASH, clock=lambda: 5.0) as edit:
        edit.event({"type": "set", "field": "description", "value": "edited"})
    second.event({"type": "set", "field": "name", "value": "two"})
    second.event({"type": "set", "field": "description", "value": "later"})
    second.event({"type": "tag", "remove": ["a"]})
    sequence = second.sequence("loss", None)
    second.append_point(sequence, 0, NO_EPOCH, 1.0)
    second.close("finished")
    state = state_of(layout)
    assert (state.params, state.name, state.tags, state.description) == ({"lr": 0.2}, "two", [], "later")
    assert state.created_at == now
    closed = next(reversed([w for w in state.writers.values() if w.role == "train"])).closed
    assert closed is not None
    assert now < closed["time"] < now + 100


def test_a_run_with_an_event_of_the_last_moment_that_there_is_can_be_edited_and_gone_on_with(
    layout: RepoLayout,
) -> None:
    first = open_run(layout, RunRequest(HASH, name="n", is_new=True))
    first.event({"type": "set", "time": MAX_TIME_S, "field": "archived", "value": False})
    first.event({"type": "params", "path": ["lr"], "value": 0.1})
    first.close("finished")
    for number in range(12):  # the ids of ten and more come before that of nine, as texts
        with open_edit_writer(layout, HASH) as edit:
            edit.event({"type": "set", "field": "archived", "value": number % 2 == 0})
            edit.event({"type": "set", "field": "description", "value": str(number)})
        assert (state_of(layout).is_archived, state_of(layout).description) == (number % 2 == 0, str(number))
    second = open_run(layout, RunRequest(HASH))
    second.event({"type": "params", "path": ["lr"], "value": 0.2})
    second.close("finished")
    state = state_of(layout)
    assert (state.params, attempts(layout)[-1], status_of(layout)) == ({"lr": 0.2}, 2, "finished")
    assert state.unknown_events == 0


def test_points_of_a_resumed_run_have_the_time_that_the_clock_has(layout: RepoLayout) -> None:
    open_run(layout, RunRequest(HASH, name="n", is_new=True), clock=lambda: 2e9).close("finished")
    second = open_run(layout, RunRequest(HASH), clock=lambda: 1e9)
    second.append_point(second.sequence("loss", None), 0, NO_EPOCH, 1.0)
    second.close("finished")
    assert read_point_times(layout) == [1e9]
    assert sorted(os.listdir(layout.closed)) == ["2001-09-09", "2033-05-18"]


def read_point_times(layout: RepoLayout) -> list[float]:
    from aim.storage.reading.points import read_points

    files: Any = read_run(layout.run_dir(HASH), HASH)
    return [time for s in files.points for time in read_points(s.path, 0, s.size_bytes)["time"].tolist()]
