"""Sessions opened and closed where Python may interrupt anything: in signal handlers and by the garbage collector."""

from __future__ import annotations

from pathlib import Path

from tests.fault.support import read_back, run_child, run_hashes, said, warnings_in

_IN_HANDLERS = """
import faulthandler, json, signal
import aim

faulthandler.dump_traceback_later(100, exit=True)  # a deadlock ends, and says where
handled = 0
is_handling = False
keep = aim.Run(name="kept")

def on_timer(number, frame):
    global handled
    handled += 1
    with aim.Session(run=f"handler {handled}") as session:
        session.track(float(handled), name="loss")
    keep.track(1.0, "handled")
    keep.flush()
    if handled < 400:
        signal.setitimer(signal.ITIMER_REAL, 0.0005)

signal.signal(signal.SIGALRM, on_timer)
signal.setitimer(signal.ITIMER_REAL, 0.0005)
made = 0
while handled < 400:
    with aim.Session(run=f"main {made}") as session:
        session.track(float(made), name="loss")
    keep.track(1.0, "made")
    keep.flush()
    made += 1
print(json.dumps({"handled": handled, "made": made}))
"""


def test_sessions_opened_and_closed_in_handlers_while_others_are_opened_and_closed(repo_path: Path) -> None:
    done = run_child(_IN_HANDLERS, cwd=repo_path)
    answer = said(done)
    assert warnings_in(done.stderr) == []
    found = {f.state.name: f for f in (read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path))}
    kept = found.pop("kept")
    assert len(kept.points["handled", "{}"]) == answer["handled"]
    assert len(kept.points["made", "{}"]) == answer["made"]
    assert len(found) == answer["handled"] + answer["made"]
    for name, each in found.items():
        number = float(name.partition(" ")[2])
        assert each.points == {("loss", "{}"): [(0, number)]}
        assert each.status.value == "finished"


_BY_THE_COLLECTOR = """
import faulthandler, gc, sys
import aim

faulthandler.dump_traceback_later(100, exit=True)
gc.set_threshold(1)  # collects at nearly every allocation, so inside every function of ours
keep = aim.Run(name="kept")

def lose(number):
    session = aim.Session(run=f"lost {number}")
    session.track(float(number), name="loss")
    session._itself = session  # only the collector ends it, wherever that comes

for number in range(300):
    lose(number)
    keep.track(float(number), "loss")
    keep.track(float(number), f"new {number}")
    if number % 10 == 0:
        keep.flush()
"""


def test_sessions_that_the_garbage_collector_ends_in_the_middle_of_others(repo_path: Path) -> None:
    done = run_child(_BY_THE_COLLECTOR, cwd=repo_path)
    assert done.stderr == ""
    found = {f.state.name: f for f in (read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path))}
    kept = found.pop("kept")
    assert kept.points["loss", "{}"] == [(number, float(number)) for number in range(300)]
    assert len(found) == 300
    for each in found.values():
        assert each.status.value == "finished"
        assert len(each.points["loss", "{}"]) == 1


def test_where_no_thread_can_be_started_points_are_recorded_all_the_same(repo_path: Path, refusing: None) -> None:
    code = """
    import errno, logging
    logging.basicConfig()
    import aim
    from tests.fault.refusing import refuse
    refuse(["clone", "clone3"], errno.EAGAIN)
    with aim.Session() as session:
        session.track(1.0, name="loss")
        session.flush()
    aim.track(2.0, "loss")
    """
    done = run_child(code, cwd=repo_path)
    assert done.stderr.count("no thread") == 1
    found = [read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path)]
    assert sorted(f.points["loss", "{}"] for f in found) == [[(0, 1.0)], [(0, 2.0)]]
    assert [f.status.value for f in found] == ["finished", "finished"]


def test_a_run_may_begin_while_the_process_ends(repo_path: Path) -> None:
    code = """
    import atexit
    import aim
    def at_exit():
        with aim.Session(run="last") as session:
            session.track(1.0, name="loss")
    atexit.register(at_exit)     # runs after ours, which is registered with the first session
    aim.track(1.0, "loss")
    """
    done = run_child(code, cwd=repo_path)
    found = {f.state.name: f for f in (read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path))}
    assert found["last"].points == {("loss", "{}"): [(0, 1.0)]}
    assert [f.status.value for f in found.values()] == ["finished", "finished"], done.stderr
    assert "Traceback" not in done.stderr
