"""Repos full of ended runs, written straight in the format of docs/format.md: many times faster than recording them.

The same arguments give the same bytes, save for the day: the runs ended one after another, the last one an hour ago.
"""

from __future__ import annotations

import math
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aim.schema.jsonvalues import to_json
from aim.schema.records import POINT_FIELDS
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.markers import MARKER_BYTES, closed_day
from aim.storage.repo.repo_files import create_repo

__all__ = ["MANY_PARAMS", "ONE_THOUSAND", "Corpora", "Corpus", "params_of", "write"]

METRICS = ("loss", "accuracy", "precision", "recall", "gradient_norm")
SUBSETS = ("train", "val")
FIRST_PARAMS = 20
_HOUR_S = 3600.0
_RUN_APART_S = 30.0
"""So 10,000 runs spread over three and a half days, 100,000 over 35: within what markers are kept."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A repo to be written.

    Attributes:
        runs: How many.
        sequences: In each run; the metrics of METRICS for train and val, then ``metric_<n>``.
        points: In each sequence.
        float32: Whether the values are such that float32 holds them exactly; else uniformly random float64.
        markers: Whether the markers of the ended writers are there, as they are for 90 days.
        params: In each run; those beyond the 20 of :func:`params_of` stand below ``more``.
    """

    runs: int
    sequences: int = 10
    points: int = 200
    float32: bool = False
    markers: bool = True
    params: int = FIRST_PARAMS

    @property
    def total_points(self) -> int:
        """Points in the repo."""
        return self.runs * self.sequences * self.points


ONE_THOUSAND = Corpus(1_000)
MANY_PARAMS = Corpus(100_000, sequences=0, points=0, markers=False)


def params_of(number: int) -> dict[str, Any]:
    """20 nested params of a run; ``hparams.lr`` is spread evenly over 0 to 1, ``model.layers`` takes 100 values."""
    lr = math.fmod(number * 0.6180339887498949, 1.0)
    return {
        "hparams": {
            "lr": lr,
            "batch_size": 2 ** (4 + number % 5),
            "epochs": 10 + number % 3,
            "weight_decay": (number % 11) * 1e-4,
            "optimizer": {"name": ("adam", "sgd", "lion")[number % 3], "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
            "schedule": {"name": "cosine", "warmup": 100 * (number % 4)},
        },
        "model": {
            "name": f"net{number % 7}",
            "layers": number % 100,
            "width": 64 * (1 + number % 8),
            "dropout": (number % 6) / 10,
            "norm": {"kind": "layer", "eps": 1e-5},
        },
        "data": {"name": "digits", "seed": number, "split": 0.8, "augment": number % 2 == 0},
    }


def more_params_of(number: int, count: int) -> dict[str, Any]:
    """`count` further params of a run, ten to a group: numbers, texts, booleans, and some the same in all runs."""
    values: dict[str, Any] = {}
    for i in range(count):
        kind = i % 4
        value = (
            (number * (i + 3)) % 997 / 1_000 if kind == 0
            else f"choice-{(number + i) % 9}" if kind == 1
            else (number >> (i % 12)) % 2 == 0 if kind == 2
            else i * 10
        )  # fmt: skip
        values.setdefault(f"group_{i // 10}", {})[f"param_{i}"] = value
    return values


class Corpora:
    """The corpora of one call, each written on first use.

    Args:
        folder: Where they are kept; whoever made it removes it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[Corpus, Path] = {}

    def get(self, corpus: Corpus) -> str:
        """The folder that holds the ``.aim`` of a corpus."""
        path = self._made.get(corpus)
        if path is None:
            name = "-".join(str(int(part)) for part in astuple(corpus))
            path = self._made[corpus] = self.folder / f"corpus-{name}"
            write(corpus, path)
        return str(path)

    def new_folder(self, name: str) -> str:
        """An empty folder."""
        path = self.folder / f"{name}-{os.urandom(4).hex()}"
        path.mkdir()
        return str(path)


def write(corpus: Corpus, path: Path) -> None:
    """Write a corpus."""
    layout = create_repo(path)
    last_end = time.time() - _HOUR_S
    ends = [last_end - (corpus.runs - 1 - number) * _RUN_APART_S for number in range(corpus.runs)]
    for day in {closed_day(end) for end in ends}:
        os.makedirs(os.path.join(layout.closed, day), exist_ok=True)
    share = max(1, math.ceil(corpus.runs / 8))
    with ProcessPoolExecutor(max_workers=2) as pool:
        for part in [
            pool.submit(_write_runs, corpus, str(path), start, ends[start : start + share])
            for start in range(0, corpus.runs, share)
        ]:
            part.result()


def _write_runs(corpus: Corpus, path: str, start: int, ends: list[float]) -> None:
    layout = create_repo(path)
    shape = _Shape(corpus)
    for number, ended_at in enumerate(ends, start):
        shape.write_run(layout, number, ended_at)


class _Shape:
    """What all runs of a corpus have in common."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        pairs = [(metric, {"subset": subset}) for metric in METRICS for subset in SUBSETS]
        pairs += [(f"metric_{i}", {"subset": "train"}) for i in range(corpus.sequences - len(pairs))]
        self._sequences = pairs[: corpus.sequences]
        # as a training loop writes: all metrics of a step, then the next step
        self._records = np.zeros((corpus.points, corpus.sequences), dtype=np.dtype(POINT_FIELDS))
        self._records["sequence"] = np.arange(1, corpus.sequences + 1)
        steps = np.arange(corpus.points)[:, None]
        self._records["step"] = steps
        self._records["epoch"] = steps // 50

    def write_run(self, layout: RepoLayout, number: int, ended_at: float) -> None:
        run_hash = f"{number:024x}"
        writer = f"1-{number:08x}"
        random = np.random.default_rng(number)
        step_times = np.cumsum(random.uniform(0.009, 0.011, self._corpus.points))
        took_s = float(step_times[-1]) if len(step_times) else 0.0
        opened_at = ended_at - took_s - 0.01
        records = self._records
        records["time"] = opened_at + step_times[:, None] + np.arange(self._corpus.sequences) * 3e-6
        values = random.random(records.shape)
        records["value"] = values.astype(np.float32) if self._corpus.float32 else values
        points = records.tobytes()
        folder = layout.run_dir(run_hash)
        os.mkdir(folder)
        if points:
            _write_file(os.path.join(folder, f"{writer}.points"), points)
        events = self._events(run_hash, writer, number, opened_at)
        closed = {"type": "closed", "time": ended_at, "reason": "finished"}
        closed["sizes"] = {"points": len(points), "events.jsonl": len(events)} if points else {}
        _write_file(os.path.join(folder, f"{writer}.events.jsonl"), events + _line(closed))
        if not self._corpus.markers:
            return
        marker = {"host": "bench", "boot": "", "pid_ns": "", "pid": 1, "start": "", "opened_at": opened_at}
        _write_file(
            os.path.join(layout.closed, closed_day(ended_at), f"{run_hash}.{writer}"),
            to_json(marker).ljust(MARKER_BYTES - 1).encode("ascii") + b"\n",
        )

    def _events(self, run_hash: str, writer: str, number: int, opened_at: float) -> bytes:
        opened = {
            "type": "opened",
            "time": opened_at,
            "format": 1,
            "run": run_hash,
            "writer": writer,
            "role": "train",
            "attempt": 1,
            "rank": 0,
            "experiment": f"experiment-{number % 10}",
            "name": f"run-{number}",
            "host": "bench",
            "pid": 1,
            "argv": ["train.py"],
        }
        lines = [_line(opened)]
        params = params_of(number)
        if self._corpus.params > FIRST_PARAMS:
            params["more"] = more_params_of(number, self._corpus.params - FIRST_PARAMS)
        for name, value in params.items():
            lines.append(_line({"type": "params", "time": opened_at, "path": [name], "value": value}))
        for i, (name, context) in enumerate(self._sequences, 1):
            lines.append(_line({"type": "sequence", "time": opened_at, "id": i, "name": name, "context": context}))
        return b"".join(lines)


def _line(event: dict[str, Any]) -> bytes:
    return (to_json(event) + "\n").encode("ascii")


def _write_file(path: str, data: bytes) -> None:
    with open(path, "xb", buffering=0) as file:
        file.write(data)
