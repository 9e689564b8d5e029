"""Cutting long curves to what a chart can show, with the code that the server runs."""

from __future__ import annotations

from statistics import median

from sqlalchemy import select

from aim.index.index import Index
from aim.index.points.buckets import CurveCutter
from aim.index.sql import tables
from aim.storage.repo.repo_files import open_repo
from benchmarks.corpus import Corpora, Corpus
from benchmarks.figures import Figure
from benchmarks.indexing import catch_up_once
from benchmarks.isolated import isolated, timed

__all__ = ["reduction"]

_BUCKETS = 1_000
_BATCH = 100
"""Sequences read at once: a chart keeps what was cut, not what it was cut from."""


def reduction(corpora: Corpora) -> list[Figure]:
    """Reading curves from the index and cutting them."""
    path = corpora.get(Corpus(100, points=10_000))
    isolated(catch_up_once, path)
    figures = []
    for axis, bar in (("step", 200.0), ("time", 400.0)):
        found = isolated(_reduce, path, axis)
        figures.append(
            Figure(
                f"1,000 sequences x 10,000 points to {_BUCKETS:,} true min/max buckets by {axis}",
                found["ms"],
                "ms",
                bar,
                f"reading from the index included: {found['reading_ms']:.0f} ms",
            )
        )
    return figures


def _reduce(path: str, axis: str) -> dict[str, float]:
    index = Index.open(open_repo(path))
    index.catch_up()
    at = tables.sequence.c
    with index.connect() as connection:
        found = connection.execute(
            select(at.id, at.min_step, at.max_step, at.first_time, at.last_time).order_by(at.id)
        ).all()
    ids = [row.id for row in found]
    begins = {row.id: row.first_time for row in found}
    by_step = axis == "step"
    if by_step:
        edges_range = (float(min(row.min_step for row in found)), float(max(row.max_step for row in found)))
    else:  # since the beginning of each curve, so that all of them fill the chart
        edges_range = (0.0, max(row.last_time - row.first_time for row in found))
    times, reading = [], []
    for _ in range(6):
        seconds_reading = 0.0
        with timed() as whole:
            cutter = CurveCutter(buckets=_BUCKETS, edges_range=edges_range)
            curves = []
            for start in range(0, len(ids), _BATCH):
                with timed() as read:
                    columns = index.read_columns(
                        ids[start : start + _BATCH], steps=by_step, values=True, times=not by_step, is_shared=True
                    )
                seconds_reading += read.seconds
                for column in columns:
                    x = column.steps if by_step else column.times - begins[column.sequence_id]
                    curves.append(cutter.cut(x, column.values))
        if len(curves) != 1_000 or any(curve.total != 10_000 or curve.buckets is None for curve in curves):
            raise RuntimeError("not all points were cut")
        times.append(whole.seconds * 1e3)
        reading.append(seconds_reading * 1e3)
    index.close()
    return {"ms": median(times[1:]), "reading_ms": median(reading[1:])}
