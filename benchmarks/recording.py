"""The write path: what a call costs the training, and how much memory sequences take."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import aim
from aim.schema.records import NO_EPOCH, POINT_RECORD
from benchmarks.corpus import METRICS, SUBSETS, Corpora, params_of
from benchmarks.figures import Figure
from benchmarks.isolated import child_environment, isolated, median_of, timed

__all__ = ["bulk", "dict_call", "memory", "open_close", "track"]

_CALLS = 20_000
_ROUNDS = 7


def track(corpora: Corpora) -> list[Figure]:
    """One point at a time, against the least that any recorder must do."""
    found = isolated(_track, corpora.new_folder("track"))
    floor, session, module = found["floor_us"], found["session_us"], found["module_us"]
    return [
        Figure(
            "`session.track(value, name, subset=...)` over the floor: packing a record and one 32-byte `write(2)`",
            found["session_ratio"],
            "times",
            3.0,
            f"{session:.2f} us over {floor:.2f} us",
            "6.7 us buffered in memory, 26 us until its file has it",
        ),
        Figure("the same by `aim.track`", found["module_ratio"], "times", 3.0, f"{module:.2f} us"),
        Figure(
            "the same, 99th percentile of single calls",
            found["p99_us"],
            "us",
            10,
            f"floor: {found['floor_p99_us']:.2f} us",
        ),
    ]


def _track(folder: str) -> dict[str, float]:
    os.chdir(folder)
    session = aim.Session(repo=folder)
    aim.track(1.0, "loss", subset="train")
    session.track(1.0, "loss", subset="train")
    fd = os.open("floor", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    pack, write, now = POINT_RECORD.pack, os.write, time.time()

    def floor(calls: int) -> float:
        with timed() as timing:
            for step in range(calls):
                write(fd, pack(1, NO_EPOCH, step, now, 1.0))
        return timing.seconds / calls

    def by(record: Any) -> float:
        with timed() as timing:
            for _ in range(_CALLS):
                record(1.0, "loss", subset="train")
        return timing.seconds / _CALLS

    rounds = [(floor(_CALLS), by(session.track), by(aim.track)) for _ in range(_ROUNDS)]
    # each round for itself: something else that ran on the machine for a moment is not what a call costs
    tails = [_tails(session.track, fd) for _ in range(_ROUNDS)]
    return {
        "floor_us": median(r[0] for r in rounds) * 1e6,
        "session_us": median(r[1] for r in rounds) * 1e6,
        "module_us": median(r[2] for r in rounds) * 1e6,
        "session_ratio": median(r[1] / r[0] for r in rounds),
        "module_ratio": median(r[2] / r[0] for r in rounds),
        "p99_us": median(tail[0] for tail in tails) / 1e3,
        "floor_p99_us": median(tail[1] for tail in tails) / 1e3,
    }


def _tails(record: Any, fd: int) -> tuple[int, int]:
    """The 99th percentile in ns of single calls, of `record` and of the floor, by turns."""
    ours: list[int] = []
    floor: list[int] = []
    clock, pack, write, now = time.perf_counter_ns, POINT_RECORD.pack, os.write, time.time()
    for step in range(2 * _CALLS):
        begin = clock()
        record(1.0, "loss", subset="train")
        middle = clock()
        write(fd, pack(1, NO_EPOCH, step, now, 1.0))
        end = clock()
        ours.append(middle - begin)
        floor.append(end - middle)
    return sorted(ours)[len(ours) * 99 // 100], sorted(floor)[len(floor) * 99 // 100]


def dict_call(corpora: Corpora) -> list[Figure]:
    """50 metrics in one call."""
    bare, placed = isolated(_dict_call, corpora.new_folder("dict"))
    return [
        Figure("50 metrics in one dict call, a metric", bare, "us", 0.8, others="1.6 us; 4.3 until in its file"),
        Figure("the same with `step=` and `context=`, a metric", placed, "us", 0.8),
    ]


def _dict_call(folder: str) -> tuple[float, float]:
    metrics = {f"metric_{i}": float(i) for i in range(50)}
    steps = itertools.count()
    with aim.Run(repo=folder) as run:

        def bare() -> None:
            run.track(metrics)

        def placed() -> None:
            run.track(metrics, step=next(steps), context={"subset": "train"})

        return _us_a_metric(bare, len(metrics)), _us_a_metric(placed, len(metrics))


def _us_a_metric(call: Callable[[], None], metrics: int) -> float:
    calls = 2_000

    def once() -> float:
        with timed() as timing:
            for _ in range(calls):
                call()
        return timing.seconds / calls / metrics * 1e6

    call()
    return median_of(_ROUNDS, once)


def open_close(corpora: Corpora) -> list[Figure]:
    """A run with params and no points."""
    value = isolated(_open_close, corpora.new_folder("open"))
    return [Figure("open and close of a run with 20 params", value, "ms", 4, others="4 ms")]


def _open_close(folder: str) -> float:
    def once() -> float:
        with timed() as timing:
            run = aim.Run(repo=folder)
            run["params"] = params_of(7)
            run.close()
        return timing.seconds * 1e3

    once()
    return median_of(100, once)


def bulk(corpora: Corpora) -> list[Figure]:
    """Many runs one after another through the public API."""
    seconds = isolated(_bulk, corpora.new_folder("bulk"), 1_000)
    return [
        Figure(
            "writing 1,000 runs x 10 sequences x 200 points with 20 nested params, one process, one `track` a point",
            seconds,
            "s",
            15,
            "until the process has ended its last sync",
            "158 s; Aim 3: 679 s and 3 GB",
        )
    ]


def _bulk(folder: str, runs: int) -> float:
    from aim.storage.writing.sync import syncer

    sequences = [(metric, subset) for metric in METRICS for subset in SUBSETS]
    with timed() as timing:
        for number in range(runs):
            with aim.Session(repo=folder) as session:
                for name, params in params_of(number).items():
                    session.set_params(params, name=name)
                record = session.track
                for _ in range(200):
                    for metric, subset in sequences:
                        record(random.random(), metric, subset=subset)
        syncer.wait_for_round(60)
    return timing.seconds


_TRAINING = """
import sys
import aim
with aim.Session(repo=".") as session:
    session.set_params({"lr": 0.1})
    for _ in range(100):
        for number in range(int(sys.argv[1])):
            session.track(0.5, f"metric_{number // 2}", subset=("train", "val")[number % 2])
    print(*[line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")])
"""


def memory(corpora: Corpora) -> list[Figure]:
    """What sequences cost a training process."""

    def peak_bytes(sequences: int) -> int:
        # nothing but aim in the process: what the benchmarks import would hide what the sequences take
        command = [sys.executable, "-c", _TRAINING, str(sequences)]
        folder = corpora.new_folder("memory")
        environment = child_environment()
        done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return int(done.stdout) * 1024

    none, many = (median(peak_bytes(sequences) for _ in range(3)) for sequences in (0, 1_000))
    return [
        Figure(
            "memory of a training process with 1,000 sequences over one with none",
            (many - none) / 1e6,
            "MB",
            15,
            f"{many / 1e6:.1f} over {none / 1e6:.1f} MB",
        )
    ]
