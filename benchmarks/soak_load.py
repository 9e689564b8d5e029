"""What the soak is exposed to: processes that train, end, begin anew, and are now and then killed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable

from benchmarks.isolated import child_environment

__all__ = ["METRICS", "RUNS", "Trainings"]

PROCESSES = 10
RUNS_EACH = 5
RUNS = PROCESSES * RUNS_EACH
METRICS = 20
"""Sequences of a run: ten names, for train and val."""
KILL_EVERY_S = 180.0
RENEW_EVERY_S = 100.0
"""How often one of a process's five runs ends and another begins."""
AT_THE_END_S = 30.0

# One tick a second: a point in each sequence of five runs. The step is the second since `begin`, so that whoever
# sees a step knows when it was recorded; the first process ticks on the second, the others somewhat later.
_PROGRAM = """
    import math, random, sys, time
    import aim

    repo, begin, delay_s, runs, renew_s, number = sys.argv[1], *map(float, sys.argv[2:])
    names = ["loss", "accuracy", *(f"layer.{i}/norm" for i in range(8))]
    number = int(number)

    def start(at):
        global number
        run = aim.Run(repo=repo, experiment="soak", name=f"soak-{number:04d}")
        run["hparams"] = {"lr": 10 ** -random.uniform(1, 4), "batch_size": random.choice([16, 32, 64])}
        number += 1
        return [run, at, random.random()]

    step = int(time.time() - begin) + 1
    held = [start(step) for _ in range(int(runs))]
    renewed, oldest = time.time() + random.random() * renew_s, 0
    while True:
        time.sleep(max(0.0, begin + step + delay_s - time.time()))
        for run, first, noise in held:
            base = math.exp(-(step - first) / 600) + 0.1 * noise
            for subset, by in (("train", 1.0), ("val", 1.3)):
                values = {name: base * by * (i + 1) + 0.02 * random.random() for i, name in enumerate(names)}
                run.track(values, step=step, context={"subset": subset})
        step = max(step + 1, int(time.time() - begin - delay_s))
        if renew_s and time.time() - renewed > renew_s:
            held[oldest][0].close()
            held[oldest] = start(step)
            renewed, oldest = time.time(), (oldest + 1) % len(held)
"""


class Trainings:
    """Processes of five runs each, kept at their number.

    Args:
        repo: The folder that holds the ``.aim``.
        seconds: How long the soak lasts; nothing is killed near its end.
        clock: Monotonic seconds.
    """

    def __init__(self, repo: str, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.begin = float(int(time.time()))
        """Unix seconds of step 0."""
        self.killed = 0
        """Processes ended with SIGKILL."""
        self._repo = repo
        self._clock = clock
        self._next_kill = clock() + KILL_EVERY_S
        self._last_kill = clock() + seconds - AT_THE_END_S
        self._next_number = 0
        self._processes = [self._start(i) for i in range(PROCESSES)]

    def _start(self, place: int) -> subprocess.Popen[bytes]:
        number, self._next_number = self._next_number, self._next_number + 1000
        # the first process is never killed and keeps its runs: it sets the pace that the page is measured by
        renew_s = 0.0 if place == 0 else RENEW_EVERY_S
        arguments = (self._repo, self.begin, place / PROCESSES, RUNS_EACH, renew_s, number)
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(_PROGRAM), *map(str, arguments)], env=child_environment()
        )

    def tend(self) -> str:
        """Kill one now and then, and put another in its place. Returns what is wrong, if anything."""
        for process in self._processes:
            if process.poll() is not None:
                return f"a training ended by itself with {process.returncode}"
        now = self._clock()
        if self._next_kill <= now < self._last_kill:
            self._next_kill = now + KILL_EVERY_S
            place = 1 + self.killed % (PROCESSES - 1)
            self._processes[place].kill()
            self._processes[place].wait()
            self.killed += 1
            self._processes[place] = self._start(place)
        return ""

    def end(self) -> None:
        """End all."""
        for process in self._processes:
            process.kill()
            process.wait()
