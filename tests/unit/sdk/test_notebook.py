"""Cells of a notebook: an exception ends the cell, not the process, and the runs that it recorded say so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.sdk.reading import hashes_in, read_back

# What IPython does for a cell, as far as Aim sees it: IPython itself is not among the packages of the tests.
SHELL = """
class Events:
    def __init__(self):
        self.callbacks = {"pre_run_cell": [], "post_run_cell": []}
    def register(self, event, callback):
        self.callbacks[event].append(callback)

class Info: ...

class Shell:
    def __init__(self):
        self.events, self.names = Events(), {}
    def run_cell(self, code):
        info = Info()
        for callback in self.events.callbacks["pre_run_cell"]:
            callback(info)
        info.error_in_exec = None
        try:
            exec(compile(code, "<cell>", "exec"), self.names)
        except BaseException as error:
            info.error_in_exec = error
        for callback in list(self.events.callbacks["post_run_cell"]):
            callback(info)

shell = Shell()

def get_ipython():
    return shell
"""


@pytest.mark.parametrize(
    ("cells", "statuses"),
    [
        (["s = aim.Session(run='a'); s.track(1, 'loss'); raise KeyboardInterrupt"], {"a": "interrupted"}),
        (["s = aim.Session(run='a')", "s.track(1, 'loss'); 1 / 0", "s.close()"], {"a": "failed"}),
        (
            ["s = aim.Session(run='a'); s.track(1, 'loss'); raise KeyboardInterrupt", "s = aim.Session(run='b')"],
            {"a": "interrupted", "b": "finished"},
        ),
        (["s = aim.Session(run='a'); s.track(1, 'loss'); 1 / 0", "s.track(2, 'loss')"], {"a": "finished"}),
        (["s = aim.Session(run='a'); s.track(1, 'loss')", "nosuch"], {"a": "finished"}),
        (
            ["aim.track(1, 'loss'); aim.session().name = 'a'; 1 / 0", "aim.finish()", "aim.session().name = 'b'"],
            {"a": "failed", "b": "finished"},
        ),
        (["with aim.Session(run='a') as s:\n    s.track(1, 'loss'); raise KeyboardInterrupt"], {"a": "interrupted"}),
    ],
)
def test_a_run_ends_as_the_last_cell_that_recorded_it(
    cells: list[str], statuses: dict[str, str], tmp_path: Path
) -> None:
    package = tmp_path / "packages" / "IPython"
    package.mkdir(parents=True)
    package.joinpath("__init__.py").write_text(SHELL)
    code = f"import IPython\nfor cell in {['import aim', *cells]!r}:\n    IPython.get_ipython().run_cell(cell)\n"
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "packages")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True)
    runs = [read_back(tmp_path, run_hash) for run_hash in hashes_in(tmp_path)]
    assert {run.state.name: run.status for run in runs} == statuses
