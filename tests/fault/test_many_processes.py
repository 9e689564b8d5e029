"""Many writers and readers, runs that two processes go on in, clocks that lie, directories that just appear."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import aim
from tests.fault.support import (
    assert_repo_agrees,
    layout_of,
    only_run,
    read_back,
    run_child,
    run_hashes,
    start_child,
)

_WRITER = """
import sys
import aim

number = int(sys.argv[1])
run = aim.Run(name=f"writer {number}", experiment=f"exp {number % 3}")
run["number"] = number
print("open", flush=True)
sys.stdin.readline()                       # all begin together
for step in range(300):
    run.track(float(step), "loss", context={"subset": "train"})
    run.track({"a": step * 2.0, f"own {number}": step * 3.0}, epoch=step / 10)
    if step == 150:
        print("half", flush=True)          # readers look from now on, and from nobody's pause
run.track_many("array", [float(i) for i in range(500)])
run.close()
"""

_READER = """
import json, sys
import aim
from tests.fault.support import read_back

looks = 0
seen = {}
with aim.Repo(".") as repo:
    while True:
        is_last = sys.argv[1] != "look" or sys.stdin.readline() == "last\\n"
        for metric in repo.query_metrics("a, array, loss"):
            key = f"{metric.run.hash} {metric.name}"
            values = metric.values.tolist()
            factor = 2.0 if metric.name == "a" else 1.0
            assert values == [factor * i for i in range(len(values))], (key, values)
            assert metric.steps.tolist() == list(range(len(values))), key
            assert len(values) >= seen.get(key, 0), (key, len(values), seen[key])   # nothing is ever unseen again
            seen[key] = len(values)
        looks += 1
        print("looked", flush=True)
        if is_last:
            break
print(json.dumps({"looks": looks, "seen": seen}))
"""


def _ask(child: subprocess.Popen[str], line: str) -> str:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(line)
    child.stdin.flush()
    return child.stdout.readline()


def test_20_writers_and_2_readers_at_a_time(repo_path: Path) -> None:
    writers = [start_child(_WRITER, str(number), cwd=repo_path) for number in range(20)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
    readers = [start_child(_READER, "look", cwd=repo_path) for _ in range(2)]
    for reader in readers:
        assert _ask(reader, "look\n") == "looked\n", reader.communicate()[1]
    for writer in writers:  # now they record, while the readers look at them again and again
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half\n", writer.communicate()[1]
        for reader in readers:
            assert _ask(reader, "look\n") == "looked\n", reader.communicate()[1]
    for writer in writers:
        _, errors = writer.communicate()
        assert writer.returncode == 0, errors
        assert errors == ""
    for reader in readers:
        assert _ask(reader, "last\n") == "looked\n", reader.communicate()[1]
        assert reader.stdout is not None
        output = reader.stdout.read()  # communicate() would miss what was read ahead
        _, errors = reader.communicate()
        assert reader.returncode == 0, errors
        assert output.count('"looks": 22')
        assert output.count(": 300") == 40  # loss and a of each writer
        assert output.count(": 500") == 20
    for run_hash in run_hashes(repo_path):
        found = read_back(repo_path, run_hash)
        number = found.state.params["number"]
        assert found.points["loss", '{"subset":"train"}'] == [(step, float(step)) for step in range(300)]
        assert found.points[f"own {number}", "{}"] == [(step, step * 3.0) for step in range(300)]
        assert found.state.name == f"writer {number}"
        assert found.status.value == "finished"
    assert len(run_hashes(repo_path)) == 20


def test_20_processes_that_make_the_same_repo_at_the_same_moment(repo_path: Path) -> None:
    code = "import sys\nimport aim\nsys.stdin.readline()\naim.track(1.0, 'loss')"
    children = [start_child(code, cwd=repo_path) for _ in range(20)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        _, errors = child.communicate()
        assert (child.returncode, errors) == (0, "")
    assert len(run_hashes(repo_path)) == 20
    for run_hash in run_hashes(repo_path):
        assert read_back(repo_path, run_hash).points == {("loss", "{}"): [(0, 1.0)]}


def test_20_processes_that_want_one_name_get_20_names(repo_path: Path) -> None:
    code = """
    import sys
    import aim
    sys.stdin.readline()
    session = aim.Session(run="wanted")
    session.track(1.0, "loss")
    """
    children = [start_child(code, cwd=repo_path) for _ in range(20)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    answers = [child.communicate() for child in children]
    assert sum("already has a run named 'wanted'" in errors for _, errors in answers) == 19
    names = {read_back(repo_path, run_hash).state.name for run_hash in run_hashes(repo_path)}
    assert names == {"wanted", *(f"wanted ({number})" for number in range(2, 21))}


def test_of_20_processes_that_want_one_name_alone_exactly_one_gets_it(repo_path: Path) -> None:
    code = """
    import sys
    import aim
    from aim.errors import RunNameTakenError
    sys.stdin.readline()
    try:
        session = aim.Session(run="wanted", resume="never")
    except RunNameTakenError as error:
        print(error)
    else:
        session.track(1.0, "loss")
    """
    children = [start_child(code, cwd=repo_path) for _ in range(20)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    answers = [child.communicate() for child in children]
    assert [errors for _, errors in answers] == [""] * 20
    refused = [output for output, _ in answers if output]
    assert len(refused) == 19
    run_hash = only_run(repo_path)
    assert all(run_hash in output for output in refused)
    assert read_back(repo_path).state.name == "wanted"


_RESUMES = """
import json, sys
import aim

run = aim.Run(sys.argv[1])
print("open", flush=True)
sys.stdin.readline()
for step in range(200):
    run.track(float(sys.argv[2]), "loss")
    run.track(float(sys.argv[2]), f"own {sys.argv[2]}")
run[f"p{sys.argv[2]}"] = {"x": 1}
run.add_tag(f"t{sys.argv[2]}")
"""


def test_two_processes_that_resume_one_run_at_a_time_lose_nothing(repo_path: Path) -> None:
    with aim.Session(repo=repo_path) as session:
        session.set_params({"lr": 0.1})
        for value in range(10):
            session.track(float(value), name="loss")
    children = [start_child(_RESUMES, session.run_hash, str(number), cwd=repo_path) for number in (100, 200)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
    assert read_back(repo_path).status.value == "running"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        _, errors = child.communicate()
        assert (child.returncode, errors) == (0, "")
    found = read_back(repo_path)
    values = [value for _, value in found.points["loss", "{}"]]
    assert (values.count(100.0), values.count(200.0), len(values)) == (200, 200, 410)
    assert found.points["own 100", "{}"] == [(step, 100.0) for step in range(200)]
    assert found.points["own 200", "{}"] == [(step, 200.0) for step in range(200)]
    for number in (100.0, 200.0):  # both go on after the highest step that the run had
        assert [step for step, value in found.points["loss", "{}"] if value == number] == list(range(10, 210))
    assert found.state.params == {"params": {"lr": 0.1}, "p100": {"x": 1}, "p200": {"x": 1}}
    assert sorted(found.state.tags) == ["t100", "t200"]
    assert len(found.state.writers) == 3
    assert found.status.value == "finished"
    with aim.Repo(repo_path) as repo:
        (own,) = repo.query_metrics('metric.name == "own 100"')
        assert len(own.values) == 200
        (loss,) = repo.query_metrics("loss")
        assert (len(loss.values), loss.count, loss.run.hidden_points, loss.run.attempt) == (410, 410, 0, 2)


@pytest.mark.parametrize("killed", ["training", "evaluation"])
def test_how_a_run_ended_is_told_by_the_training_and_not_by_an_evaluation_beside_it(
    killed: str, repo_path: Path
) -> None:
    code = """
    import sys
    import aim
    run = aim.Session(run="one", resume=True)
    run.track(1.0, sys.argv[1])
    print("open", flush=True)
    sys.stdin.readline()
    run.close()
    """
    children = {}
    for name in ("training", "evaluation"):
        children[name] = start_child(code, name, cwd=repo_path)
        stdout = children[name].stdout
        assert stdout is not None
        assert stdout.readline() == "open\n"
    for name in ("evaluation", "training"):
        if name == killed:
            children[name].kill()
            children[name].communicate()
        else:
            children[name].communicate("\n")
    found = read_back(repo_path)
    assert found.status.value == ("crashed" if killed == "training" else "finished")
    assert {writer.attempt for writer in found.state.writers.values()} == {1}


def test_a_job_that_goes_on_from_a_checkpoint_hides_what_it_did_again_and_says_so(repo_path: Path) -> None:
    code = """
    import os, sys
    import aim
    run = aim.Session(run="job", resume=True)
    for step in range(int(sys.argv[1]), int(sys.argv[2])):
        run.track(float(sys.argv[1]), "loss", step=step)
    if sys.argv[2] == "100":
        os._exit(1)
    """
    run_child(code, "0", "100", cwd=repo_path, returns=1)
    run_child(code, "60", "80", cwd=repo_path)
    with aim.Repo(repo_path) as repo:
        (loss,) = repo.query_metrics("loss if run.hidden_points == 40")
        assert (loss.steps.tolist(), loss.last) == (list(range(80)), 60.0)
        assert loss.run.attempt == 2
        (every,) = repo.query_metrics("loss", attempts="all")
        assert every.steps.tolist() == [*range(100), *range(60, 80)]


def test_a_run_resumed_after_a_crash_runs_again_and_then_has_its_new_end(repo_path: Path) -> None:
    code = """
    import os, sys
    import aim
    run = aim.Run(sys.argv[2]) if sys.argv[2] else aim.Run()
    run.track(1.0, "loss")
    print(run.hash, flush=True)
    if sys.argv[1] == "crash":
        os._exit(1)
    sys.stdin.readline()
    """
    run_hash = run_child(code, "crash", "", cwd=repo_path, returns=1).stdout.strip()
    assert read_back(repo_path).status.value == "crashed"
    child = start_child(code, "finish", run_hash, cwd=repo_path)
    assert child.stdout is not None
    child.stdout.readline()
    assert read_back(repo_path).status.value == "running"
    child.communicate("\n")
    found = read_back(repo_path)
    assert found.status.value == "finished"
    assert sorted(found.points["loss", "{}"]) == [(0, 1.0), (1, 1.0)]


def test_a_writer_that_opens_and_closes_between_two_looks_is_seen(repo_path: Path) -> None:
    code = "import aim\nwith aim.Session() as s:\n    s.track(1.0, 'loss')\nprint(s.run_hash)"
    hashes = [run_child(code, cwd=repo_path).stdout.strip()]
    with aim.Repo(repo_path) as repo:
        assert [run.hash for run in repo.iter_runs()] == hashes
        for _ in range(5):
            hashes.append(run_child(code, cwd=repo_path).stdout.strip())  # its marker was never seen active
            found = repo.query_metrics("loss")
            assert {metric.run.hash for metric in found} == set(hashes)
            assert all(metric.values.tolist() == [1.0] for metric in found)
        # From here on only the folder of ended writers tells: the run directories have been there for long.
        long_ago = time.time() - 1000.0
        os.utime(layout_of(repo_path).runs, (long_ago, long_ago))
        assert len(repo.query_metrics("loss")) == len(hashes)
        resumed = "import sys\nimport aim\nwith aim.Session(run_hash=sys.argv[1]) as s:\n    s.track(2.0, 'loss')"
        run_child(resumed, hashes[0], cwd=repo_path)
        # the new attempt began after the last step: both of its points and those before are shown
        assert {tuple(m.values.tolist()) for m in repo.query_metrics("loss")} == {(1.0,), (1.0, 2.0)}
        edit = "import sys\nimport aim\nwith aim.Run(sys.argv[1]) as r:\n    r.name = 'renamed'"
        run_child(edit, hashes[1], cwd=repo_path)
        assert repo.get_run(hashes[1]).name == "renamed"


_CLOCK = """
import itertools, json, time
real = time.time
jumps = itertools.cycle([0.0, -3600.0, 7200.0, -86400.0 * 400, 1.0])
time.time = lambda: real() + next(jumps)   # before aim is loaded: a clock that is set back and forth all the time
import aim

run = aim.Run(name="first name")
for step in range(100):
    run["at"] = step
    run.name = f"name {step}"
    run.track(float(step), "loss")
run.add_tag("old")
run.remove_tag("old")
run.add_tag("new")
run.close()
"""


def test_a_clock_that_goes_backwards_reorders_nothing(repo_path: Path) -> None:
    run_child(_CLOCK, cwd=repo_path)
    found = read_back(repo_path)
    assert found.points["loss", "{}"] == [(step, float(step)) for step in range(100)]
    assert (found.state.name, found.state.params, found.state.tags) == ("name 99", {"at": 99}, ["new"])
    assert found.status.value == "finished"
    (events,) = Path(layout_of(repo_path).run_dir(only_run(repo_path))).glob("*.events.jsonl")
    written = [json.loads(line)["time"] for line in events.read_text().splitlines()]
    assert written == sorted(written)


def test_a_writer_whose_clock_is_a_year_back_is_running_not_stalled(repo_path: Path) -> None:
    code = """
    import sys, time
    real = time.time
    time.time = lambda: real() - 86400.0 * 365
    import aim
    aim.track(1.0, "loss")
    print("ready", flush=True)
    sys.stdin.readline()
    """
    child = start_child(code, cwd=repo_path)
    assert child.stdout is not None
    child.stdout.readline()
    assert read_back(repo_path).status.value == "running"
    with aim.Repo(repo_path) as repo:
        assert [run.status.value for run in repo.iter_runs()] == ["running"]
        child.communicate("\n")
        assert [run.status.value for run in repo.iter_runs()] == ["finished"]
        assert len(repo.query_metrics("loss")) == 1


def test_an_edit_by_a_process_whose_clock_is_behind_wins_over_what_it_edits(repo_path: Path) -> None:
    with aim.Run(repo=repo_path, name="before") as run:
        run.track(1.0, "loss")
    code = """
    import sys, time
    real = time.time
    time.time = lambda: real() - 86400.0
    import aim
    aim.Repo(".").get_run(sys.argv[1]).name = "after"
    """
    run_child(code, run.hash, cwd=repo_path)
    assert read_back(repo_path).state.name == "after"


def test_a_run_directory_copied_from_elsewhere_just_appears(repo_path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for ending in ("sys.exit(0)", "raise ValueError('x')", "import os\nos._exit(1)"):
        code = f"import sys\nimport aim\naim.set_params({{'lr': 1}})\naim.track(1.0, 'loss')\n{ending}"
        run_child(code, cwd=elsewhere, returns="exit(0)" not in ending)
    with aim.Session(repo=repo_path) as session:
        session.track(0.0, name="loss")
    with aim.Repo(repo_path) as repo:
        assert [run.hash for run in repo.iter_runs()] == [session.run_hash]
        copied = run_hashes(elsewhere)
        for run_hash in copied:
            shutil.copytree(layout_of(elsewhere).run_dir(run_hash), layout_of(repo_path).run_dir(run_hash))
        runs = {run.hash: run for run in repo.iter_runs()}
        assert set(runs) == {session.run_hash, *copied}
        assert sorted(runs[run_hash].status.value for run_hash in copied) == ["crashed", "failed", "finished"]
        assert len(repo.query_metrics("loss if params.lr == 1")) == 3
        shutil.rmtree(layout_of(repo_path).run_dir(copied[0]))
        assert {run.hash for run in repo.iter_runs()} == {session.run_hash, *copied[1:]}
    assert_repo_agrees(repo_path)


def test_ranks_that_share_a_run_hash_make_one_run(repo_path: Path) -> None:
    code = """
    import sys
    import aim
    session = aim.Session(run_hash="0123456789abcdef01234567")
    sys.stdin.readline()
    for step in range(50):
        session.track(float(sys.argv[1]), name="loss", step=step)
        session.track(float(step), name=f"rank {sys.argv[1]}")
    """
    ranks = [start_child(code, str(rank), cwd=repo_path, RANK=str(rank), WORLD_SIZE="4") for rank in range(4)]
    for rank in ranks:
        assert rank.stdin is not None
        rank.stdin.write("\n")
        rank.stdin.flush()
    for rank in ranks:
        _, errors = rank.communicate()
        assert (rank.returncode, errors) == (0, "")
    found = read_back(repo_path)
    assert {writer.attempt for writer in found.state.writers.values()} == {1}
    assert sorted(writer.rank for writer in found.state.writers.values()) == [0, 1, 2, 3]
    assert sorted(found.points["loss", "{}"]) == sorted((step, float(n)) for step in range(50) for n in range(4))
    with aim.Repo(repo_path) as repo:
        (loss,) = repo.query_metrics("loss")
        assert len(loss.values) == 200
        assert loss.times.tolist() == sorted(loss.times.tolist())


def test_aim_repo_while_its_run_directories_come_and_go(repo_path: Path) -> None:
    code = """
    import json, shutil, sys
    import aim
    print("ready", flush=True)
    made = 0
    for line in sys.stdin:
        with aim.Session() as session:
            session.track(float(made), "loss")
        made += 1
        if made % 3 == 0:
            shutil.rmtree(f".aim/runs/{session.run_hash}")
        print(session.run_hash, flush=True)
    """
    with aim.Session(repo=repo_path) as session:
        session.track(-1.0, name="loss")
    child = start_child(code, cwd=repo_path)
    assert child.stdout is not None
    child.stdout.readline()
    expected = {session.run_hash}
    with aim.Repo(repo_path) as repo:
        for number in range(1, 16):
            run_hash = _ask(child, "next\n").strip()
            if number % 3:
                expected.add(run_hash)
            assert {metric.run.hash for metric in repo.query_metrics("loss")} == expected
    child.communicate()
