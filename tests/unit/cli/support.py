"""What the tests of the commands share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

import aim

Aim = Callable[..., Result]


def record(
    repo: Path, *, name: str | None = None, experiment: str = "default", lr: float = 0.1, points: int = 5
) -> str:
    """A finished run with two sequences; returns its hash."""
    with aim.Session(repo=repo, experiment=experiment, run=name) as session:
        session.set_params({"lr": lr, "optimizer": "sgd"})
        for step in range(points):
            session.track(1 / (step + 1), name="loss", subset="train")
            session.track(2 / (step + 1), name="loss", epoch=step, subset="val")
    return session.run_hash


def run_process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command."""
    command = [str(Path(sys.executable).parent / "aim"), *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
