"""`make demo`: record real training runs, query some of their curves, then serve the UI while one more is running.

The repo is ``demo/.aim``; ``make demo DEMO_REPO=...`` uses another folder. Existing recordings are kept: a second start
records only what is missing, also after one that was stopped in the middle. The UI is served until Ctrl-C. With CI set
the server answers once and everything ends.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import aim

os.environ.setdefault("AIM_QUIET", "1")  # 24 runs are recorded, and listed below
ROOT = Path(__file__).resolve().parent.parent
REPO = Path(os.environ.get("DEMO_REPO") or ROOT / "demo").resolve()
EXAMPLE = ROOT / "examples" / "digits_numpy.py"
AIM = [sys.executable, "-m", "aim.cli.main"]
EXPERIMENT = "digits"

LEARNING_RATES = (0.003, 0.02, 0.1, 0.8)
HIDDEN = (16, 64, 128)
SEEDS = (0, 1)
EPOCHS = 30

QUERY = "loss if context.subset == val and params.lr > 0.01 and params.hidden == 64"

LIVE = ["--lr", "0.005", "--hidden", "32"]
LIVE_WATCHED = ["--epochs", "800", "--delay", "0.1"]  # half an hour
LIVE_BRIEF = ["--epochs", "3"]

ANSWER_S = 60.0
"""How long the server may take to answer for the first time; some machines are slow."""
END_S = 10.0


def say(text: str) -> None:
    """A headline."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def show(*arguments: str) -> None:
    """Show an aim command and run it on the demo's repo."""
    say("$ aim " + shlex.join(arguments))
    subprocess.run([*AIM, *arguments, "--repo", str(REPO)], check=True)


def tags(lr: float, hidden: int) -> list[str]:
    """What a person might have noted about such a run."""
    chosen = ["baseline"] if (lr, hidden) == (0.02, 64) else []
    chosen += ["wide"] if hidden > 100 else []
    chosen += ["too fast"] if lr > 0.5 else []
    return chosen


def missing() -> list[tuple[float, int, int]]:
    """The trainings that were not recorded to their end."""
    wanted = list(itertools.product(LEARNING_RATES, HIDDEN, SEEDS))
    if not (REPO / ".aim").is_dir():
        return wanted
    recorded = set()
    with aim.Repo(REPO) as repo:
        for run in repo.iter_runs():
            if run.experiment == EXPERIMENT and (run.status.value == "finished" or run.active):
                own = run.get("params", {})
                recorded.add((own.get("lr"), own.get("hidden"), own.get("seed")))
    return [training for training in wanted if training not in recorded]


def record() -> None:
    """Train what is missing, some seconds in all."""
    sys.path.insert(0, str(ROOT))
    from examples.digits_numpy import train

    todo = missing()
    if not todo:
        say(f"{REPO} holds the training runs already; remove the folder to record them again")
        return
    say(f"Recording {len(todo)} trainings into {REPO}")
    started = time.monotonic()
    for lr, hidden, seed in todo:
        name = f"lr{lr:g}-h{hidden}-s{seed}"
        # resume: one that was ended in the middle is trained again, as the run's second attempt
        with aim.Session(repo=REPO, experiment=EXPERIMENT, run=name, resume=True) as session:
            accuracy = train(session, lr=lr, hidden=hidden, seed=seed, epochs=EPOCHS)
        print(f"  {name:<14} accuracy on the validation data {accuracy:.3f}", flush=True)
    annotate()
    print(f"Recorded in {time.monotonic() - started:.1f} s")


def annotate() -> None:
    """Tags for the trainings, and a note on the best."""
    with aim.Repo(REPO) as repo:
        accuracies = []
        for metric in repo.query_metrics(f"accuracy if context.subset == val and experiment == '{EXPERIMENT}'"):
            run = metric.run
            lr, hidden = run["params", "lr"], run["params", "hidden"]
            for tag in tags(lr, hidden):
                if tag not in run.tags:
                    run.add_tag(tag)
            accuracies.append((metric.last, run.hash))
        best, run_hash = max(accuracies)
        run = repo.get_run(run_hash)
        if "best" not in run.tags:
            run.add_tag("best")
            run.add_note(
                f"**Best so far**: {best:.1%} of the validation data are read right.\n\n"
                "- with another seed it is nearly as good, so it is no luck\n- next: fewer epochs, a smaller network"
            )


def ends_with_us() -> None:
    """In a child: be ended by the kernel when this script is killed, so that nothing is left behind (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def start(command: list[str], **options: object) -> subprocess.Popen[str]:
    """A child in a separate session: Ctrl-C reaches this script, which ends its children in order."""
    return subprocess.Popen(command, text=True, start_new_session=True, preexec_fn=ends_with_us, **options)  # type: ignore[call-overload, no-any-return]


def end(child: subprocess.Popen[str]) -> None:
    """Ask a child to end, and see that it does."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(END_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def check_answers(url: str) -> None:
    """The page and the API answer."""

    def get(path: str) -> bytes:
        with urllib.request.urlopen(url + path, timeout=ANSWER_S) as answer:
            content: bytes = answer.read()
            return content

    page, info = get(""), json.loads(get("api/v1/info"))
    if b"<script" not in page:
        raise SystemExit(f"{url} answers, but not with the page of the UI")
    print(f"The page answers with {len(page)} bytes; the API: {info['runs']} runs, {info['points']} points")


def stop_on(signal_number: int, frame: object) -> NoReturn:
    """As Ctrl-C."""
    raise KeyboardInterrupt


def look(is_watched: bool) -> int:
    """One more training in the background, and the UI."""
    say("$ aim up")
    if is_watched:
        print("One more training is running meanwhile; press Ctrl-C to stop both.", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL if is_watched else None}
    live = [*LIVE, *(LIVE_WATCHED if is_watched else LIVE_BRIEF)]
    training = start([sys.executable, str(EXAMPLE), "--repo", str(REPO), "--experiment", EXPERIMENT, *live], **quiet)
    children: list[Callable[[], None]] = [lambda: end(training)]
    try:
        if is_watched:
            server = start([*AIM, "up", "--repo", str(REPO)])
            children.insert(0, lambda: end(server))
            return server.wait()
        server = start([*AIM, "up", "--repo", str(REPO), "--port", "0", "--no-open"], stdout=subprocess.PIPE)
        children.insert(0, lambda: end(server))
        assert server.stdout is not None
        url = next((line.split()[-1] for line in server.stdout if line.startswith("Aim serves")), None)
        if url is None:
            print("the server printed no address", file=sys.stderr)
            return 1
        print(f"Aim serves {REPO} at {url}")
        check_answers(url)
        return training.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C leaves nothing behind either
        for finish in children:
            finish()


def main() -> int:
    """Record, query, look."""
    is_watched = not os.environ.get("CI")
    # matrices this small are slower on several cores, and much slower on busy ones; read when numpy is loaded
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    signal.signal(signal.SIGINT, stop_on)  # a shell that starts this in the background has it ignored
    signal.signal(signal.SIGTERM, stop_on)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # else it was started with nohup
        signal.signal(signal.SIGHUP, stop_on)
    try:
        REPO.mkdir(parents=True, exist_ok=True)
        record()
        show("query", QUERY)
        code = look(is_watched)
    except KeyboardInterrupt:
        print("\nStopped before the end; `make demo` continues from here.", file=sys.stderr)
        return 130
    say(f"Try it yourself: cd {REPO}; {Path(sys.executable).parent / 'aim'} query 'accuracy if params.hidden == 64'")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
