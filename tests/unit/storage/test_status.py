"""Status: each rule, with events and markers made by hand."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from aim.schema.records import NO_EPOCH, POINT_RECORD
from aim.schema.runstate import LossLedger, RunState, merge_events
from aim.storage.reading.life import last_point_at
from aim.storage.reading.runs import run_status
from aim.storage.reading.status import (
    PRESUMED_DEAD_S,
    STALLED_S,
    Marker,
    Status,
    derive_status,
    find_closed_marker,
    marker_status,
    read_active_markers,
    read_marker,
    retire_dead,
)
from aim.storage.repo import files
from aim.storage.repo.clock import fs_now
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.markers import MARKER_BYTES, MarkerFile, closed_day, parse_marker
from aim.storage.repo.process import boot_id, host_name, pid_namespace, process_is_gone, process_start
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.open_run import open_run
from aim.storage.writing.request import RunRequest

HASH = "0123456789abcdef01234567"
A, B, EDIT = "1-aaaaaaaa", "2-bbbbbbbb", "3-eeeeeeee"
NOW = 1_000_000.0


def opened(time: float, /, **keys: Any) -> dict[str, Any]:
    return {"type": "opened", "time": time, **keys}


def closed(time: float, reason: str, /, **keys: Any) -> dict[str, Any]:
    return {"type": "closed", "time": time, "reason": reason, **keys}


def said(time: float, value: str) -> dict[str, Any]:
    return {"type": "status", "time": time, "value": value}


def run(**streams: list[dict[str, Any]]) -> RunState:
    return merge_events(HASH, [({"a": A, "b": B, "edit": EDIT}[key], events) for key, events in streams.items()])


def marker(writer: str = A, *, age_s: float = 0.0, folder: str = "active", **fields: Any) -> Marker:
    """By default of another host, so that nobody can look whether its process lives."""
    fields = {"host": "elsewhere", "boot": "another boot", "pid_ns": "pid:[1]", "pid": 7, "start": "5", **fields}
    return Marker(HASH, writer, f"/repo/.aim/{folder}/{HASH}.{writer}", NOW - age_s, **fields)


def local(pid: int, start: str) -> dict[str, Any]:
    return {"boot": boot_id(), "pid_ns": pid_namespace(), "pid": pid, "start": start}


def mine() -> dict[str, Any]:
    return local(os.getpid(), process_start(os.getpid()))


def dead() -> dict[str, Any]:
    """The id of a process that is gone."""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    return local(child.pid, "1")


needs_proc = pytest.mark.skipif(not boot_id(), reason="processes can be looked for under /proc only")


# -- while it runs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (-2 * 86_400.0, "crashed"),
        (-100.0, "running"),
        (0.0, "running"),
        (STALLED_S - 1, "running"),
        (STALLED_S, "stalled"),
        (PRESUMED_DEAD_S, "stalled"),
        (PRESUMED_DEAD_S + 1, "crashed"),
    ],
)
def test_process_elsewhere_is_judged_by_its_heartbeat(age_s: float, expected: str) -> None:
    assert marker_status(marker(age_s=age_s), NOW) == expected


@needs_proc
@pytest.mark.parametrize(
    ("age_s", "expected"), [(0.0, "running"), (STALLED_S + 1, "stalled"), (30 * PRESUMED_DEAD_S, "stalled")]
)
def test_process_that_is_seen_to_live_never_counts_as_crashed(age_s: float, expected: str) -> None:
    assert marker_status(marker(age_s=age_s, **mine()), NOW) == expected


@needs_proc
def test_process_that_is_gone_has_crashed_at_once() -> None:
    assert marker_status(marker(**dead()), NOW) == "crashed"


@needs_proc
def test_another_process_with_the_same_id_is_not_the_one() -> None:
    assert marker_status(marker(**local(os.getpid(), "1")), NOW) == "crashed"


@needs_proc
@pytest.mark.parametrize(
    "differing",
    [
        {"boot": "another"},
        {"pid_ns": "another"},
        {"boot": ""},
        {"pid_ns": ""},
        {"start": ""},
        {"pid": 0},
        {"pid": 2**70},
    ],
)
def test_process_of_another_boot_or_container_is_not_looked_for(differing: dict[str, str]) -> None:
    fields = {**dead(), **differing}
    assert not process_is_gone(boot=fields["boot"], pid_ns=fields["pid_ns"], pid=fields["pid"], start=fields["start"])
    assert marker_status(marker(**fields), NOW) == "running"


@needs_proc
def test_process_that_ended_but_was_not_waited_for_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"], stdout=subprocess.PIPE)
    start = process_start(child.pid)
    assert child.stdout is not None
    child.stdout.read()  # at its end
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still there
    try:
        assert process_is_gone(boot=boot_id(), pid_ns=pid_namespace(), pid=child.pid, start=start)
    finally:
        child.wait()


def test_run_is_as_lively_as_its_liveliest_writer() -> None:
    state = run(a=[opened(1.0)], b=[opened(2.0, rank=1)])
    assert derive_status(state, [marker(age_s=300), marker(B)], NOW) == Status("running")
    assert derive_status(state, [marker(age_s=300), marker(B, age_s=1e6)], NOW) == Status("stalled")


def test_run_with_one_writer_closed_and_one_open_still_runs() -> None:
    state = run(a=[opened(1.0), closed(3.0, "failed")], b=[opened(2.0, rank=1)])
    assert derive_status(state, [marker(B)], NOW).is_active


def test_marker_of_another_run_does_not_count() -> None:
    other = Marker("f" * 24, A, f"/repo/.aim/active/{'f' * 24}.{A}", NOW, boot="x")
    assert derive_status(run(a=[opened(1.0)]), [other], NOW).value == "crashed"


# -- ended -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["finished", "failed", "interrupted"])
def test_closed_run_ended_as_it_says(reason: str) -> None:
    state = run(a=[opened(1.0), closed(3.0, reason, exit_code=3, error={"type": "ValueError", "message": "no"})])
    assert derive_status(state, [], NOW) == Status(reason, 3.0, 3, "ValueError", "no")


def test_closed_counts_more_than_a_marker_left_in_active() -> None:
    state = run(a=[opened(1.0), closed(3.0, "finished")])
    assert derive_status(state, [marker()], NOW) == Status("finished", 3.0)


@pytest.mark.parametrize("reason", [None, 5, "exploded", ["failed"], {}])
def test_closed_for_a_reason_unknown_to_us_is_finished(reason: Any) -> None:
    assert derive_status(run(a=[opened(1.0), closed(3.0, reason)]), [], NOW).value == "finished"


@pytest.mark.parametrize("damaged", [{"exit_code": "1", "error": "text"}, {"exit_code": None, "error": {"type": 5}}])
def test_damaged_closed_event_still_tells_the_reason(damaged: dict[str, Any]) -> None:
    status = derive_status(run(a=[opened(1.0), closed(3.0, "failed", **damaged)]), [], NOW)
    assert (status.value, status.ended_at, status.exit_code) == ("failed", 3.0, None)


def test_writer_without_an_end_and_without_a_marker_has_crashed() -> None:
    assert derive_status(run(a=[opened(1.0), {"type": "tag", "time": 2.0, "add": ["x"]}]), [], NOW) == Status(
        "crashed", 2.0
    )


def test_crashed_run_ended_with_its_last_sign_of_life() -> None:
    assert derive_status(run(a=[opened(1.0)]), [marker(age_s=5_000)], NOW) == Status("crashed", NOW - 5_000)


def test_marker_in_closed_without_a_reason_is_that_of_a_process_proven_dead() -> None:
    state = run(a=[opened(1.0)])
    assert derive_status(state, [marker(folder="closed/1970-01-12", age_s=50)], NOW) == Status("crashed", NOW - 50)


@pytest.mark.parametrize(("reason", "expected"), [("failed", "failed"), ("finished", "finished"), ("odd", "finished")])
def test_marker_tells_the_reason_where_the_events_could_not(reason: str, expected: str) -> None:
    found = marker(folder="closed/1970-01-12", reason=reason)
    assert derive_status(run(a=[opened(1.0)]), [found], NOW) == Status(expected, NOW)


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (("finished", "failed"), "failed"),
        (("interrupted", "finished"), "interrupted"),
        (("interrupted", "failed"), "failed"),
        (("finished", "finished"), "finished"),
    ],
)
def test_ranks_of_one_attempt_end_as_the_worst_of_them(reasons: tuple[str, str], expected: str) -> None:
    state = run(a=[opened(1.0), closed(3.0, reasons[0])], b=[opened(1.0, rank=1), closed(4.0, reasons[1])])
    assert derive_status(state, [], NOW) == Status(expected, 4.0)


def test_crashed_rank_is_worse_than_an_interrupted_one_and_better_than_a_failed_one() -> None:
    crashed = [opened(1.0, rank=1)]
    interrupted, failed = ([opened(1.0), closed(3.0, reason)] for reason in ("interrupted", "failed"))
    assert derive_status(run(a=interrupted, b=crashed), [], NOW).value == "crashed"
    assert derive_status(run(a=failed, b=crashed), [], NOW).value == "failed"


def test_resumed_run_ends_as_its_last_attempt() -> None:
    state = run(a=[opened(1.0), closed(3.0, "failed")], b=[opened(4.0, attempt=2), closed(5.0, "finished")])
    assert derive_status(state, [], NOW) == Status("finished", 5.0, pauses_s=1.0)


def joined(time: float, /, **keys: Any) -> dict[str, Any]:
    """A writer that found A at work."""
    return opened(time, beside=[A], **keys)


def test_how_a_training_ended_is_told_by_it_and_not_by_who_joined_it() -> None:
    well, killed = [opened(1.0), closed(5.0, "finished")], [opened(1.0)]
    guest_well, guest_killed = [joined(2.0), closed(3.0, "finished")], [joined(2.0)]
    assert derive_status(run(a=killed, b=guest_well), [], NOW).value == "crashed"
    assert derive_status(run(a=well, b=guest_killed), [], NOW).value == "finished"
    assert derive_status(run(a=well, b=[joined(2.0, rank=1)]), [], NOW).value == "crashed"  # a rank of its own


def test_run_with_a_guest_still_at_work_runs_on() -> None:
    state = run(a=[opened(1.0), closed(3.0, "failed")], b=[joined(2.0)])
    assert derive_status(state, [marker(B)], NOW) == Status("running")
    assert derive_status(state, [marker(B, folder="closed/1970-01-12")], NOW) == Status("failed", NOW)


def test_silent_writer_of_an_earlier_attempt_holds_up_no_end() -> None:
    state = run(a=[opened(1.0)], b=[opened(4.0, attempt=2, beside=[]), closed(5.0, "finished")])
    assert derive_status(state, [marker(age_s=STALLED_S + 1)], NOW) == Status("finished", 5.0)
    assert derive_status(state, [marker(age_s=1)], NOW) == Status("running")


def test_edits_do_not_change_how_a_run_ended() -> None:
    state = run(a=[opened(1.0), closed(3.0, "failed")], edit=[opened(9.0, role="edit"), closed(10.0, "finished")])
    assert derive_status(state, [], NOW) == Status("failed", 3.0)
    state = run(a=[opened(1.0)], edit=[opened(9.0, role="edit"), closed(10.0, "finished")])
    assert derive_status(state, [], NOW) == Status("crashed", 1.0)


def test_open_edit_does_not_make_a_run_run() -> None:
    state = run(a=[opened(1.0), closed(3.0, "failed")], edit=[opened(9.0, role="edit")])
    assert not derive_status(state, [marker(EDIT)], NOW).is_active


def test_run_known_by_edits_only_is_finished() -> None:
    assert derive_status(run(edit=[opened(9.0, role="edit")]), [], NOW) == Status("finished", 9.0)


def test_how_a_run_ended_may_be_said_long_after_it_did() -> None:
    state = run(a=[opened(1.0)], edit=[said(NOW - 10, "interrupted")])
    assert derive_status(state, [marker(age_s=5_000)], NOW) == Status("interrupted", NOW - 5_000)
    assert derive_status(state, [marker(age_s=1)], NOW) == Status("interrupted", NOW - 10)
    state = run(a=[opened(1.0), closed(3.0, "failed")], edit=[said(9.0, "finished")])
    assert derive_status(state, [], NOW) == Status("finished", 3.0)


def test_status_said_by_somebody_counts_until_a_writer_opens_later() -> None:
    crashed = [opened(1.0)]
    assert derive_status(run(a=crashed, edit=[said(5.0, "interrupted")]), [], NOW) == Status("interrupted", 5.0)
    again = run(a=crashed, edit=[said(5.0, "interrupted")], b=[opened(6.0, attempt=2)])
    assert derive_status(again, [marker(B)], NOW) == Status("running", pauses_s=5.0)


@pytest.mark.parametrize("value", ["running", "stalled", "odd", ""])
def test_only_an_end_can_be_said(value: str) -> None:
    assert derive_status(run(a=[opened(1.0)], edit=[said(5.0, value)]), [], NOW).value == "crashed"


# -- markers on disk ---------------------------------------------------------------------------------------------------


@pytest.fixture
def layout(tmp_path: Path) -> RepoLayout:
    return create_repo(tmp_path)


def test_marker_is_read_as_it_was_written(layout: RepoLayout) -> None:
    file = MarkerFile(layout, HASH, A, 5.5)
    file.write()
    file.write(lost_points=3, rejected=2, reason="failed")
    assert os.path.getsize(file.path) == MARKER_BYTES
    (found,) = read_active_markers(layout)
    assert found == Marker(
        HASH,
        A,
        file.path,
        os.stat(file.path).st_mtime,
        host=host_name(),
        opened_at=5.5,
        reason="failed",
        lost_points=3,
        rejected=2,
        **mine(),
    )
    assert found.loss == LossLedger(lost_points=3, rejected=2)


def test_marker_stays_of_one_size_whatever_it_counts(layout: RepoLayout) -> None:
    file = MarkerFile(layout, HASH, A, time.time())
    file.write()
    file.write(lost_points=10**15, lost_events=10**15, rejected=10**15, unsynced=10**15, reason="interrupted")
    assert os.path.getsize(file.path) == MARKER_BYTES
    assert read_active_markers(layout)[0].unsynced == 10**15


def test_retired_marker_lies_in_the_folder_of_its_day(layout: RepoLayout) -> None:
    file = MarkerFile(layout, HASH, A, 0.0)
    file.write()
    file.retire(86_400.0 * 2 + 5)
    assert read_active_markers(layout) == []
    assert os.listdir(layout.closed) == ["1970-01-03"]
    found = find_closed_marker(layout, HASH, A)
    assert found is not None
    assert (found.run, found.writer) == (HASH, A)


def test_of_two_closed_markers_the_later_day_is_found(layout: RepoLayout) -> None:
    for day in (1, 3, 2):
        file = MarkerFile(layout, HASH, A, 0.0)
        file.write(lost_points=day)
        file.retire(86_400.0 * day)
    found = find_closed_marker(layout, HASH, A)
    assert found is not None
    assert found.lost_points == 3
    assert find_closed_marker(layout, HASH, B) is None


def test_marker_knows_the_file_that_it_was_written_to_from_a_copy(layout: RepoLayout) -> None:
    file = MarkerFile(layout, HASH, A, 0.0)
    file.write()
    os.rename(file.path, f"{file.path}.tmp")  # so that the inode is in use, and the copy gets another one
    Path(file.path).write_bytes(Path(f"{file.path}.tmp").read_bytes())
    (copy,) = read_active_markers(layout)
    assert copy.is_copy
    file.write()
    assert not read_active_markers(layout)[0].is_copy


def test_heartbeat_is_the_time_of_the_marker_and_makes_it_again_if_it_was_removed(layout: RepoLayout) -> None:
    file = MarkerFile(layout, HASH, A, 0.0)
    file.write()
    os.utime(file.path, (0, 0))
    assert read_active_markers(layout)[0].mtime == 0
    file.beat()
    assert read_active_markers(layout)[0].mtime > 1e9
    os.unlink(file.path)
    file.beat()
    assert len(read_active_markers(layout)) == 1


@pytest.mark.parametrize(
    "text", ["", " " * 512, "{", "[]", "5", "\xff", '{"pid": "x", "lost_points": true, "start": 5}']
)
def test_damaged_marker_is_one_that_says_nothing(text: str, layout: RepoLayout) -> None:
    Path(layout.active, f"{HASH}.{A}").write_text(text, encoding="latin-1")
    (found,) = read_active_markers(layout)
    assert (found.pid, found.start, found.lost_points, bool(found.loss)) == (0, "", 0, False)
    assert marker_status(found, found.mtime) == "running"
    assert not retire_dead(layout, found)


def test_other_files_among_the_markers_are_passed_over(layout: RepoLayout) -> None:
    Path(layout.active, "README").touch()
    Path(layout.active, f"{HASH}.{A}").mkdir()
    assert read_active_markers(layout) == []
    with files.open_folder(layout.root, layout.active) as active:
        assert read_marker(active, f"{HASH}.{B}") is None
    assert read_active_markers(RepoLayout("/nowhere/.aim")) == []


@needs_proc
def test_marker_of_a_dead_process_is_moved_by_who_finds_it(layout: RepoLayout) -> None:
    path = layout.marker_path(HASH, A)
    fields = dead()
    file = MarkerFile(layout, HASH, A, 0.0)
    file.write(**fields)
    os.utime(path, (NOW, NOW))
    (found,) = read_active_markers(layout)
    assert retire_dead(layout, found)
    assert os.listdir(layout.active) == []
    moved = find_closed_marker(layout, HASH, A)
    assert moved is not None
    assert moved.mtime == NOW
    assert os.path.basename(os.path.dirname(moved.path)) == closed_day(NOW)
    assert not retire_dead(layout, found)


def test_marker_of_a_living_process_stays(layout: RepoLayout) -> None:
    MarkerFile(layout, HASH, A, 0.0).write()
    (found,) = read_active_markers(layout)
    assert not retire_dead(layout, found)
    assert len(read_active_markers(layout)) == 1


def test_present_is_that_of_the_file_system(layout: RepoLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(layout.root, "file")
    path.touch()
    monkeypatch.setattr(time, "time", lambda: 5.0)
    assert fs_now(layout) >= path.stat().st_mtime
    assert fs_now(RepoLayout("/nowhere/.aim")) == 5.0


def test_marker_text_is_read_or_nothing() -> None:
    assert parse_marker(b'{"pid":5}     \n') == {"pid": 5}
    assert parse_marker(b"[1]") == {}
    assert parse_marker(b"[" * 100_000) == {}


# -- when a killed run ended, and how long it took ---------------------------------------------------------------------


@pytest.mark.parametrize("has_marker", [True, False], ids=["with its marker", "copied without it"])
def test_killed_run_ended_with_its_last_point(layout: RepoLayout, has_marker: bool) -> None:
    ticks = iter(float(second) for second in range(1000, 9999))
    writer = open_run(layout, RunRequest(HASH, name="n", is_new=True), clock=lambda: next(ticks))
    sequence = writer.sequence("loss", None)
    for step in range(70):
        writer.append_point(sequence, step, NO_EPOCH, 1.0)
    state = run_status(layout, HASH)[0]
    (found,) = read_active_markers(layout)
    folder = Path(layout.run_dir(HASH))
    (points,) = folder.glob("*.points")
    *_, last = POINT_RECORD.iter_unpack(points.read_bytes())
    with points.open("ab") as file:
        file.write(bytes(320) + b"torn")  # what a power cut leaves
    (writer_id,) = state.writers
    silent = Marker(HASH, writer_id, found.path, 1000.0, boot="x")
    ended = derive_status(
        state, [silent] if has_marker else [], NOW, last_point=lambda name: last_point_at(str(folder), name)
    )
    assert ended == Status("crashed", last[3])
    writer.close("finished")


def test_end_that_was_said_counts_more_than_the_times_of_points() -> None:
    state = run(a=[opened(1.0), closed(3.0, "finished")])
    assert derive_status(state, [], NOW, last_point=lambda writer: 9.0) == Status("finished", 3.0)


def test_points_from_a_clock_that_is_years_ahead_say_nothing_of_the_end() -> None:
    state = run(a=[opened(1.0)])
    assert derive_status(state, [marker(age_s=5_000)], NOW, last_point=lambda writer: 4e9).ended_at == NOW - 5_000


def test_pauses_between_attempts_are_those_in_which_no_writer_was() -> None:
    first, again = [opened(1.0), closed(3.0, "failed")], [opened(10.0, attempt=2, beside=[]), closed(12.0, "finished")]
    assert derive_status(run(a=first, b=again), [], NOW).pauses_s == 7.0
    killed = [opened(1.0)]
    points = {A: 5.0}
    assert derive_status(run(a=killed, b=again), [], NOW, last_point=points.get).pauses_s == 5.0
    assert derive_status(run(a=killed, b=again[:1]), [marker(B)], NOW, last_point=points.get) == Status(
        "running", pauses_s=5.0
    )
    side_by_side = [opened(1.0), closed(30.0, "finished")]
    assert derive_status(run(a=side_by_side, b=again), [], NOW).pauses_s == 0.0
