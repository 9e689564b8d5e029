"""The index: how large it is, and what catching up costs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from statistics import median
from typing import Any

import aim
from aim.index.index import Index
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import open_repo
from benchmarks.corpus import ONE_THOUSAND, Corpora, Corpus
from benchmarks.figures import Figure
from benchmarks.isolated import isolated, timed

__all__ = ["cold", "live", "sizes", "unchanged"]

_SHAPES = (
    ("random float64, 200 points a sequence", ONE_THOUSAND, 14.0),
    ("float32-exact values, 200 points a sequence", Corpus(1_000, float32=True), 10.0),
    ("random float64, 2,000 points a sequence", Corpus(100, points=2_000), 13.0),
)


def sizes(corpora: Corpora) -> list[Figure]:
    """Bytes that a point takes, in the run directories and again in the index."""
    figures = []
    for what, corpus, bar in _SHAPES:
        path = corpora.get(corpus)
        isolated(_catch_up_cold, path)
        layout = open_repo(path)
        points = _bytes_below(layout.runs, ".points") / corpus.total_points
        everything = _bytes_below(layout.runs) / corpus.total_points
        if corpus is ONE_THOUSAND:
            figures.append(
                Figure(
                    "bytes a point in the run directory",
                    points,
                    "B",
                    32,
                    f"{everything:.1f} B with the events (params, declarations)",
                )
            )
        index = _bytes_below(layout.index) / corpus.total_points
        figures.append(Figure(f"bytes a point in the index: {what}", index, "B", bar, "everything in `.aim/index`"))
    return figures


def _bytes_below(folder: str, suffix: str = "") -> int:
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file() and path.name.endswith(suffix))


def cold(corpora: Corpora) -> list[Figure]:
    """From no index to all of it."""
    path = corpora.get(ONE_THOUSAND)
    seconds = [isolated(_catch_up_cold, path) for _ in range(3)]
    return [
        Figure(
            "catching up 1,000 runs x 10 sequences x 200 points from nothing",
            median(seconds),
            "s",
            2.5,
            "median of 3 processes; without imports",
        )
    ]


def _catch_up_cold(path: str) -> float:
    layout = open_repo(path)
    shutil.rmtree(layout.index, ignore_errors=True)
    with timed() as timing:
        index = Index.open(layout)
        index.catch_up()
    index.close()
    return timing.seconds


def catch_up_once(path: str) -> float:
    """Seconds to bring the index of a corpus up to date; nothing to do from the second time on."""
    with timed() as timing:
        index = Index.open(open_repo(path))
        index.catch_up()
    index.close()
    return timing.seconds


def unchanged(corpora: Corpora) -> list[Figure]:
    """Nothing to do, over many runs that have ended."""
    path = corpora.get(Corpus(10_000))
    cold_s = isolated(catch_up_once, path)
    isolated(catch_up_once, path)  # what was written in the seconds before the last look is looked at once more
    process_s = median(isolated(catch_up_once, path) for _ in range(5))
    return [
        Figure(
            "catching up when nothing changed, 10,000 ended runs: first look of a process",
            process_s * 1e3,
            "ms",
            20,
            f"index opened, without imports; from nothing (20 million points): {cold_s:.1f} s",
        ),
        Figure("the same, every later look", isolated(_look_again, path), "ms", 20),
    ]


def _look_again(path: str) -> float:
    index = Index.open(open_repo(path))
    index.catch_up()
    looks = []
    for _ in range(50):
        with timed() as timing:
            index.catch_up()
        looks.append(timing.seconds)
    index.close()
    return median(looks) * 1e3


def live(corpora: Corpora) -> list[Figure]:
    """One look at runs that are being written."""
    found = isolated(_live, corpora.new_folder("live"))
    note = f"100 sequences in each; slowest of 40 looks {found['slowest']:.0f} ms"
    return [
        Figure("catching up one tick (a point in each sequence) of 50 live runs", found["tick"], "ms", 20, note),
    ]


def _live(folder: str) -> dict[str, float]:
    names = [f"metric_{number}" for number in range(50)]
    sessions = [aim.Session(repo=folder) for _ in range(50)]

    def tick() -> None:
        for session in sessions:
            for subset in ("train", "val"):
                for name in names:
                    session.track(0.5, name, subset=subset)

    for _ in range(100):
        tick()
    index = Index.open(RepoLayout(os.path.join(folder, ".aim")))
    index.catch_up()
    looks: list[float] = []
    for _ in range(40):
        tick()
        with timed() as timing:
            index.catch_up()
        looks.append(timing.seconds * 1e3)
    index.close()
    for session in sessions:
        session.close()
    result: dict[str, Any] = {"tick": median(looks), "slowest": max(looks)}
    return result
