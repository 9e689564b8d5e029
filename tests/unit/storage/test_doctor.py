"""Corruptions are a table: what is done to a file, what the doctor calls it, how many points remain, what is mended."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from aim.schema.records import NO_EPOCH, POINT_RECORD, POINT_RECORD_BYTES
from aim.storage.care.checks import check_repo
from aim.storage.care.findings import KINDS, acknowledge
from aim.storage.care.repairs import repair
from aim.storage.care.trash import delete_run
from aim.storage.reading.streams import list_streams
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.writer import RunWriter, new_run_hash

POINTS = 10


def write_run(layout: RepoLayout, *, close: bool = True, points: int = POINTS) -> str:
    """A run of one writer; not closed, it is left as a killed process leaves it."""
    run_hash = new_run_hash()
    writer = RunWriter(layout, run_hash, opened={"role": "train", "attempt": 1, "name": "x", "experiment": "default"})
    writer.event({"type": "params", "path": [], "value": {"lr": 0.1}})
    loss = writer.sequence("loss", {"subset": "train"})
    for step in range(points):
        writer.append_point(loss, None, NO_EPOCH, 1.0 / (step + 1))
    if close:
        writer.close("finished")
    else:
        writer.events.release()
        writer.points.release()
        # the marker of a process that is no more
        text = Path(writer.marker.path).read_text().replace(f'"pid":{os.getpid()}', '"pid":1')
        Path(writer.marker.path).write_text(text)
    return run_hash


def stream(layout: RepoLayout, run_hash: str, kind: str) -> Path:
    return next(Path(s.path) for s in list_streams(layout.run_dir(run_hash)) if s.kind == kind)


@dataclass(frozen=True)
class Corruption:
    """One way in which a run goes wrong."""

    do: Callable[[Path, Path], None]
    """Given the points file and the events file."""
    kinds: set[str]
    points: int
    closed: bool = False
    mended: bool = False
    points_once_mended: int | None = None
    """Where a repair takes some away; they are kept aside."""


def _append(path: Path, data: bytes) -> None:
    path.write_bytes(path.read_bytes() + data)


def _cut(path: Path, size_bytes: int) -> None:
    path.write_bytes(path.read_bytes()[:-size_bytes])


def _overwrite(path: Path, offset: int, data: bytes) -> None:
    old = path.read_bytes()
    path.write_bytes(old[:offset] + data + old[offset + len(data) :])


def _drop_lines(path: Path, text: bytes) -> None:
    path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(True) if text not in line))


CORRUPTIONS = {
    "a part of a record at the end": Corruption(
        lambda p, e: _append(p, b"\1\0\0"), {"torn points"}, POINTS, mended=True
    ),
    "cut inside the last record": Corruption(lambda p, e: _cut(p, 5), {"torn points"}, POINTS - 1, mended=True),
    "a closed run cut inside the last record": Corruption(
        lambda p, e: _cut(p, 5), {"torn points", "points missing"}, POINTS - 1, closed=True
    ),
    "a closed run that lost two points": Corruption(
        lambda p, e: _cut(p, 64), {"points missing"}, POINTS - 2, closed=True
    ),
    "a closed run whose points are gone": Corruption(lambda p, e: p.unlink(), {"points missing"}, 0, closed=True),
    "points written after the close": Corruption(
        lambda p, e: _append(p, POINT_RECORD.pack(1, NO_EPOCH, 99, 1.0, 1.0)),
        {"points beyond close"},
        POINTS + 1,
        closed=True,
        mended=True,
        points_once_mended=POINTS,
    ),
    "a tail of zeros after the close": Corruption(
        lambda p, e: _append(p, bytes(96)), {"zero tail", "points beyond close"}, POINTS, closed=True, mended=True
    ),
    "garbage after the close": Corruption(
        lambda p, e: _append(p, b"\xfe" * 70),
        {"undeclared points", "points beyond close", "torn points"},
        POINTS,
        closed=True,
        mended=True,
    ),
    "a closed run whose end is zeros": Corruption(
        lambda p, e: _overwrite(p, POINTS * POINT_RECORD_BYTES - 64, bytes(64)), {"zero tail"}, POINTS - 2, closed=True
    ),
    "a tail of zeros": Corruption(lambda p, e: _append(p, bytes(96)), {"zero tail"}, POINTS, mended=True),
    "a tail of zeros that ends inside a record": Corruption(
        lambda p, e: _append(p, bytes(70)), {"zero tail", "torn points"}, POINTS, mended=True
    ),
    "a hole of zeros": Corruption(lambda p, e: _overwrite(p, 64, bytes(64)), {"hole"}, POINTS - 2, closed=True),
    "a sequence id that nobody declared": Corruption(
        lambda p, e: _overwrite(p, 32, b"\7\0\0\0"), {"undeclared points"}, POINTS - 1, closed=True
    ),
    "a reserved sequence id": Corruption(
        lambda p, e: _overwrite(p, 32, b"\xff\xff\xff\xff"), {"undeclared points"}, POINTS - 1
    ),
    "the declarations are gone": Corruption(lambda p, e: _drop_lines(e, b'"sequence"'), {"undeclared points"}, 0),
    "the events are gone": Corruption(lambda p, e: e.unlink(), {"undeclared points", "no opened event"}, 0),
    "the first event is gone": Corruption(lambda p, e: _drop_lines(e, b'"opened"'), {"no opened event"}, POINTS),
    "a torn line": Corruption(lambda p, e: _append(e, b'{"type":"par'), {"torn event"}, POINTS, mended=True),
    "a line without its end": Corruption(
        lambda p, e: _append(e, b'{"type":"tag","time":1.0,"add":["x"]}'), {"torn event"}, POINTS, mended=True
    ),
    "zeros after the events": Corruption(lambda p, e: _append(e, bytes(100)), {"torn event"}, POINTS, mended=True),
    "a line of garbage": Corruption(lambda p, e: _append(e, b"\xff\xfe{]\n"), {"unreadable events"}, POINTS),
    "a line that is no event": Corruption(lambda p, e: _append(e, b'[1]\n{"a":1}\n'), {"unreadable events"}, POINTS),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_is_named_counted_and_mended_where_it_can_be(name: str, repo_path: Path) -> None:
    corruption = CORRUPTIONS[name]
    layout = create_repo(repo_path)
    write_run(layout)  # a sound one beside it
    run_hash = write_run(layout, close=corruption.closed)
    points, events = stream(layout, run_hash, "points"), stream(layout, run_hash, "events")
    corruption.do(points, events)

    check = check_repo(layout)

    assert {finding.kind for finding in check.damage} == corruption.kinds
    assert check.points == POINTS + corruption.points

    repaired = repair(layout, check.findings)
    again = check_repo(layout)
    assert all("failed" not in text for _, text in repaired)
    assert again.points == POINTS + (corruption.points_once_mended or corruption.points)
    assert (not again.damage) == corruption.mended

    acknowledge(layout, again.findings)
    known = check_repo(layout)
    assert (known.damage, len(known.acknowledged)) == ([], len(again.damage))


def test_more_of_what_was_acknowledged_is_new_damage(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    points = stream(layout, write_run(layout), "points")
    _overwrite(points, 64, bytes(32))
    assert acknowledge(layout, check_repo(layout).findings) == 1
    assert check_repo(layout).damage == []
    _overwrite(points, 128, bytes(32))
    assert [(f.kind, f.count) for f in check_repo(layout).damage] == [("hole", 2)]


def test_run_removed_by_hand_is_a_note(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    kept, gone, trashed = write_run(layout), write_run(layout), write_run(layout)
    shutil.rmtree(layout.run_dir(gone))
    delete_run(layout, trashed)
    check = check_repo(layout)
    assert [(f.kind, f.count, f.detail, f.is_damage) for f in check.findings] == [("removed run", 1, gone, False)]
    assert check.runs == 1 and os.listdir(layout.runs) == [kept]


def test_sound_repo_has_no_findings(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    for _ in range(3):
        write_run(layout)
    check = check_repo(layout)
    assert (check.findings, check.runs, check.writers, check.points) == ([], 3, 3, 3 * POINTS)


def test_killed_run_is_no_damage_and_its_marker_can_be_retired(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    write_run(layout, close=False)
    check = check_repo(layout)
    assert [finding.kind for finding in check.findings] == ["stale marker"]
    repair(layout, check.findings)
    assert os.listdir(layout.active) == []
    assert check_repo(layout).findings == []


def test_end_of_a_live_file_is_not_judged(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    writer = RunWriter(layout, new_run_hash(), opened={"role": "train"})
    writer.append_point(writer.sequence("loss", {}), None, NO_EPOCH, 1.0)
    _append(Path(writer.points.path), b"\1\0")
    check = check_repo(layout)
    assert (check.findings, check.live_runs, check.points) == ([], 1, 1)
    writer.close("finished")


def test_cut_off_tail_is_kept_aside(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    points = stream(layout, write_run(layout, close=False), "points")
    whole = points.read_bytes()
    _append(points, b"torn tail")
    repair(layout, check_repo(layout).findings)
    assert points.read_bytes() == whole
    kept = list(Path(layout.root, "aside").rglob("*.points.from-*"))
    assert [path.read_bytes() for path in kept] == [b"torn tail"]
    assert kept[0].name.endswith(f".from-{POINTS * POINT_RECORD_BYTES}")


def _say_size(layout: RepoLayout, run_hash: str, size: str) -> None:
    events = stream(layout, run_hash, "events")
    lines = events.read_text().replace(f'"points":{POINTS * POINT_RECORD_BYTES}', f'"points":{size}')
    assert f'"points":{size}' in lines
    events.write_text(lines)


@pytest.mark.parametrize("size", ["-32", "-1180591620717411303424", "9007199254740993", "1e300", '"x"'])
def test_a_size_that_is_none_is_named_and_nothing_is_cut_or_kept(size: str, repo_path: Path) -> None:
    layout = create_repo(repo_path)
    run_hash = write_run(layout)
    _say_size(layout, run_hash, size)
    torn = stream(layout, write_run(layout, close=False), "points")
    _append(torn, b"torn tail")
    check = check_repo(layout)
    assert [f.kind for f in check.damage if f.run == run_hash] == ["unreadable events"]
    repair(layout, check.findings)
    assert stream(layout, run_hash, "points").stat().st_size == POINTS * POINT_RECORD_BYTES
    assert torn.stat().st_size == POINTS * POINT_RECORD_BYTES
    assert (
        len([path for path in Path(layout.root, "aside").rglob("*") if path.is_file() and run_hash in str(path)]) == 0
    )


@pytest.mark.parametrize("error", [OSError(22, "Invalid argument"), OverflowError("int too big to convert")])
def test_a_repair_that_fails_keeps_nothing_and_the_others_are_made(
    error: Exception, repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = create_repo(repo_path)
    torn = [stream(layout, write_run(layout, close=False), "points") for _ in range(2)]
    for path in torn:
        _append(path, b"torn tail")
    findings = check_repo(layout).findings
    failing = next(f.path for f in findings if f.kind == "torn points")
    truncate, inode = os.ftruncate, os.stat(failing).st_ino

    def refuse(fd: int, size: int) -> None:
        if os.fstat(fd).st_ino == inode:
            raise error
        truncate(fd, size)

    monkeypatch.setattr(os, "ftruncate", refuse)
    done = [text for finding, text in repair(layout, findings) if finding.kind == "torn points"]
    assert done[0].startswith("failed: ") and done[1].startswith("cut 9 bytes")
    assert len(list(Path(layout.root, "aside").rglob("*.points.from-*"))) == 1


@pytest.mark.parametrize(
    ("kind", "tail"),
    [("points", b"torn"), ("events", b"torn"), ("events", b'{"type":"tag","time":1.0,"add":["x"]}')],
    ids=["points", "a torn line", "a line without its end"],
)
def test_a_file_that_has_another_name_is_mended_as_a_copy(
    kind: str, tail: bytes, repo_path: Path, tmp_path: Path
) -> None:
    layout = create_repo(repo_path)
    path = stream(layout, write_run(layout, close=False), kind)
    _append(path, tail)
    backup = tmp_path / "backup"
    os.link(path, backup)
    whole = backup.read_bytes()
    repair(layout, check_repo(layout).findings)
    assert backup.read_bytes() == whole
    assert check_repo(layout).findings == [] and path.stat().st_ino != backup.stat().st_ino
    assert not list(path.parent.glob("*.tmp"))
    for kept in Path(layout.root, "aside").rglob(f"{path.name}*"):
        assert kept.read_bytes() == whole


def test_marker_of_a_run_that_is_gone_is_orphaned_and_moved_aside(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    run_hash = write_run(layout, close=False)
    shutil.rmtree(layout.run_dir(run_hash))
    check = check_repo(layout)
    assert [(f.kind, f.run) for f in check.damage] == [("orphaned marker", run_hash)]
    repair(layout, check.findings)
    assert check_repo(layout).findings == []


def test_what_was_beyond_the_close_is_kept_aside(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    points = stream(layout, write_run(layout), "points")
    whole = points.read_bytes()
    _append(points, b"x" * 70)
    repair(layout, check_repo(layout).findings)
    assert points.read_bytes() == whole
    kept = sorted(Path(layout.root, "aside").rglob("*.points.from-*"), key=lambda path: path.name)
    assert b"".join(path.read_bytes() for path in kept) == b"x" * 70


@pytest.mark.parametrize("content", [b"", b"99", b"1.2\n", b"one", b"\xff\xfe", None, "a directory"])
def test_wrong_version_is_damage_and_a_lost_one_is_written_again(content: bytes | str | None, repo_path: Path) -> None:
    layout = create_repo(repo_path)
    os.unlink(layout.version_path)
    if isinstance(content, str):
        os.mkdir(layout.version_path)
    elif content is not None:
        Path(layout.version_path).write_bytes(content)
    check = check_repo(layout)
    assert [finding.kind for finding in check.damage] == ["version"]
    repair(layout, check.findings)
    # a repo of another version, or of Aim 3, stays what it is
    assert [finding.kind for finding in check_repo(layout).damage] == (
        ["version"] if content in (b"99", b"1.2\n") else []
    )


def test_unreadable_config_is_damage_and_is_moved_aside(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    Path(layout.config_path).write_text("{")
    check = check_repo(layout)
    assert [finding.kind for finding in check.damage] == ["config"]
    repair(layout, check.findings)
    assert check_repo(layout).findings == []
    assert [path.read_text() for path in Path(layout.root, "aside").rglob("config.json")] == ["{"]


def test_unknown_files_are_noted_and_left_alone(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    run_hash = write_run(layout)
    strangers = [
        Path(layout.root, "stranger"),
        Path(layout.runs, "not-a-run"),
        Path(layout.active, "stranger"),
        Path(layout.run_dir(run_hash), "notes.txt"),
    ]
    for path in strangers:
        path.write_text("hello")
    check = check_repo(layout)
    assert (check.damage, {Path(f.path) for f in check.findings}) == ([], set(strangers))
    assert repair(layout, check.findings) == []
    assert all(path.exists() for path in strangers)


def test_losses_that_a_writer_counted_are_reported(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    writer = RunWriter(layout, new_run_hash(), opened={"role": "train"})
    writer.count_rejected(3)
    writer.close("finished")
    check = check_repo(layout)
    assert [(f.kind, f.detail) for f in check.findings] == [("recorded loss", "3 calls rejected")]
    assert (check.damage, check.loss.rejected) == ([], 3)


def test_progress_counts_runs(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    write_run(layout)
    write_run(layout)
    seen: list[tuple[int, int]] = []
    check_repo(layout, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_every_kind_is_found_by_some_test() -> None:
    found = set().union(*(corruption.kinds for corruption in CORRUPTIONS.values()))
    elsewhere = {"version", "config", "orphaned marker", "unreadable", "events missing", "not a file"}
    assert found | elsewhere == {kind for kind, (is_damage, _) in KINDS.items() if is_damage}


def test_events_cut_from_a_closed_run(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    events = stream(layout, write_run(layout), "events")
    _drop_lines(events, b'"params"')
    assert {finding.kind for finding in check_repo(layout).damage} <= {"events missing"}


def test_tail_of_a_file_written_long_ago_without_any_marker(repo_path: Path) -> None:
    layout = create_repo(repo_path)
    points = stream(layout, write_run(layout, close=False), "points")
    _append(points, b"torn")
    for name in os.listdir(layout.active):
        os.unlink(os.path.join(layout.active, name))
    old = time.time() - 3600
    os.utime(points, (old, old))
    assert [finding.kind for finding in check_repo(layout).damage] == ["torn points"]


@pytest.mark.parametrize("folder", ["active", "closed", "closed/2026-01-01", "names", "trash", "views"])
@pytest.mark.parametrize("lay", [os.mkfifo, lambda path: os.symlink("/tmp", path)], ids=["pipe", "link"])
def test_links_and_pipes_anywhere_are_named_and_moved_aside(
    repo_path: Path, folder: str, lay: Callable[[str], None]
) -> None:
    layout = create_repo(repo_path)
    write_run(layout)
    path = Path(layout.root, folder, f"{'a' * 24}.1-00000001")
    path.parent.mkdir(exist_ok=True)
    lay(str(path))
    check = check_repo(layout)
    assert [(f.kind, f.path) for f in check.damage] == [("not a file", str(path))]
    repair(layout, check.findings)
    assert not os.path.lexists(path)
    assert not check_repo(layout).findings
