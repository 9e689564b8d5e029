"""Reduction of long curves to what a chart can show."""

from __future__ import annotations

from statistics import median

from sqlalchemy import select

from aim.index import tables
from aim.index.index import Index
from aim.index.reduction import reduce_many
from aim.storage.repo_files import open_repo
from benchmarks.corpus import Corpora, Corpus
from benchmarks.figures import Figure
from benchmarks.indexing import catch_up_once
from benchmarks.isolated import isolated, timed

__all__ = ["reduction"]

_BUCKETS = 1_000


def reduction(corpora: Corpora) -> list[Figure]:
    """Reading curves from the index and reducing them."""
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
    with index.connect() as connection:
        ids = list(connection.execute(select(tables.sequence.c.id).order_by(tables.sequence.c.id)).scalars())
    times, reading = [], []
    for _ in range(6):
        with timed() as whole:
            with timed() as read:
                columns = index.read_columns(ids, steps=axis == "step", values=True, times=axis == "time")
            xs = [column.steps if axis == "step" else column.times for column in columns]
            reduced = reduce_many(xs, [column.values for column in columns], _BUCKETS)
        if len(reduced) != 1_000 or any(one.total != 10_000 for one in reduced):
            raise RuntimeError("not all points were reduced")
        del columns, xs, reduced
        times.append(whole.seconds * 1e3)
        reading.append(read.seconds * 1e3)
    index.close()
    return {"ms": median(times[1:]), "reading_ms": median(reading[1:])}
