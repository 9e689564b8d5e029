"""What an index must say, worked out the slow way from the run directories alone."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import text

from aim.index.index import Index
from aim.index.points.grouping import epochs_to_float64
from aim.index.points.merge import Piece, shown_order
from aim.schema.attempts import writer_order
from aim.schema.jsonvalues import from_json
from aim.schema.names import is_run_hash
from aim.storage.reading.events import read_run
from aim.storage.reading.points import read_points
from aim.storage.reading.streams import list_streams
from aim.storage.repo.layout import RepoLayout

Shown = dict[tuple[str, str], list[tuple[int, float, float, float]]]
"""(name, context) to (step, value, epoch, time) as they are shown."""


@dataclass
class Run:
    """What is asked of one run."""

    name: str
    params: dict[str, Any]
    tags: list[str]
    shown: Shown
    hidden: dict[tuple[str, str], int]
    """Points that are not shown."""


def expected_run(layout: RepoLayout, run_hash: str) -> Run:
    """Read a run by the storage layer's plain readers."""
    files = read_run(layout.run_dir(run_hash), run_hash)
    by_key: dict[tuple[str, str], dict[str, list[np.ndarray]]] = {}
    for stream in files.points:
        declared = files.state.writers[stream.writer].sequences
        records = read_points(stream.path, 0, stream.size_bytes)
        ended = files.state.writers[stream.writer].closed is not None
        ended = ended or any(s.writer == stream.writer and s.part > stream.part for s in files.points)
        known = np.isin(records["sequence"], list(declared))
        if not ended and not known.all():
            records, known = records[: int(np.argmin(known))], known[: int(np.argmin(known))]
        records = records[known]
        for key in {(d.name, d.context) for d in declared.values()}:
            ids = [number for number, d in declared.items() if (d.name, d.context) == key]
            own = records[np.isin(records["sequence"], ids)]
            if len(own):
                by_key.setdefault(key, {}).setdefault(stream.writer, []).append(own)
    shown: Shown = {}
    hidden: dict[tuple[str, str], int] = {}
    for key, writers in by_key.items():
        names = sorted(writers, key=writer_order)
        joined = [np.concatenate(writers[name]) for name in names]
        pieces = [
            Piece(name, files.state.writers[name].attempt, own["step"], own["time"])
            for name, own in zip(names, joined, strict=True)
        ]
        points = np.concatenate(joined)[shown_order(pieces)]
        hidden[key] = sum(map(len, joined)) - len(points)
        epochs = epochs_to_float64(points["epoch"])
        shown[key] = list(
            zip(
                points["step"].tolist(), points["value"].tolist(), epochs.tolist(), points["time"].tolist(), strict=True
            )
        )
    return Run(files.state.name, files.state.params, files.state.tags, shown, hidden)


def plain(values: Any) -> Any:
    """Values that compare equal when they are the same, NaN included."""
    if isinstance(values, float):
        return "nan" if math.isnan(values) else values
    if isinstance(values, (list, tuple)):
        return [plain(value) for value in values]
    if isinstance(values, dict):
        return {key: plain(value) for key, value in values.items()}
    return values


def indexed_runs(index: Index) -> dict[str, Run]:
    """What the index says, by hash."""
    with index.connect() as connection:
        runs = connection.execute(
            text("SELECT r.id, r.hash, r.name, r.tags, p.params FROM run r JOIN run_params p ON p.run_id = r.id")
        ).fetchall()
        sequences = connection.execute(
            text(
                "SELECT s.id, s.run_id, n.name, c.context, s.hidden_points FROM sequence s"
                " JOIN metric_name n ON n.id = s.name_id JOIN context c ON c.id = s.context_id ORDER BY s.id"
            )
        ).fetchall()
    columns = index.read_columns([row[0] for row in sequences], epochs=True, times=True)
    found = {row[0]: (row[1], Run(row[2], from_json(row[4]), from_json(row[3]), {}, {})) for row in runs}
    for (_, run_id, name, context, hidden), c in zip(sequences, columns, strict=True):
        found[run_id][1].hidden[name, context] = hidden
        arrays = (c.steps, c.values, c.epochs, c.times)
        found[run_id][1].shown[name, context] = list(zip(*(a.tolist() for a in arrays if a is not None), strict=True))
    return dict(found.values())


def expected_summary(points: list[tuple[int, float, float, float]]) -> list[Any]:
    """The row of the sequence table for points as shown."""
    steps, values = [p[0] for p in points], [p[1] for p in points]
    known = [v for v in values if not math.isnan(v)]
    row = [
        len(points), values[0], values[-1], min(known, default=None), max(known, default=None),
        sum(map(math.isnan, values)), sum(map(math.isinf, values)),
        steps[0], steps[-1], min(steps), max(steps), points[0][3], points[-1][3], points[-1][2],
    ]  # fmt: skip
    return [None if isinstance(v, float) and math.isnan(v) else v for v in row]


def indexed_summaries(index: Index) -> dict[tuple[str, str, str], list[Any]]:
    """The rows of the sequence table by (hash, name, context)."""
    with index.connect() as connection:
        found = connection.execute(
            text(
                'SELECT r.hash, n.name, c.context, s.count, s."first", s."last", s."min", s."max", s.nan_count,'
                " s.inf_count, s.first_step, s.last_step, s.min_step, s.max_step, s.first_time, s.last_time,"
                " s.last_epoch FROM sequence s JOIN run r ON r.id = s.run_id"
                " JOIN metric_name n ON n.id = s.name_id JOIN context c ON c.id = s.context_id"
            )
        ).fetchall()
    return {(row[0], row[1], row[2]): list(row[3:]) for row in found}


def assert_holds_everything(index: Index, layout: RepoLayout) -> None:
    """The index says of every run directory just what its files say, and of nothing else."""
    hashes = [n for n in os.listdir(layout.runs) if is_run_hash(n) and list_streams(layout.run_dir(n))]
    expected = {run_hash: expected_run(layout, run_hash) for run_hash in hashes}
    found = indexed_runs(index)
    assert sorted(found) == sorted(expected)
    for run_hash, run in expected.items():
        assert plain(vars(found[run_hash])) == plain(vars(run))
    summaries = {
        (run_hash, *key): expected_summary(points)
        for run_hash, run in expected.items()
        for key, points in run.shown.items()
    }
    assert indexed_summaries(index) == summaries
    with index.connect() as connection:
        hidden = dict(connection.execute(text("SELECT hash, hidden_points FROM run")).fetchall())
    assert hidden == {run_hash: sum(run.hidden.values()) for run_hash, run in expected.items()}
