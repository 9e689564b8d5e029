"""Other readers of event files, measured beside ours: TensorBoard's EventAccumulator, its data server, tbparse.

They are in an environment of their own, ``.venvs/rivals``, which ``python -m benchmarks --rivals`` makes. As a program
(``python rivals.py NAME LOGS``, by the Python of that environment, which has no Aim) this module reads the logs with
one of them and prints what that took, and how many points it found.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RIVALS", "Reading", "Rival", "are_there", "make", "read_by"]

_ENVIRONMENT = Path(__file__).resolve().parents[1] / ".venvs" / "rivals"
_PACKAGES = ("tensorboard", "tensorboard-data-server", "tbparse")


@dataclass(frozen=True)
class Rival:
    """Another reader.

    Attributes:
        name: For the command line of this module.
        title: For people.
        share: How large a part of the runs it is given, since all would take it minutes; its time is scaled up.
    """

    name: str
    title: str
    share: float


RIVALS = (
    Rival("server", "TensorBoard's data server, `--load_fast`, which verifies no checksums", 1.0),
    Rival("checking_server", "the data server with `--checksum`", 1.0),
    Rival("accumulator", "TensorBoard's EventAccumulator without TensorFlow", 0.05),
    Rival("tbparse", "tbparse", 0.05),
)


def _python() -> Path:
    return _ENVIRONMENT / "bin" / "python"


def are_there() -> bool:
    """Whether the environment was made."""
    return (_ENVIRONMENT / ".stamp").exists()


def make() -> None:
    """Make the environment, about 400 MB, unless it is there.

    Raises:
        CalledProcessError: pip gave up.
    """
    if are_there():
        return
    print(f"making .venvs/{_ENVIRONMENT.name}: {' '.join(_PACKAGES)}", flush=True)
    if not _python().exists():
        subprocess.run([sys.executable, "-m", "venv", str(_ENVIRONMENT)], check=True)
    install = [str(_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *_PACKAGES], check=True)
    (_ENVIRONMENT / ".stamp").touch()


@dataclass(frozen=True)
class Reading:
    """What a reading took.

    Attributes:
        seconds: From the clock, imports left out.
        cpu_seconds: Of all threads, imports left out where the reader is Python.
        points: How many it found; 0 if it does not say.
    """

    seconds: float
    cpu_seconds: float
    points: int


def read_by(rival: Rival, logs: Path) -> Reading:
    """Read logs in a fresh process."""
    command = [str(_python()), __file__, rival.name, str(logs)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    seconds, cpu_seconds, points = done.stdout.split()[-3:]
    return Reading(float(seconds), float(cpu_seconds), int(points))


# ---- run by the other environment's Python


def _accumulator(logs: Path) -> Reading:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    begin, cpu_begin = time.perf_counter(), time.process_time()
    points = 0
    for directory in sorted(logs.iterdir()):
        events = EventAccumulator(str(directory), size_guidance={"scalars": 0, "tensors": 0})
        events.Reload()
        points += sum(len(events.Scalars(tag)) for tag in events.Tags()["scalars"])
    return Reading(time.perf_counter() - begin, time.process_time() - cpu_begin, points)


def _tbparse(logs: Path) -> Reading:
    from tbparse import SummaryReader

    begin, cpu_begin = time.perf_counter(), time.process_time()
    points = len(SummaryReader(str(logs)).scalars)
    return Reading(time.perf_counter() - begin, time.process_time() - cpu_begin, points)


def _server(logs: Path, *more: str) -> Reading:
    import tensorboard_data_server

    # it keeps every point, as we do, and says itself how long it read
    command = [tensorboard_data_server.server_binary(), "--logdir", str(logs), "--samples-per-plugin", "scalars=all"]
    command += ["--reload", "once", "--port", "0", "--verbose", *more]
    found = None
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if found := re.search(r"Finished load cycle \(([\d.]+)(m?s)\)", line):
                    break
        finally:
            process.kill()
    if found is None:
        raise RuntimeError("the data server did not say that it had read the logs")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # how many points it holds is only told over gRPC
    return Reading(float(found[1]) / (1000 if found[2] == "ms" else 1), used.ru_utime + used.ru_stime, 0)


def _checking_server(logs: Path) -> Reading:
    return _server(logs, "--checksum")


_READERS: dict[str, Callable[[Path], Reading]] = {
    "accumulator": _accumulator,
    "tbparse": _tbparse,
    "server": _server,
    "checking_server": _checking_server,
}

if __name__ == "__main__":
    _, name, folder = sys.argv
    reading = _READERS[name](Path(folder))
    print(reading.seconds, reading.cpu_seconds, reading.points)
