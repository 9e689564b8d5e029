"""Functions in processes of their own: start-up and memory can be measured there only, and nothing warms the next.

As a program (``python -m benchmarks.isolated module function [json arguments]``) it is such a process.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["child_environment", "isolated", "median_of", "peak_bytes", "timed", "until_printed"]

_ROOT = Path(__file__).resolve().parents[1]
_MEASURED_VARIABLES = ("AIM_", "RANK", "LOCAL_RANK", "SLURM_", "OMPI_", "PMI_")


def child_environment() -> dict[str, str]:
    """Our environment without what would change what is measured."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(_MEASURED_VARIABLES)}
    # an installed package has its bytecode; a checkout has it once a child was allowed to write it
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), environment.get("PYTHONPATH")]))
    return environment


def isolated(function: Callable[..., Any], *args: Any) -> Any:
    """What `function` returns when called in a fresh process; arguments and result are plain JSON."""
    command = [sys.executable, "-m", "benchmarks.isolated", function.__module__, function.__name__, json.dumps(args)]
    done = subprocess.run(command, env=child_environment(), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def until_printed(code: str, cwd: str, *args: str) -> float:
    """Seconds from the start of a fresh interpreter to the moment where `code` calls ``done()``."""
    # the clock is the system's monotonic one, the same in both processes
    prelude = "import sys, time\ndef done():\n    print(time.monotonic())\n"
    begin = time.monotonic()
    output = subprocess.run(
        [sys.executable, "-c", prelude + code, *args],
        cwd=cwd,
        env=child_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return float(output.splitlines()[-1]) - begin


def median_of(times: int, measure: Callable[[], float]) -> float:
    """The median of several measurements."""
    return median(measure() for _ in range(times))


class Timing:
    """Filled in when a :func:`timed` block ends."""

    seconds = 0.0


@contextmanager
def timed() -> Iterator[Timing]:
    """Measure the wall time of a block."""
    timing = Timing()
    begin = time.perf_counter()
    yield timing
    timing.seconds = time.perf_counter() - begin


def peak_bytes() -> int:
    """The most memory that this process had in RAM so far. Linux only."""
    # not getrusage: its peak is inherited from the process that started this one
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status tells no peak")


if __name__ == "__main__":
    module, name, arguments = sys.argv[1:]
    print(json.dumps(getattr(importlib.import_module(module), name)(*json.loads(arguments))))
