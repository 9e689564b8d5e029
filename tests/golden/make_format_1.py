"""Makes the repo of format 1 in this folder: ``python -m tests.golden.make_format_1``.

It was run once. A golden repo is never made again, or it would show what today's code writes; a new format gets a
script and a folder of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent / "format-1"

BEGIN_S = 1_700_000_000.0
"""14 November 2023, 22:13:20 UTC."""
_now = BEGIN_S


def at(seconds: float) -> None:
    """Set the clock to so many seconds after the beginning."""
    global _now
    _now = BEGIN_S + seconds


time.time = lambda: _now  # before aim is imported, which keeps the function

import aim  # noqa: E402
from aim.storage.repo import markers  # noqa: E402
from aim.storage.writing import open_run  # noqa: E402

markers.host_name = open_run.host_name = lambda: "golden"  # type: ignore[attr-defined]


def baseline() -> None:
    """A run that ended: contexts of every type, epochs, odd values, params, tags, records, a call that was refused."""
    at(0)
    run = aim.Run(repo=".", experiment="digits", name="baseline")
    nested = {"a": {"b": True}}
    run["hparams"] = {"lr": 0.01, "layers": [64, 32], "dropout": None, "nested": nested, "nan": float("nan")}
    run["removed"] = 1
    del run["removed"]
    run.set_params({"lr": 0.02, "näme": "größe ☃"}, name="hparams")
    for step in range(20):
        at(1 + step)
        run.track(1.0 / (step + 1), "loss", epoch=step // 10, context={"subset": "train"})
        if step % 5 == 4:
            run.track(2.0 / (step + 1), "loss", step=step, epoch=(step + 1) / 10, context={"subset": "val"})
    at(30)
    run.track({"accuracy": 0.5, "größe ☃/x": -1.5})
    for number, context in enumerate([{"fold": 1}, {"fold": 1.0}, {"fold": True}, {"fold": "1"}, {"fold": [1, None]}]):
        run.track(float(number), "folds", context=context)
    odd = [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 2**53]
    run.track_many("odd", odd, steps=[-(2**63), -1, 0, 7, 7, 2**63 - 1])
    run.track("no number", "loss")
    run.add_tag("first")
    run.add_tag("dropped")
    run.remove_tag("dropped")
    run.description = "The first run.\nIt has two lines."
    run.add_record("checkpoint", {"path": "model.pt", "step": 19})
    at(40)
    run.close()


def killed() -> None:
    """The first writer of a run: it dies after ten points, the last of them cut off in the middle."""
    at(100)
    run = aim.Run(repo=".", experiment="digits", name="resumed")
    run["hparams"] = {"lr": 0.1, "layers": [8]}
    for step in range(10):
        at(101 + step)
        run.track(100.0 + step, "loss", context={"subset": "train"})
        run.track(step, "lr")
    points = next(Path(".aim", "runs", run.hash).glob("*.points"))
    os.truncate(points, points.stat().st_size - 5)
    os.kill(os.getpid(), signal.SIGKILL)


def resumed() -> None:
    """The second writer: it goes back to step 6, which hides what the first one had from there on, and fails."""
    at(200)
    try:
        with aim.Run(repo=".", experiment="digits", name="resumed", resume=True) as run:
            run["hparams", "lr"] = 0.05
            for step in range(6, 12):
                at(201 + step)
                run.track(200.0 + step, "loss", step=step, context={"subset": "train"})
            at(220)
            raise ValueError("no good")
    except ValueError:
        pass


def edits() -> None:
    """Edits from outside, by writers of their own."""
    at(300)
    repo = aim.Repo(".")
    (run,) = repo.query_runs("run.name == 'resumed'")
    run.add_tag("review")
    run.add_note("Diverges after step 9.")
    first = run.add_note("To be edited.")
    at(301)
    run.set_note(first, "Edited.")
    run.archived = True
    run.archived = False
    (other,) = repo.query_runs("run.name == 'baseline'")
    other.set_note(other.add_note("To be deleted."), None)


def killed_again() -> None:
    """The third writer: it goes on after the second one and dies, too. Its marker stays in ``active``."""
    at(400)
    run = aim.Run(repo=".", experiment="digits", name="resumed", resume=True)
    for value in (312.0, 313.0):
        at(_now - BEGIN_S + 1)
        run.track(value, "loss", context={"subset": "train"})
    os.kill(os.getpid(), signal.SIGKILL)


STEPS = (baseline, killed, resumed, edits, killed_again)


def main() -> None:
    """Make the repo, step by step in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            line = [sys.executable, "-m", "tests.golden.make_format_1", step.__name__]
            environment = {"PYTHONPATH": str(GOLDEN.parents[2]), "PATH": os.environ["PATH"]}
            subprocess.run(line, cwd=folder, env=environment, check=step not in (killed, killed_again))
        repo = Path(folder, ".aim")
        for name in ("index", "aside"):
            shutil.rmtree(repo / name, ignore_errors=True)
        (repo / ".clock").unlink(missing_ok=True)
        shutil.copytree(repo, GOLDEN)


if __name__ == "__main__":
    if sys.argv[1:]:
        name, sys.argv[:] = sys.argv[1], ["train.py", "--lr", "0.01"]
        {step.__name__: step for step in STEPS}[name]()
    else:
        main()
