"""Questions: a metric's curves over many runs as arrays, and conditions on params alone."""

from __future__ import annotations

from statistics import median

import aim
from benchmarks.corpus import MANY_PARAMS, ONE_THOUSAND, Corpora, Corpus
from benchmarks.figures import Figure
from benchmarks.indexing import catch_up_once
from benchmarks.isolated import isolated, peak_bytes, timed, until_printed

__all__ = ["hundred_thousand_runs", "memory", "ten_thousand_runs", "thousand_runs"]

_CURVES = "loss if context.subset == train and params.lr > 0.5"
_TWO_CONDITIONS = "params.lr > 0.5 and params.layers == 42"
_TEN_THOUSAND = Corpus(10_000)

_COLD = f"""
import aim
for metric in aim.Repo(sys.argv[1]).query_metrics({_CURVES!r}):
    metric.steps, metric.values
done()
"""


def thousand_runs(corpora: Corpora) -> list[Figure]:
    """Half of 1,000 runs: one curve each, as arrays."""
    path = corpora.get(ONE_THOUSAND)
    isolated(catch_up_once, path)
    found = isolated(_curves, path)
    cold = median(until_printed(_COLD, corpora.folder.as_posix(), path) for _ in range(5))
    what = "`loss` of the train subset where lr > x, half of 1,000 runs, as arrays"
    return [
        Figure(f"{what}: warm", found["ms"], "ms", 25, f"{found['sequences']:.0f} curves", "640 ms"),
        Figure(f"{what}: cold process, with imports", cold * 1e3, "ms", 500, others="1.1 s"),
    ]


def ten_thousand_runs(corpora: Corpora) -> list[Figure]:
    """The same with ten times the runs."""
    path = corpora.get(_TEN_THOUSAND)
    isolated(catch_up_once, path)
    found = isolated(_curves, path)
    note = f"{found['sequences']:.0f} curves; first time in the process {found['first_ms']:.0f} ms"
    return [Figure("the same at 10,000 runs, warm", found["ms"], "ms", 250, note)]


def _curves(path: str) -> dict[str, float]:
    repo = aim.Repo(path)
    times: list[float] = []
    count = points = 0
    for _ in range(10):
        count = points = 0
        with timed() as timing:
            for metric in repo.query_metrics(_CURVES):
                count += 1
                points += len(metric.steps)
                if len(metric.values) != len(metric.steps):
                    raise RuntimeError("a curve is torn")
        times.append(timing.seconds * 1e3)
    if points != count * 200 or not count:
        raise RuntimeError(f"{points} points in {count} curves")
    return {"first_ms": times[0], "ms": median(times[1:]), "sequences": count}


def hundred_thousand_runs(corpora: Corpora) -> list[Figure]:
    """Two conditions on params."""
    path = corpora.get(MANY_PARAMS)
    built = isolated(catch_up_once, path)
    found = isolated(_runs, path)
    note = f"{found['runs']:.0f} runs found; index from nothing: {built:.0f} s"
    return [Figure("two conditions on params over 100,000 runs", found["ms"], "ms", 100, note)]


def _runs(path: str) -> dict[str, float]:
    repo = aim.Repo(path)
    times: list[float] = []
    found = 0
    for _ in range(10):
        with timed() as timing:
            found = sum(1 for _ in repo.query_runs(_TWO_CONDITIONS))
        times.append(timing.seconds * 1e3)
    if not found:
        raise RuntimeError("no run found")
    return {"ms": median(times[1:]), "runs": found}


def memory(corpora: Corpora) -> list[Figure]:
    """The peak of a process that asks for the curves of 10,000 runs."""
    path = corpora.get(_TEN_THOUSAND)
    isolated(catch_up_once, path)
    peak = isolated(_memory, path)
    note = "peak of the whole process, all curves held"
    return [Figure("memory of a query over 10,000 runs", peak / 1e6, "MB", 400, note)]


def _memory(path: str) -> int:
    curves = [(metric.steps, metric.values) for metric in aim.Repo(path).query_metrics(_CURVES)]
    if not curves:
        raise RuntimeError("nothing found")
    return peak_bytes()
