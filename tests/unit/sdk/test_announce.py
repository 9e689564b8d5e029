"""The one line at the start of a run: where it records, and how to look; and when it is not printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.sdk.reading import hashes_in, read_back


def run_script(code: str, folder: Path, **environment: str) -> str:
    """What a script prints to stderr, without AIM_QUIET."""
    env = {name: value for name, value in os.environ.items() if name not in ("AIM_QUIET", "AIM_STRICT")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**env, **environment}, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


FOUR = """
import aim
aim.set_params({"lr": 0.1})
aim.track(1, "loss")
with aim.Session(experiment="e", run="mine") as session:
    pass
with aim.Run(session.hash) as run:  # once for a run
    pass
"""


def test_a_run_says_where_it_records_and_how_to_look(tmp_path: Path) -> None:
    lines = run_script(FOUR, tmp_path).splitlines()
    (first,) = [read_back(tmp_path, h).state.name for h in hashes_in(tmp_path) if read_back(tmp_path, h).points]
    look = f"in {tmp_path}/.aim; to look at them: aim up --repo {tmp_path}"
    assert lines == [
        f"aim: metrics and params are recorded as run {first!r} of experiment 'default' {look}",
        f"aim: metrics and params are recorded as run 'mine' of experiment 'e' {look}",
    ]


def test_a_run_that_is_resumed_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "with blank"
    folder.mkdir()
    run_script("import aim; aim.Session(experiment='e', run='a').close()", folder)
    assert run_script("import aim; aim.Session(experiment='e', run='a', resume=True).close()", folder) == (
        f"aim: recording continues in run 'a' of experiment 'e' in {folder}/.aim; "
        f"to look at them: aim up --repo '{folder}'\n"
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"AIM_QUIET": "1"},
        {"AIM_WATCHED_RUN": "a" * 24},
        {"AIM_DISABLED": "1"},
        {"RANK": "1", "AIM_ALL_RANKS": "1", "AIM_RUN_HASH": "b" * 24},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_nothing_is_printed(environment: dict[str, str], tmp_path: Path) -> None:
    assert run_script(FOUR, tmp_path, **environment) == ""


@pytest.mark.parametrize("how", ["sys.stderr = None", "sys.stderr.close()", "os.close(2)"])
def test_a_stderr_that_is_not_there_harms_nothing(how: str, tmp_path: Path) -> None:
    run_script(f"import aim, os, sys; {how}; aim.track(1, 'loss')", tmp_path)
    assert read_back(tmp_path).values("loss") == [1.0]
