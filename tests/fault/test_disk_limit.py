"""A disk that takes a part of a write and then nothing: RLIMIT_FSIZE at every byte, as a quota or a full disk would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aim.storage.reading.status import read_active_markers
from tests.fault.support import layout_of, only_run, read_back, run_child, said, start_child, warnings_in

_LIMIT = """
import json, os, resource, sys
import aim
from aim.schema.names import canonical_context

UNLIMITED = resource.getrlimit(resource.RLIMIT_FSIZE)

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, UNLIMITED[1]))

def lift():
    resource.setrlimit(resource.RLIMIT_FSIZE, UNLIMITED)

def size_of(run, suffix):
    writer = run._recorder.writer
    return os.stat(os.path.join(writer.run_dir, f"{writer.id}.{suffix}")).st_size
"""

_ONE_POINT = (
    _LIMIT
    + """
answers = []
for torn in range(32):
    run = aim.Run()
    before = [float(i) for i in range(100)]  # more bytes than a marker has: the limit is on every file
    for value in before:
        run.track(value, "loss")
    limit(size_of(run, "points") + torn)
    run.track(-1.0, "loss")
    run.track(-2.0, "loss")
    lost = run.loss.lost_points
    lift()
    run.track(200.0, "loss")
    run.track(201.0, "new")
    run.close()
    answers.append({"hash": run.hash, "lost": lost})
print(json.dumps(answers))
"""
)


def test_a_point_torn_at_any_byte_is_cut_off_and_counted(repo_path: Path) -> None:
    done = run_child(_ONE_POINT, cwd=repo_path)
    answers = said(done)
    assert len(answers) == 32
    for answer in answers:
        found = read_back(repo_path, answer["hash"])
        before = [(step, float(step)) for step in range(100)]
        assert found.points == {("loss", "{}"): [*before, (102, 200.0)], ("new", "{}"): [(0, 201.0)]}
        assert (answer["lost"], found.loss.lost_points, found.loss.causes) == (2, 2, (("EFBIG", 2),))
        assert (found.loss.lost_events, found.loss.rejected, found.undeclared, found.unreadable_lines) == (0, 0, 0, 0)
        assert found.status.value == "finished"
    assert len(warnings_in(done.stderr)) == 32  # one for each run


_BATCH = (
    _LIMIT
    + """
kind, position = sys.argv[1:]
answers = []
for torn in range(32):
    whole = {"first": 0, "middle": 5, "last": 9}[position]
    run = aim.Run()
    for i in range(10):
        run.track_many(f"m{i}", [float(step) for step in range(10)])
    limit(size_of(run, "points") + whole * 32 + torn)
    if kind == "dict":
        run.track({f"m{i}": 100.0 + i for i in range(10)})
    else:
        run.track_many("m0", [100.0 + i for i in range(10)])
    lost = run.loss.lost_points
    lift()
    run.track(-1.0, "m3")
    run.close()
    answers.append({"hash": run.hash, "lost": lost, "whole": whole})
print(json.dumps(answers))
"""
)


@pytest.mark.parametrize("position", ["first", "middle", "last"])
@pytest.mark.parametrize("kind", ["dict", "array"])
def test_of_a_batch_torn_at_any_byte_the_whole_records_stay_and_the_rest_is_counted(
    kind: str, position: str, repo_path: Path
) -> None:
    answers = said(run_child(_BATCH, kind, position, cwd=repo_path))
    assert len(answers) == 32
    for answer in answers:
        whole = answer["whole"]
        found = read_back(repo_path, answer["hash"])
        expected: dict[tuple[str, str], list[tuple[int, float]]] = {
            (f"m{i}", "{}"): [(step, float(step)) for step in range(10)] for i in range(10)
        }
        if kind == "dict":
            for i in range(whole):
                expected["m" + str(i), "{}"].append((10, 100.0 + i))
            expected["m3", "{}"].append((11, -1.0))
        else:
            expected["m0", "{}"] += [(10 + i, 100.0 + i) for i in range(whole)]
            expected["m3", "{}"].append((10, -1.0))
        assert found.points == expected
        assert answer["lost"] == found.loss.lost_points == 10 - whole
        assert found.loss.causes == (("EFBIG", 10 - whole),)
        assert found.undeclared == 0


_EVENT_LINE = (
    _LIMIT
    + """
kind = sys.argv[1]
answers = []
torn = 0
while True:
    run = aim.Run()
    run["before"] = 1
    run.track(1.0, "loss")
    size = size_of(run, "events.jsonl")
    limit(size + torn)
    if kind == "params":
        run["while"] = {"refused": [1, 2, 3]}
    else:
        run.track(2.0, "new", context={"subset": "val"})
    was_refused = size_of(run, "events.jsonl") == size
    held = run.loss.lost_points
    run.track(3.0, "loss")  # of a sequence that is declared: the points file is far from the limit
    lift()
    if kind == "params":
        run["after"] = 2
    run.track(4.0, "new", context={"subset": "val"})
    run.close()
    answers.append({"hash": run.hash, "refused": was_refused, "lost": held})
    if not was_refused:
        break
    torn += 1
print(json.dumps(answers))
"""
)


def test_an_event_line_torn_at_any_byte_is_written_again_when_the_disk_takes_it(repo_path: Path) -> None:
    answers = said(run_child(_EVENT_LINE, "params", cwd=repo_path))
    assert len(answers) > 80  # as many as the line has bytes
    for answer in answers:
        found = read_back(repo_path, answer["hash"])
        assert found.state.params == {"before": 1, "while": {"refused": [1, 2, 3]}, "after": 2}
        assert found.points["loss", "{}"] == [(0, 1.0), (1, 3.0)]
        assert found.points["new", '{"subset":"val"}'] == [(0, 4.0)]
        assert not found.loss
        assert found.unreadable_lines == 0
        assert found.status.value == "finished"


def test_a_declaration_torn_at_any_byte_costs_the_points_that_needed_it_and_no_others(repo_path: Path) -> None:
    answers = said(run_child(_EVENT_LINE, "declaration", cwd=repo_path))
    assert len(answers) > 80
    for answer in answers:
        found = read_back(repo_path, answer["hash"])
        lost = int(answer["refused"])
        assert answer["lost"] == found.loss.lost_points == lost
        assert found.loss.causes == ((("EFBIG", 1),) if lost else ())
        assert found.points["loss", "{}"] == [(0, 1.0), (1, 3.0)]
        assert found.points["new", '{"subset":"val"}'] == ([(1, 4.0)] if lost else [(0, 2.0), (1, 4.0)])
        assert (found.undeclared, found.unreadable_lines) == (0, 0)


_REFUSES = (
    _LIMIT
    + """
run = aim.Run()
run.description = "x" * 600
for step in range(100):
    run.track(float(step), "loss")
limit(size_of(run, "points") + 7)
for step in range(5):
    run.track(-1.0, "loss")
run.track({"loss": 1.0, "never declared": 2.0, "nor this": 3.0})
limit(520)
run["late"] = {"waits": "in memory"}
print(run.hash, flush=True)
if sys.stdin.readline().strip() == "lift":
    lift()
    run["later"] = 1
    print("lifted", flush=True)
    sys.stdin.readline()
"""
)


@pytest.mark.parametrize("disk", ["refuses", "recovers"])
def test_while_the_disk_refuses_the_marker_holds_the_exact_ledger_also_after_a_kill(disk: str, repo_path: Path) -> None:
    child = start_child(_REFUSES, cwd=repo_path)
    assert child.stdout is not None
    run_hash = child.stdout.readline().strip()
    (marker,) = read_active_markers(layout_of(repo_path))
    assert (marker.lost_points, marker.lost_events) == (8, 1)
    assert read_back(repo_path, run_hash).loss.lost_points == 8
    assert read_back(repo_path, run_hash).status.value == "running"
    if disk == "recovers":
        assert child.stdin is not None
        child.stdin.write("lift\n")
        child.stdin.flush()
        assert child.stdout.readline() == "lifted\n"
    child.kill()
    child.communicate()
    found = read_back(repo_path, run_hash)
    assert (found.loss.lost_points, found.loss.lost_events) == (8, int(disk == "refuses"))
    assert found.state.params == ({"late": {"waits": "in memory"}, "later": 1} if disk == "recovers" else {})
    assert found.status.value == "crashed"
    assert found.points == {("loss", "{}"): [(step, float(step)) for step in range(100)]}


_ENDS_REFUSED = (
    _LIMIT
    + """
run = aim.Run()
run["long"] = "x" * 600
for step in range(100):
    run.track(float(step), "loss")
limit(520)  # the marker, 512 bytes from the start, may be rewritten; no file may grow
run["late"] = 1
run.track(-1.0, "loss")
if sys.argv[1] == "raise":
    raise RuntimeError("out of luck")
"""
)


@pytest.mark.parametrize(("ending", "status", "code"), [("return", "finished", 0), ("raise", "failed", 1)])
def test_a_run_that_ends_while_the_disk_refuses_has_its_status_and_ledger_all_the_same(
    ending: str, status: str, code: int, repo_path: Path
) -> None:
    done = run_child(_ENDS_REFUSED, ending, cwd=repo_path, returns=code)
    assert len(warnings_in(done.stderr)) == 1
    found = read_back(repo_path)
    assert found.status.value == status
    assert (found.loss.lost_points, found.loss.lost_events) == (1, 1)
    assert found.points == {("loss", "{}"): [(step, float(step)) for step in range(100)]}


_STARTS_REFUSED = (
    _LIMIT
    + """
aim.Session(experiment="first").close()  # makes the repo
limit(0)
run = aim.Run(experiment="starved")
run["lr"] = 0.1
run.track(1.0, "loss")
lift()
run.track(2.0, "loss")
run.flush()
print(run.hash)
"""
)


def test_a_run_that_begins_while_the_disk_refuses_records_once_it_does_not(repo_path: Path) -> None:
    done = run_child(_STARTS_REFUSED, cwd=repo_path)
    assert len(warnings_in(done.stderr)) == 1
    found = read_back(repo_path, done.stdout.strip())
    assert found.state.experiment == "starved"
    assert found.state.params == {"lr": 0.1}
    assert found.points == {("loss", "{}"): [(1, 2.0)]}
    assert found.loss.lost_points == 1
    assert found.status.value == "finished"


_NEVER_ON_DISK = (
    _LIMIT
    + """
aim.Session(run="before").close()
limit(0)
runs = [aim.Session(), aim.Session(run="mine"), aim.Run(experiment="e")]
for run in runs:
    run.track(1.0, "loss")
runs[0].close()
lost = runs[0].loss.lost_points
del run, runs[1:]
lift()
print(lost)
"""
)


def test_a_run_of_which_the_disk_took_nothing_leaves_nothing_behind(repo_path: Path) -> None:
    done = run_child(_NEVER_ON_DISK, cwd=repo_path)
    assert len(warnings_in(done.stderr)) == 3
    assert done.stdout.split() == ["1"]
    assert read_back(repo_path, only_run(repo_path)).state.name == "before"
    assert list((repo_path / ".aim" / "active").iterdir()) == []


_UNMENDABLE = (
    _LIMIT
    + """
import errno
from tests.fault.refusing import refuse
run = aim.Run()
for step in range(100):
    run.track(float(step), "loss")
refuse(["ftruncate"], errno.EIO)
limit(size_of(run, "points") + 11)
run.track(-1.0, "loss")
lift()
run.track(101.0, "loss")
limit(size_of(run, "events.jsonl") + 20)
run["later"] = 1
lift()
run["last"] = 2
run.track(102.0, "new")
run.close()
print(run.hash)
"""
)


def test_a_torn_file_that_cannot_be_cut_back_is_left_and_a_second_part_begun(repo_path: Path, refusing: Any) -> None:
    done = run_child(_UNMENDABLE, cwd=repo_path)
    run_hash = only_run(repo_path)
    found = read_back(repo_path, run_hash)
    names = sorted(path.name.partition(".")[2] for path in Path(layout_of(repo_path).run_dir(run_hash)).iterdir())
    assert names == ["2.events.jsonl", "2.points", "events.jsonl", "points"]
    before = [(step, float(step)) for step in range(100)]
    # the refused point went to the new part at once
    assert found.points == {("loss", "{}"): [*before, (100, -1.0), (101, 101.0)], ("new", "{}"): [(0, 102.0)]}
    assert found.state.params == {"later": 1, "last": 2}
    assert not found.loss
    assert (found.undeclared, found.unreadable_lines) == (0, 0)
    assert found.status.value == "finished"
    assert found.state.writers[next(iter(found.state.writers))].closed is not None
    assert done.stdout.strip() == run_hash
