"""`make demo`: record a real training in several runs, ask for some of its curves, then watch one live.

The repo is ``demo/.aim``. Runs that are there already are kept and not recorded again. Where nobody watches (CI is
set, or the output is no terminal) everything is done once, briefly, and the script ends; else the last part goes on
until Ctrl-C. Use ``make demo DEMO_REPO=...`` for another folder.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPO = Path(os.environ.get("DEMO_REPO") or ROOT / "demo")
EXAMPLE = ROOT / "examples" / "digits_numpy.py"
AIM = [sys.executable, "-m", "aim.cli.main"]

QUERY = "loss if context.subset == val and params.lr > 0.001"


def say(text: str) -> None:
    """A headline."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def aim(*arguments: str) -> None:
    """Show an aim command and run it on the demo's repo."""
    say("$ aim " + shlex.join(arguments))
    subprocess.run([*AIM, *arguments, "--repo", str(REPO)], check=True)


def count_runs() -> int:
    """Runs in the demo's repo."""
    runs = REPO / ".aim" / "runs"
    return len(list(runs.iterdir())) if runs.is_dir() else 0


def main() -> int:
    """Record, query, watch."""
    watched = sys.stdout.isatty() and not os.environ.get("CI")
    REPO.mkdir(parents=True, exist_ok=True)
    if count_runs():
        say(f"{REPO} holds {count_runs()} runs already; remove the folder to record them anew")
    else:
        say(f"Recording six trainings into {REPO}")
        subprocess.run([sys.executable, str(EXAMPLE), "--repo", str(REPO)], check=True)
    aim("runs", "ls")
    aim("query", QUERY)

    say("One more training, live" + (" (Ctrl-C ends)" if watched else ""))
    slow = ["--epochs", "400", "--delay", "0.05"] if watched else ["--epochs", "3"]
    command = [sys.executable, str(EXAMPLE), "--repo", str(REPO), "--lr", "0.02", "--hidden", "32", *slow]
    # of its own session: Ctrl-C is for the one who watches
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL if watched else None}
    training = subprocess.Popen(command, start_new_session=True, **quiet)
    try:
        if watched:
            watching = subprocess.Popen([*AIM, "watch", "--repo", str(REPO)])
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            watching.wait()
        else:
            training.wait()
            aim("watch")
    finally:
        if training.poll() is None:
            training.terminate()
        training.wait()
    say(f"Try it yourself: cd {REPO}; {Path(sys.executable).parent / 'aim'} query 'accuracy if params.hidden == 64'")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
