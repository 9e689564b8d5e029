"""What starts and ends with a run: ended before its writer at every way of ending, and never in the training's way."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.fault.support import read_back, run_child, run_hashes, start_child, warnings_in

_BEGIN = """
import gc, os, signal, sys, threading
import aim
from tests.fault.ticking import Ticker, open_session

ticker = Ticker()
session = open_session(ticker)
session.track(1.0, "loss")
"""

_ENDINGS = {
    "return": ("pass", 0, "finished"),
    "closed": ("session.close()", 0, "finished"),
    "left as a context": ("with session:\n    pass", 0, "finished"),
    "no longer referenced": ("del session\ngc.collect()", 0, "finished"),
    "sys.exit(3)": ("sys.exit(3)", 3, "failed"),
    "an exception": ("raise ValueError('no good')", 1, "failed"),
    "an exception in a context": ("with session:\n    raise ValueError('no good')", 1, "failed"),
    "Ctrl-C": ("signal.raise_signal(signal.SIGINT)", -signal.SIGINT, "interrupted"),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); threading.Event().wait()", -signal.SIGTERM, "interrupted"),
    "SIGHUP": ("os.kill(os.getpid(), signal.SIGHUP); threading.Event().wait()", -signal.SIGHUP, "interrupted"),
}


@pytest.mark.parametrize("how", _ENDINGS)
def test_ends_before_the_writer_at_every_way_of_ending(how: str, repo_path: Path) -> None:
    code, returned, status = _ENDINGS[how]
    done = run_child(_BEGIN + code, cwd=repo_path, returns=returned)
    found = read_back(repo_path)
    assert found.status.value == status
    ticks = found.points["tick", "{}"]
    assert [value for _, value in ticks] == list(range(len(ticks)))
    assert found.points["ticks", "{}"] == [(0, len(ticks))]
    assert found.points["loss", "{}"] == [(0, 1.0)]
    assert not found.loss
    assert warnings_in(done.stderr) == []


def test_sigterm_inside_of_track_does_not_wait_for_the_companion_without_end(repo_path: Path) -> None:
    """The interrupted code holds the writer's lock, which the companion's thread may wait for."""
    child = start_child(_BEGIN + "print(flush=True)\nwhile True:\n    session.track(1.0, 'loss')", cwd=repo_path)
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == -signal.SIGTERM
    child.communicate()
    found = read_back(repo_path)
    assert found.status.value == "interrupted"
    assert found.points["ticks", "{}"]


def test_forked_child_does_not_inherit_it(repo_path: Path) -> None:
    code = """
child = os.fork()
if child == 0:
    assert not session.active
    session.close()
    gc.collect()
    assert ticker.closed == 0
    with aim.Session(run="child") as own:
        own.track(1.0, "of the child")
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
session.track(2.0, "loss")
"""
    run_child(_BEGIN + code, cwd=repo_path)
    both = [read_back(repo_path, run_hash) for run_hash in run_hashes(repo_path)]
    of_parent, of_child = sorted(both, key=lambda found: found.state.name == "child")
    assert set(of_child.points) == {("of the child", "{}")}
    assert set(of_parent.points) == {("tick", "{}"), ("ticks", "{}"), ("loss", "{}")}
    assert of_parent.points["ticks", "{}"] == [(0, len(of_parent.points["tick", "{}"]))]
    assert [found.status.value for found in (of_parent, of_child)] == ["finished", "finished"]


def test_one_that_fails_at_the_end_of_the_process_costs_a_warning_and_a_count(repo_path: Path) -> None:
    code = """
class Broken(Ticker):
    def close(self, timeout_s):
        super().close(timeout_s)
        raise OSError("no console")

session = open_session(Broken())
session.track(1.0, "loss")
"""
    done = run_child(_BEGIN.partition("ticker = ")[0] + code, cwd=repo_path)
    found = read_back(repo_path)
    assert found.status.value == "finished"
    assert found.points["ticks", "{}"] == [(0, len(found.points["tick", "{}"]))]
    assert dict(found.loss.causes) == {"companion Broken": 1}
    (line,) = warnings_in(done.stderr)
    assert "Broken failed to end with the run: OSError: no console" in line
