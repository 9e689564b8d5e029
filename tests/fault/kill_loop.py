"""Kill writers at random moments and count what is lost of what they were told is recorded.

    python -m tests.fault.kill_loop --kills 200 --writers 4

Each writer is a process of its own that records into a run of its own, and after each call that returned tells the
number of that call through a pipe: the acknowledgement. What the n-th call records follows from n. One of the writers
is killed with SIGKILL at a random moment, another takes its place. In the end every run directory is read: each point
of each acknowledged call must be there, with its value, and nothing that no call recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aim
from aim.schema.names import canonical_context
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from tests.fault.support import child_environment, read_back

_ACKNOWLEDGEMENT = struct.Struct("<Q")
_METRICS_IN_A_DICT = 10
_POINTS_IN_AN_ARRAY = 50
_LONGEST_WAIT_S = 0.04
"""Kills come at random moments, at most so long after one another."""
_ANY_TIME = 0.1
"""This share of the kills does not care whether the victim records already: they hit the import, the opening of the
run, the first declaration."""

Call = list[tuple[str, str, int, float]]
"""What one call records: (name, canonical context, step, value) of each point."""

_TRAIN = canonical_context({"subset": "train"})
_VAL = canonical_context({"subset": "val", "fold": 3})


def value_of(name: str, step: int) -> float:
    """The value of a point, told by its place alone."""
    return len(name) * 1e6 + step / 8


def calls() -> Iterator[Call]:
    """What the calls of a writer record, in their order."""
    number = one = many = array = 0
    while True:
        number += 1
        if number % 50 == 0:
            steps = range(array, array + _POINTS_IN_AN_ARRAY)
            yield [("array", _VAL, step, value_of("array", step)) for step in steps]
            array += _POINTS_IN_AN_ARRAY
        elif number % 10 == 0:
            names = [f"metric {i}" for i in range(_METRICS_IN_A_DICT)]
            yield [(name, "{}", many, value_of(name, many)) for name in names]
            many += 1
        elif number % 37 == 0:  # a new sequence: its declaration goes before
            name = f"late {number}"
            yield [(name, _TRAIN, 0, value_of(name, 0))]
        else:
            yield [("loss", _TRAIN, one, value_of("loss", one))]
            one += 1


def write_until_killed(repo: str) -> None:
    """The writer process: record, acknowledge, and so on; ends only by a signal."""
    acknowledge = sys.stdout.fileno()
    run = aim.Run(repo=repo)
    run["hparams"] = {"lr": 0.1}
    os.write(acknowledge, run.hash.encode("ascii"))
    for number, points in enumerate(calls(), 1):
        name, context, step, value = points[0]
        if len(points) == 1:
            run.track(value, name, context=json.loads(context), step=None if number % 2 else step)
        elif name == "array":
            run.track_many(name, [point[3] for point in points], context=json.loads(context))
        else:
            run.track({point[0]: point[3] for point in points}, epoch=step / 10)
        os.write(acknowledge, _ACKNOWLEDGEMENT.pack(number))
        if number % 100 == 0:
            run["progress", "calls"] = number


@dataclass
class Writer:
    """A writer process as its observer sees it."""

    process: subprocess.Popen[bytes]
    received: bytearray = field(default_factory=bytearray)

    @classmethod
    def start(cls, repo: Path) -> Writer:
        """Start one."""
        code = f"from tests.fault.kill_loop import write_until_killed; write_until_killed({str(repo)!r})"
        return cls(
            subprocess.Popen(
                [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=child_environment()
            )
        )

    @property
    def pipe(self) -> int:
        """What acknowledgements come from."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def read(self) -> None:
        """Take what the pipe holds now.

        Raises:
            EOFError: the writer ended by itself.
        """
        more = os.read(self.pipe, 65536)
        if not more:
            raise EOFError(f"a writer ended by itself with {self.process.wait()}")
        self.received += more

    def kill(self) -> None:
        """Kill it and take the acknowledgements it still had given."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        while more := os.read(self.pipe, 65536):
            self.received += more
        assert self.process.stdout is not None
        self.process.stdout.close()
        if self.process.returncode != -signal.SIGKILL:
            raise AssertionError(f"a writer ended by itself with {self.process.returncode}")

    @property
    def run_hash(self) -> str | None:
        """Its run; None if it was killed before it could tell."""
        return self.received[:24].decode("ascii") if len(self.received) >= 24 else None

    @property
    def acknowledged_calls(self) -> int:
        """How many of its calls returned."""
        whole = (len(self.received) - 24) // _ACKNOWLEDGEMENT.size
        if whole <= 0:
            return 0
        return int(_ACKNOWLEDGEMENT.unpack_from(self.received, 24 + (whole - 1) * _ACKNOWLEDGEMENT.size)[0])


@dataclass
class Result:
    """What a kill loop found."""

    kills: int = 0
    runs: int = 0
    killed_before_first_point: int = 0
    acknowledged: int = 0
    """Points whose call returned."""
    lost: int = 0
    """Those of them that are not in the files, or with another value."""
    unacknowledged: int = 0
    """Points of the one call that was under way; they may be there or not."""
    false: int = 0
    """Points in the files that no call recorded."""
    not_crashed: int = 0
    """Runs that read as anything else."""
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills in {self.seconds:.1f} s, {self.runs} runs "
            f"({self.killed_before_first_point} killed before their first point returned)\n"
            f"points acknowledged  {self.acknowledged}\n"
            f"points lost          {self.lost}\n"
            f"points of the call that the kill hit, found complete or in part  {self.unacknowledged}\n"
            f"points that nobody recorded  {self.false}\n"
            f"runs that do not read as crashed  {self.not_crashed}"
        )


def kill_loop(repo: Path, *, kills: int = 200, writers: int = 4, seed: int | None = None) -> Result:
    """Let `writers` processes record and kill one at a time, `kills` times."""
    chance = random.Random(seed)
    create_repo(repo)  # so that a kill may hit a writer before it makes a repo of its own
    result = Result()
    began = time.monotonic()
    living = [Writer.start(repo) for _ in range(writers)]
    dead: list[Writer] = []
    with selectors.DefaultSelector() as selector:
        for writer in living:
            selector.register(writer.pipe, selectors.EVENT_READ, writer)
        while len(dead) < kills:
            eligible = living
            if chance.random() >= _ANY_TIME:
                while not (eligible := [writer for writer in living if writer.acknowledged_calls]):
                    _read_all(selector, None)
            victim = chance.choice(eligible)
            living.remove(victim)
            # the random moment of the kill: pipes are emptied until then
            until = time.monotonic() + chance.uniform(0, _LONGEST_WAIT_S)
            while (left := until - time.monotonic()) > 0:
                _read_all(selector, left)
            selector.unregister(victim.pipe)
            victim.kill()
            dead.append(victim)
            if len(dead) + len(living) < kills:
                living.append(Writer.start(repo))
                selector.register(living[-1].pipe, selectors.EVENT_READ, living[-1])
    result.kills = len(dead)
    for writer in dead:
        _compare(repo, writer, result)
    result.runs = len(os.listdir(RepoLayout(repo / ".aim").runs))
    result.seconds = time.monotonic() - began
    return result


def _read_all(selector: selectors.BaseSelector, timeout_s: float | None) -> None:
    for key, _ in selector.select(timeout_s):
        key.data.read()


def _compare(repo: Path, writer: Writer, result: Result) -> None:
    acknowledged = writer.acknowledged_calls
    result.killed_before_first_point += acknowledged == 0
    if writer.run_hash is None:
        return
    found = read_back(repo, writer.run_hash)
    result.not_crashed += found.status.value != "crashed"
    there = {(*key, step, value) for key, points in found.points.items() for step, value in points}
    count = sum(len(points) for points in found.points.values())
    result.false += found.undeclared + count - len(there)
    for number, points in enumerate(calls(), 1):
        recorded = there.intersection(points)
        if number <= acknowledged:
            result.acknowledged += len(points)
            result.lost += len(points) - len(recorded)
        else:
            result.unacknowledged += len(recorded)
        there -= recorded
        if number > acknowledged:  # one call can be under way
            break
    result.false += len(there)


def main() -> int:
    """The command line; fails if a point is lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=None, help="of the random moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = kill_loop(Path(folder), kills=arguments.kills, writers=arguments.writers, seed=arguments.seed)
    print(result)
    return 1 if result.lost or result.false or result.not_crashed else 0


if __name__ == "__main__":
    sys.exit(main())
