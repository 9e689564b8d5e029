"""TensorBoard logs in place: reading event files, and the way from a folder to answers."""

from __future__ import annotations

import os
import random
import shutil
import struct
import time
from importlib import import_module
from pathlib import Path
from statistics import median

import google_crc32c

from benchmarks import rivals
from benchmarks.corpus import Corpora
from benchmarks.figures import Figure
from benchmarks.isolated import isolated, peak_bytes, timed

__all__ = ["tensorboard_logs"]

RUNS, STEPS = 100, 2_000
TAGS = ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "learning_rate")
DIRECTORIES = 10_000
LARGE_COPIES = 20
_OTHERS = "TensorBoard's data server 0.52 s, a plain Python reader 1.4 s, EventAccumulator 17-24 s, tbparse 19 s"
_ROUNDS = 5


def tensorboard_logs(corpora: Corpora) -> list[Figure]:
    """A million scalar events in 100 files, and 10,000 directories."""
    folder = corpora.folder / "tensorboard"
    logs = folder / "logs"
    _write_logs(logs)
    size = sum(path.stat().st_size for path in logs.rglob("*tfevents*")) / 1e6
    reading, beside = _reading(logs, folder / "sample")
    cold = median(isolated(_open, str(logs), str(folder / f"cold{i}")) for i in range(3))
    warm = [isolated(_open, str(logs), str(folder / "cold0")) for _ in range(3)]
    many = folder / "many"
    _write_directories(many)
    large = folder / "large"
    _write_large(logs, large)
    memory = isolated(_peak, str(large), str(folder / "peak")) / 1e6
    large_size = sum(path.stat().st_size for path in large.rglob("*tfevents*")) / 1e6
    return [
        Figure(f"reading 1 million scalar events, {size:.0f} MB, checksums verified", reading, "s", 1.2, "", _OTHERS),
        *beside,
        Figure("`--tf_logs` of the same until all is queryable, no index before", cold, "s", 3.0, "without imports"),
        Figure("the same with nothing new", median(warm), "s", 0.3, "without imports"),
        Figure(
            f"finding the event files in {DIRECTORIES:,} directories",
            median(isolated(_walk, str(many)) for _ in range(3)),
            "s",
            2.0,
        ),
        Figure(f"memory of taking in one event file of {large_size:,.0f} MB", memory, "MB", 300, "peak of the process"),
    ]


def _reading(logs: Path, sample: Path) -> tuple[float, list[Figure]]:
    """Seconds of reading all, and of others that read the same by turns with us, where they are installed."""
    ours: list[rivals.Reading] = []
    theirs: dict[rivals.Rival, list[rivals.Reading]] = {rival: [] for rival in rivals.RIVALS if rivals.are_there()}
    for number in range(_ROUNDS):
        ours.append(rivals.Reading(*isolated(_read, str(logs)), RUNS * STEPS * len(TAGS)))
        for rival, readings in theirs.items():
            if rival.share == 1.0 or number < 3:  # the slow ones differ by so much that few rounds tell
                given = logs if rival.share == 1.0 else _sample(logs, sample, round(RUNS * rival.share))
                found = rivals.read_by(rival, given)
                assert found.points in (0, round(ours[0].points * rival.share)), f"{rival.name}: {found.points} points"
                readings.append(found)
    figures = []
    for rival, readings in theirs.items():
        pairs = list(zip(readings, ours, strict=False))
        times = median(other.seconds / own.seconds for other, own in pairs) / rival.share
        cpu_times = median(other.cpu_seconds / own.cpu_seconds for other, own in pairs) / rival.share
        scaled = "" if rival.share == 1.0 else f", from {rival.share:.0%} of the runs"
        note = f"{times:.2g} times ours, {cpu_times:.2g} times the CPU time; median of {len(pairs)} rounds{scaled}"
        seconds = median(reading.seconds for reading in readings) / rival.share
        figures.append(Figure(f"the same by {rival.title}", seconds, "s", None, note))
    return median(reading.seconds for reading in ours), figures


def _sample(logs: Path, folder: Path, runs: int) -> Path:
    """The first runs, by links."""
    for run in sorted(logs.iterdir())[:runs]:
        link = folder / run.name
        if not link.exists():
            folder.mkdir(exist_ok=True)
            link.symlink_to(run)
    return folder


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _masked(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def _scalar(tag: str, value: float, step: int, at: float) -> bytes:
    """An event as torch's SummaryWriter writes it."""
    text = tag.encode()
    inner = b"\x0a" + bytes([len(text)]) + text + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + bytes([len(inner)]) + inner
    varint = b""
    while step > 0x7F:
        varint += bytes([step & 0x7F | 0x80])
        step >>= 7
    head = b"\x09" + struct.pack("<d", at) + b"\x10" + varint + bytes([step])
    return head + b"\x2a" + bytes([len(summary)]) + summary


def _write_logs(folder: Path) -> None:
    numbers = random.Random(0)
    for run in range(RUNS):
        path = folder / f"run{run:03}" / "events.out.tfevents.1700000000.host.1.0"
        path.parent.mkdir(parents=True)
        records = [
            _record(_scalar(tag, numbers.random(), step, 1.7e9 + step + numbers.random()))
            for step in range(STEPS)
            for tag in TAGS
        ]
        path.write_bytes(b"".join(records))
        os.utime(path, (1.7e9, 1.7e9))


def _write_directories(folder: Path) -> None:
    for number in range(DIRECTORIES):
        path = folder / f"group{number % 100}" / f"run{number}"
        path.mkdir(parents=True)
        (path / "events.out.tfevents.1.host").write_bytes(b"")


def _write_large(logs: Path, folder: Path) -> None:
    path = folder / "run" / "events.out.tfevents.1.host"
    path.parent.mkdir(parents=True)
    with path.open("wb") as target:
        for _ in range(LARGE_COPIES):
            for source in sorted(logs.rglob("*tfevents*"))[: RUNS // 5]:
                with source.open("rb") as file:
                    shutil.copyfileobj(file, target)
    os.utime(path, (1.7e9, 1.7e9))


def _read(logs: str) -> tuple[float, float]:
    """Seconds by the clock, and of the CPU."""
    from aim.importers.tensorboard.format.event_file import read_event_file

    paths = sorted(map(str, Path(logs).rglob("*tfevents*")))
    next(read_event_file(paths[0]))  # protobuf's and numpy's first call
    count = 0
    cpu_begin = time.process_time()
    with timed() as timing:
        for path in paths:
            for piece in read_event_file(path):
                count += sum(len(points.steps) for points in piece.points.values())
    assert count == RUNS * STEPS * len(TAGS)
    return timing.seconds, time.process_time() - cpu_begin


def _open(logs: str, repo: str) -> float:
    import aim
    from aim.storage.repo.repo_files import create_repo

    for module in ("aim.importers.tensorboard.log_file", "aim.query.answering.engine", "aim.index.index"):
        import_module(module)  # what opening and asking would load: imports are not measured here
    create_repo(repo)
    with timed() as timing, aim.Repo(repo, tf_logs=[logs]) as opened:
        found = len(opened.query_metrics("tf:loss"))
    assert found == 2 * RUNS
    return timing.seconds


def _walk(folder: str) -> float:
    from aim.importers.tensorboard.logdir import find_runs, walk_logs

    begin = time.perf_counter()
    assert len(find_runs([walk_logs(folder)])) == DIRECTORIES
    return time.perf_counter() - begin


def _peak(logs: str, repo: str) -> int:
    import aim
    from aim.storage.repo.repo_files import create_repo

    create_repo(repo)
    with aim.Repo(repo, tf_logs=[logs]) as opened:
        (metric, *_) = opened.query_metrics('tf:"train/loss"')
        assert metric.count == LARGE_COPIES * (RUNS // 5) * STEPS
    return peak_bytes()
