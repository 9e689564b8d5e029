"""A child process never writes through the session of its parent, and its own runs end as they should."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.fault.support import read_back, run_child, run_hashes, run_script, warnings_in

_FORK = """
import os, sys
import aim

aim.track(1.0, "loss")
run = aim.Run()
run.track(1.0, "loss")
child = os.fork()
if child == 0:
    %s
assert os.waitpid(child, 0)[1] == 0
aim.track(2.0, "loss")
run.track(2.0, "loss")
"""
_IN_THE_CHILD = {
    "tracks": "aim.track(-1.0, 'loss'); aim.track(-1.0, 'new'); run.track({'a': -1.0}); run['p'] = 1; os._exit(0)",
    "closes": "run.close(); os._exit(0)",
    "flushes": "aim.flush(); run.flush(); os._exit(0)",
    "ends by sys.exit": "sys.exit(0)",
    "forgets its sessions": "del run; import gc; gc.collect(); os._exit(0)",
    "forks again": "pid = os.fork(); aim.track(-1.0, 'loss'); os.waitpid(pid, 0) if pid else None; os._exit(0)",
}


@pytest.mark.parametrize("what", _IN_THE_CHILD)
def test_a_forked_child_changes_nothing_of_its_parents_runs(what: str, repo_path: Path) -> None:
    done = run_child(_FORK % _IN_THE_CHILD[what], cwd=repo_path)
    assert len(run_hashes(repo_path)) == 2
    for run_hash in run_hashes(repo_path):
        found = read_back(repo_path, run_hash)
        assert found.points == {("loss", "{}"): [(0, 1.0), (1, 2.0)]}
        assert found.state.params == {}
        assert not found.loss
        assert found.status.value == "finished"
        assert len(found.state.writers) == 1
    given = warnings_in(done.stderr)
    assert (len(given) > 0) == ("tracks" in what or "again" in what)
    assert all("forked" in line for line in given)


def test_a_forked_child_may_begin_a_run_of_its_own_or_go_on_in_its_parents(repo_path: Path) -> None:
    code = """
    import os, sys
    import aim
    run = aim.Run(name="parent")
    run.track(1.0, "loss")
    if os.fork() == 0:
        with aim.Session(run="child") as session:
            session.track(-1.0, "loss")
        again = aim.Run(run.hash)
        again.track(-2.0, "loss")
        sys.exit(0)
    os.wait()
    run.track(2.0, "loss")
    """
    run_child(code, cwd=repo_path)
    found = {f.state.name: f for f in (read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path))}
    assert found["child"].points == {("loss", "{}"): [(0, -1.0)]}
    assert sorted(found["parent"].points["loss", "{}"]) == [(0, 1.0), (1, -2.0), (1, 2.0)]
    assert {f.status.value for f in found.values()} == {"finished"}
    assert [len(f.state.writers) for f in (found["child"], found["parent"])] == [1, 2]


def test_a_fork_while_another_thread_tracks_leaves_a_child_that_can_record(repo_path: Path) -> None:
    code = """
    import os, sys, threading
    import aim
    run = aim.Run(name="parent")
    stop = threading.Event()
    tracked = 0
    def work():
        global tracked
        while not stop.is_set():
            run.track(float(tracked), "loss")
            run.track(1.0, f"new {tracked}")
            tracked += 1
    thread = threading.Thread(target=work)
    thread.start()
    for number in range(30):
        child = os.fork()
        if child == 0:
            own = aim.Run(name=f"child {number}")
            own.track(float(number), "loss")
            own.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    stop.set()
    thread.join()
    print(tracked)
    """
    done = run_child(code, cwd=repo_path)
    by_name = {f.state.name: f for f in (read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path))}
    parent = by_name.pop("parent")
    assert [value for _, value in parent.points["loss", "{}"]] == [float(i) for i in range(int(done.stdout))]
    assert sorted(by_name) == sorted(f"child {number}" for number in range(30))
    for found in by_name.values():
        assert found.status.value == "finished"
        ((_, value),) = found.points["loss", "{}"]
        assert found.state.name == f"child {value:.0f}"


_WORKERS = """
import multiprocessing, sys
import aim

def load(item):
    aim.track(float(item), "loaded")  # what a data loader's worker should not do, and must not harm
    return item

if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    aim.track(1.0, "loss")
    with context.Pool(4) as pool:
        assert sum(pool.map(load, range(50))) == 1225
    aim.track(2.0, "loss")
"""


def test_workers_of_a_data_loader_are_harmless_to_the_run_of_their_parent(repo_path: Path) -> None:
    done = run_child(_WORKERS.format(method="fork"), cwd=repo_path)
    assert read_back(repo_path).points == {("loss", "{}"): [(0, 1.0), (1, 2.0)]}
    assert read_back(repo_path).status.value == "finished"
    assert 1 <= len(warnings_in(done.stderr)) <= 4  # one a worker


_TERMINATED_AT_ONCE = """
import os, signal
import aim

aim.track(1.0, "loss")
ends = set()
for _ in range(300):
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # a child that misses the signal would wait for ever
        while True:
            signal.pause()
    os.kill(child, signal.SIGTERM)
    ends.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    if ends != {-signal.SIGTERM}:
        break
print(sorted(ends))
"""


def test_a_child_that_is_terminated_as_soon_as_it_is_forked_ends(repo_path: Path) -> None:
    """As multiprocessing.Pool does with workers that it no longer needs, and then waits for them."""
    done = run_child(_TERMINATED_AT_ONCE, cwd=repo_path)
    assert done.stdout == f"[{-signal.SIGTERM}]\n"


_CHILD = """
import multiprocessing, os, signal, sys
import aim

def work(how):
    global run  # held to the end: an end of the process, not of the session
    if how.startswith("default"):
        aim.track(1.0, "loss")
    else:
        run = aim.Run(name="child")
        run.track(1.0, "loss")
    if how.endswith("raises"):
        raise ValueError("no good")
    if how.endswith("exits"):
        sys.exit(3)
    if how.endswith("exits well"):
        sys.exit(0)
    if how.endswith("terminated"):
        os.kill(os.getpid(), signal.SIGTERM)
    if how.endswith("killed"):
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    method, parent, how = sys.argv[1:]
    if parent == "recording":
        aim.track(0.0, "parent")
    child = multiprocessing.get_context(method).Process(target=work, args=(how,))
    child.start()
    child.join()
    print(child.exitcode)
"""
_HOW = {
    "returns": (0, "finished", "", 0),
    "exits well": (0, "finished", "", 0),
    "raises": (1, "failed", "ValueError", None),
    "exits": (3, "failed", "", 3),
    "terminated": (-signal.SIGTERM, "interrupted", "SIGTERM", None),
    "killed": (-signal.SIGKILL, "crashed", "", None),
}


@pytest.mark.parametrize("how", _HOW)
@pytest.mark.parametrize("parent", ["recording", "idle"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_multiprocessing_childs_run_has_the_status_of_its_end(
    method: str, parent: str, how: str, repo_path: Path
) -> None:
    script = repo_path / "program.py"  # children that are spawned import it
    script.write_text(_CHILD)
    done = run_script(script, method, parent, how, cwd=repo_path)
    exit_code, status, error_type, closed_with = _HOW[how]
    if how == "raises" and sys.version_info >= (3, 13):
        error_type, closed_with = "", 1  # multiprocessing has forgotten the exception when anybody is told
    assert int(done.stdout) == exit_code
    (child,) = [f for f in (read_back(repo_path, h) for h in run_hashes(repo_path)) if f.state.name == "child"]
    assert child.points == {("loss", "{}"): [(0, 1.0)]}
    assert (child.status.value, child.status.error_type, child.status.exit_code) == (status, error_type, closed_with)
    others = [f for f in (read_back(repo_path, h) for h in run_hashes(repo_path)) if f.state.name != "child"]
    assert [f.status.value for f in others] == ["finished"] * (parent == "recording")


def test_a_spawned_child_has_a_default_session_of_its_own(repo_path: Path) -> None:
    script = repo_path / "program.py"
    script.write_text(_CHILD)
    run_script(script, "spawn", "recording", "default returns", cwd=repo_path)
    found = [read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path)]
    assert sorted(f.points.popitem()[0][0] for f in found) == ["loss", "parent"]
    assert [f.status.value for f in found] == ["finished", "finished"]


def test_the_files_of_a_run_are_not_inherited_by_a_program_that_training_starts(repo_path: Path) -> None:
    code = """
    import os, subprocess, sys
    import aim
    aim.track(1.0, "loss")
    list_open = "import os; print([os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if n != '3'])"
    print(subprocess.run([sys.executable, "-c", list_open], close_fds=False, capture_output=True, text=True).stdout)
    """
    assert ".aim" not in run_child(code, cwd=repo_path).stdout
