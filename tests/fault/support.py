"""What the fault tests share: real child processes, and reading back what they left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aim
from aim.schema.names import canonical_context, is_run_hash
from aim.schema.records import POINT_RECORD, POINT_RECORD_BYTES
from aim.schema.runstate import LossLedger, RunState
from aim.storage.reading.events import read_run
from aim.storage.reading.source import RunDirectorySource
from aim.storage.reading.status import Status
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import resolve_repo

ROOT = Path(__file__).resolve().parents[2]
CHILD_LIMIT_S = 120.0
"""A child that takes longer hangs; no test waits this long otherwise."""

Points = dict[tuple[str, str], list[tuple[int, float]]]
"""(metric name, canonical context) -> (step, value) of each point, in the order written."""


def child_environment(**extra: str) -> dict[str, str]:
    """The environment of a training process: not strict, and able to import these helpers."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIM_")}
    return {**env, "AIM_QUIET": "1", "PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "", **extra}


def command(source: str, *arguments: str) -> list[str]:
    """The command line that runs `source` as a program."""
    return [sys.executable, "-c", textwrap.dedent(source), *arguments]


def start_child(source: str, *arguments: str, cwd: Path, **extra: str) -> subprocess.Popen[str]:
    """Start a program; its output and input are pipes."""
    return subprocess.Popen(
        command(source, *arguments),
        cwd=cwd,
        env=child_environment(**extra),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_child(
    source: str, *arguments: str, cwd: Path, returns: int = 0, **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, which must be `returns`."""
    return _run(command(source, *arguments), cwd, returns, extra)


def run_script(
    script: Path, *arguments: str, cwd: Path, returns: int = 0, **extra: str
) -> subprocess.CompletedProcess[str]:
    """The same for a program in a file."""
    return _run([sys.executable, str(script), *arguments], cwd, returns, extra)


def _run(line: list[str], cwd: Path, returns: int, extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        line,
        cwd=cwd,
        env=child_environment(**extra),
        capture_output=True,
        text=True,
        timeout=CHILD_LIMIT_S,
    )
    assert done.returncode == returns, f"returned {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def said(done: subprocess.CompletedProcess[str]) -> Any:
    """What a child printed, as JSON."""
    return json.loads(done.stdout)


def warnings_in(text: str) -> list[str]:
    """The warnings of ours in what a child wrote to stderr."""
    return [line for line in text.splitlines() if "AimWarning" in line]


@dataclass
class Found:
    """A run as a reader finds it."""

    state: RunState
    status: Status
    loss: LossLedger
    points: Points
    undeclared: int = 0
    """Records whose sequence was never declared, zeros aside."""
    unreadable_lines: int = 0
    times: dict[tuple[str, str], list[float]] = field(default_factory=dict)


def layout_of(repo: Path) -> RepoLayout:
    """The layout of the repo in a folder."""
    return resolve_repo(repo)


def run_hashes(repo: Path) -> list[str]:
    """The runs of the repo in a folder, by hash."""
    return sorted(filter(is_run_hash, os.listdir(layout_of(repo).runs)))


def only_run(repo: Path) -> str:
    """The hash of the one run there is."""
    (run_hash,) = run_hashes(repo)
    return run_hash


def read_points_of(run_dir: str, run_hash: str) -> tuple[Points, int, dict[tuple[str, str], list[float]]]:
    """All points of a run by the standard library alone, and how many records have no declaration."""
    files = read_run(run_dir, run_hash)
    points: Points = {}
    times: dict[tuple[str, str], list[float]] = {}
    undeclared = 0
    for stream in files.points:
        declared = files.state.writers[stream.writer].sequences
        with open(stream.path, "rb") as file:
            data = file.read()
        usable = len(data) - len(data) % POINT_RECORD_BYTES
        for number, _, step, time, value in POINT_RECORD.iter_unpack(data[:usable]):
            sequence = declared.get(number)
            if sequence is None:
                undeclared += number != 0
                continue
            key = (sequence.name, sequence.context)
            points.setdefault(key, []).append((step, value))
            times.setdefault(key, []).append(time)
    return points, undeclared, times


def read_back(repo: Path, run_hash: str | None = None) -> Found:
    """A run as its files and markers tell it, the way every reader of ours sees it."""
    layout = layout_of(repo)
    run_hash = only_run(repo) if run_hash is None else run_hash
    source = RunDirectorySource(layout)
    source.scan({})
    reading = source.read_run(run_hash)
    points, undeclared, times = read_points_of(layout.run_dir(run_hash), run_hash)
    return Found(
        state=reading.state,
        status=source.standing(reading.state),
        loss=reading.loss,
        points=points,
        undeclared=undeclared,
        unreadable_lines=reading.unreadable_lines,
        times=times,
    )


def assert_repo_agrees(repo: Path) -> None:
    """What aim.Repo answers, through the index, is what the files of each run say."""
    with aim.Repo(repo) as reader:
        runs = {run.hash: run for run in reader.iter_runs()}
        for run_hash in run_hashes(repo):
            plain = read_back(repo, run_hash)
            if not plain.state.writers:
                continue
            run = runs[run_hash]
            assert run.status.value == plain.status.value
            assert run.params == plain.state.params
            assert run.loss == plain.loss
            if len(plain.state.writers) > 1:
                continue  # which attempt is shown is the index's own matter
            shown = {
                (metric.name, canonical_context(metric.context)): list(
                    zip(metric.steps.tolist(), metric.values.tolist(), strict=True)
                )
                for metric in run.metrics()
            }
            assert shown == plain.points
