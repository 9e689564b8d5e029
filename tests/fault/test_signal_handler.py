"""`track` from a signal handler, which Python runs between any two steps of a `track` that is under way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.fault.support import read_back, run_child, run_hashes, said

_FROM_A_HANDLER = """
import json, signal, sys
import aim

run = aim.Run()
handled = 0
tracked = 0

def on_timer(number, frame):
    global handled
    handled += 1
    run.track(1.0, "shared")                      # the sequence that the main code is busy with
    run.track(2.0, f"new {tracked}")              # the one that the main code is about to declare, or just did
    if handled % 10 == 0:
        run.track({"a": 1.0, "b": 2.0, f"d{tracked}": 3.0}, context={"from": "handler"})
    if handled % 100 == 0:
        run["handled"] = handled
    if handled < 10_000:
        signal.setitimer(signal.ITIMER_REAL, 0.00002)

signal.signal(signal.SIGALRM, on_timer)
signal.setitimer(signal.ITIMER_REAL, 0.00002)
while handled < 10_000:
    run.track(-1.0, "shared")
    run.track(-2.0, f"new {tracked}")
    run.track({"a": -1.0, "b": -2.0, f"d{tracked}": -3.0}, context={"from": "handler"})
    run.track_many("array", [1.0, 2.0, 3.0])
    run["tracked"] = tracked
    tracked += 1
print(json.dumps({"hash": run.hash, "handled": handled, "tracked": tracked}))
"""


def test_10_000_handlers_and_the_code_they_interrupt_lose_nothing_and_share_no_step(repo_path: Path) -> None:
    done = run_child(_FROM_A_HANDLER, cwd=repo_path)
    answer = said(done)
    found = read_back(repo_path)
    assert "Warning" not in done.stderr
    assert not found.loss
    handled, tracked = answer["handled"], answer["tracked"]
    assert handled == 10_000
    assert found.undeclared == found.unreadable_lines == 0

    (writer,) = found.state.writers.values()
    declared = Counter((sequence.name, sequence.context) for sequence in writer.sequences.values())
    assert {key: count for key, count in declared.items() if count > 1} == {}
    for key, points in found.points.items():
        steps = sorted(step for step, _ in points)
        assert steps == list(range(len(points))), key

    def values(name: str) -> Counter[float]:
        return Counter(value for key, points in found.points.items() if key[0] == name for _, value in points)

    assert values("shared") == {1.0: handled, -1.0: tracked}
    assert values("a") == {1.0: handled // 10, -1.0: tracked}
    assert values("b") == {2.0: handled // 10, -2.0: tracked}
    assert values("array") == {1.0: tracked, 2.0: tracked, 3.0: tracked}
    new = sum((values(name) for name, _ in found.points if name.startswith("new ")), Counter[float]())
    assert new == {2.0: handled, -2.0: tracked}
    assert found.state.params["handled"] == handled
    assert found.state.params["tracked"] == tracked - 1


_EXPLICIT = """
import signal
import aim

run = aim.Run()
handled = 0

def on_timer(number, frame):
    global handled
    handled += 1
    for _ in range(3):
        run.track(1.0, "mixed")
    if handled < 4_000:
        signal.setitimer(signal.ITIMER_REAL, 0.00002)

signal.signal(signal.SIGALRM, on_timer)
signal.setitimer(signal.ITIMER_REAL, 0.00002)
while handled < 4_000:
    run.track(-1.0, "mixed", step=run._recorder.writer.sequence("mixed", None).high)
    run.track(1.0, "mixed")
"""


def test_automatic_steps_stay_unique_where_the_interrupted_code_gives_steps_itself(repo_path: Path) -> None:
    run_child(_EXPLICIT, cwd=repo_path)
    automatic = Counter(step for step, value in read_back(repo_path).points["mixed", "{}"] if value == 1.0)
    assert {step: count for step, count in automatic.items() if count > 1} == {}


_CLOSES = """
import os, signal, sys
import aim

mode = sys.argv[1]
run = aim.Run()
names = iter(range(10**9))

def on_timer(number, frame):
    run["last"] = "words"
    run.track(1.0, "from the handler")
    if mode == "close":
        run.close()
    else:
        os.kill(os.getpid(), signal.SIGTERM)

signal.signal(signal.SIGALRM, on_timer)
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]))
while run.active:
    run.track(-1.0, f"m{next(names)}")
"""


def test_a_handler_may_close_the_run_whose_declaration_it_interrupts(repo_path: Path) -> None:
    for delay in range(20):
        run_child(_CLOSES, "close", str(0.002 + delay * 0.000_37), cwd=repo_path)
    _all_have_last_words(repo_path, "finished")


def test_sigterm_in_the_middle_of_a_declaration_loses_no_last_words(repo_path: Path) -> None:
    for delay in range(20):
        run_child(_CLOSES, "term", str(0.002 + delay * 0.000_37), cwd=repo_path, returns=-15)
    _all_have_last_words(repo_path, "interrupted")


def _all_have_last_words(repo: Path, status: str) -> None:
    for run_hash in run_hashes(repo):
        found = read_back(repo, run_hash)
        assert found.status.value == status
        assert found.state.params == {"last": "words"}
        assert found.points["from the handler", "{}"] == [(0, 1.0)]
        assert (found.undeclared, found.unreadable_lines) == (0, 0)
        assert all(writer.closed is not None for writer in found.state.writers.values())
