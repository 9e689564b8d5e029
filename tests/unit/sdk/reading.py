"""Reads a run back from its files, without the index."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from aim.schema.runstate import LossLedger, RunState
from aim.storage.reading.events import read_run
from aim.storage.reading.points import read_points
from aim.storage.reading.runs import run_hashes, run_status
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import resolve_repo


@dataclass
class ReadRun:
    state: RunState
    status: str
    error: tuple[str, str]
    points: list[tuple[str, str, float | None, int, float, float]]
    """(metric, context, epoch, step, time, value) in the order of the files."""
    unreadable_lines: int

    @property
    def params(self) -> dict[str, Any]:
        return self.state.params

    @property
    def loss(self) -> LossLedger:
        return self.state.loss

    def values(self, name: str, /, **context: Any) -> list[float]:
        return [point[5] for point in self._of(name, context)]

    def steps(self, name: str, /, **context: Any) -> list[int]:
        return [point[3] for point in self._of(name, context)]

    def epochs(self, name: str, /, **context: Any) -> list[float | None]:
        return [point[2] for point in self._of(name, context)]

    def times(self, name: str, /, **context: Any) -> list[float]:
        return [point[4] for point in self._of(name, context)]

    def _of(self, name: str, context: dict[str, Any]) -> list[tuple[str, str, float | None, int, float, float]]:
        return [point for point in self.points if point[0] == name and json.loads(point[1]) == context]


def layout_of(path: str | os.PathLike[str]) -> RepoLayout:
    return resolve_repo(path)


def hashes_in(path: str | os.PathLike[str]) -> list[str]:
    return run_hashes(resolve_repo(path))


def read_back(path: str | os.PathLike[str], run_hash: str | None = None) -> ReadRun:
    """The run of that hash; without one the only run of the repo."""
    layout = resolve_repo(path)
    if run_hash is None:
        (run_hash,) = run_hashes(layout)
    files = read_run(layout.run_dir(run_hash), run_hash)
    points = []
    for stream in files.points:
        sequences = files.state.writers[stream.writer].sequences
        for record in read_points(stream.path, 0, stream.size_bytes):
            number, epoch, step, time, value = record.item()
            declared = sequences[number]
            shortest = None if epoch != epoch else float(str(record["epoch"]))
            points.append((declared.name, declared.context, shortest, step, time, value))
    _, status, _ = run_status(layout, run_hash)
    error = (status.error_type, status.error_message)
    return ReadRun(files.state, status.value, error, points, files.unreadable_lines)
