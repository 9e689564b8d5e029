"""`make soak`: 50 runs record 1,000 sequences, pages are open on them, and nothing may grow but the data on disk.

A new repo; ten processes of five runs, each with 20 metrics, a point a second in every one; runs end and begin, and a
process is killed every three minutes. `aim up` serves it; Chromium has Metrics open on all active runs, and a second
page goes to and fro between Runs and Home, the list of metrics is scrolled and new runs are shown once a minute.

It fails (exit status 1) on any error on a console, of a request or in the server's log; where the server's memory or
file descriptors still grow in the second half; and where a page holds more than 400 MB, or still grows. Data on disk
grows by nature: a point takes 32 bytes in its run, and some 12 in the index.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.devtools import Devtools
from benchmarks.figures import machine
from benchmarks.isolated import child_environment
from benchmarks.soak_load import METRICS, RUNS, Trainings
from benchmarks.soak_page import SoakPage, percentile
from scripts.need_chromium import ARGUMENTS, find_chromium

SAMPLE_S = 10.0
ACT_S = 60.0
PAGE_LIMIT_MB = 400.0
SLOPE_S = 600.0
_ACTIVE = "/metrics?q=run.active"

Sample = dict[str, float]

# name in a sample, title, digits, how much it may grow in ten minutes of the second half (None: as it likes)
ROWS: tuple[tuple[str, str, int, float | None], ...] = (
    ("server_rss_mb", "server, resident, MB", 1, 1.0),
    ("server_pss_mb", "server, proportional, MB", 1, None),
    ("server_anonymous_mb", "server, its own pages, MB", 1, None),
    ("server_fds", "server, file descriptors", 0, 1.0),
    ("server_threads", "server, threads", 0, 1.0),
    ("server_cpu", "server, CPU, share of a core", 2, None),
    ("metrics_heap_mb", "Metrics, script after collection, MB", 1, 2.0),
    ("metrics_arrays_mb", "Metrics, typed arrays, MB", 1, None),
    ("metrics_nodes", "Metrics, nodes", 0, None),
    ("metrics_listeners", "Metrics, listeners", 0, None),
    ("runs_heap_mb", "Runs/Home, script after collection, MB", 1, 2.0),
    ("runs_nodes", "Runs/Home, nodes", 0, None),
    ("runs_listeners", "Runs/Home, listeners", 0, None),
    ("renderers_mb", "renderers, proportional, all, MB", 0, 20.0),
    ("wait_median_s", "tracked to seen, median, s", 2, None),
    ("wait_p95_s", "tracked to seen, p95, s", 2, None),
    ("requests", "requests a second, both pages", 1, None),
    ("received_kb", "KB a second, both pages", 1, None),
    ("draws", "charts drawn a second", 1, None),
    ("index_mb", "index on disk, MB", 2, None),
    ("wal_mb", "the index's WAL, MB", 2, None),
    ("repo_runs", "runs in the repo", 0, None),
)


class ServedRepo:
    """`aim up` as a real process, with what it says in a file."""

    def __init__(self, repo: Path, log: Path, python: Sequence[str]) -> None:
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, *python, "-m", "aim.cli.main", "up", "--no-open", "--port", "0", "-y"],
                cwd=repo,
                env=child_environment(),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        while not (found := re.search(r"at (http://\S+?)/?$", log.read_text(), re.MULTILINE)):
            if self.process.poll() is not None:
                raise RuntimeError("aim up ended: " + log.read_text())
            time.sleep(0.1)
        self.url = found[1]

    def errors(self) -> list[str]:
        """What in its log is not good."""
        lines = self._log.read_text(errors="replace").splitlines()
        return [line for line in lines if re.search(r"(?i)error|warning|traceback|exception|live updates", line)]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)


def process_figures(pid: int) -> dict[str, float]:
    """Memory in MB, open files, threads, and seconds of CPU of a process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kb = {m[1]: int(m[2]) for m in re.finditer(r"^(\w+):\s+(\d+) kB", rollup, re.MULTILINE)}
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return {
        "rss_mb": kb["Rss"] / 1024,
        "pss_mb": kb["Pss"] / 1024,
        "anonymous_mb": kb["Anonymous"] / 1024,
        "fds": len(os.listdir(f"/proc/{pid}/fd")),
        "threads": int(stat[17]),
        "cpu_s": (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"),
    }


def slope(samples: Sequence[tuple[float, float]], over: float = SLOPE_S) -> float:
    """Growth in so many seconds: the line of least squares through (seconds, value); NaN of fewer than three."""
    known = [(at, value) for at, value in samples if not math.isnan(value)]
    if len(known) < 3:
        return math.nan
    at, value = fmean(a for a, _ in known), fmean(v for _, v in known)
    spread = sum((a - at) ** 2 for a, _ in known)
    return over * sum((a - at) * (v - value) for a, v in known) / spread if spread else math.nan


class _Soak:
    """One soak: what is observed, and the samples so far."""

    def __init__(self, server: ServedRepo, browser: Devtools, trainings: Trainings, repo: Path) -> None:
        self._server, self._trainings, self._repo = server, trainings, repo
        self._browser = browser
        self.metrics = SoakPage(browser, "Metrics", server.url + _ACTIVE)
        self.runs = SoakPage(browser, "Runs", server.url + "/runs")
        self.samples: list[Sample] = []
        self.waits: list[float] = []
        self._begin = time.monotonic()
        self._before: tuple[float, float, int, int, int] | None = None
        self._turn = 0

    @property
    def problems(self) -> list[str]:
        """Errors so far."""
        return self.metrics.problems + self.runs.problems

    def sample(self) -> Sample:
        """Look at everything once."""
        now = time.monotonic()
        server = process_figures(self._server.process.pid)
        counted = self.metrics.count(), self.runs.count()
        requests, received, draws = (sum(column) for column in zip(*counted, strict=True))
        since = (now, server.pop("cpu_s"), requests, received, draws)
        before, self._before = self._before or since, since
        passed = now - before[0] or math.nan
        waits = self.metrics.waits(self._trainings.begin)
        self.waits += waits
        index = self._repo / ".aim" / "index"
        sample = {
            "at_s": now - self._begin,
            **{f"server_{name}": value for name, value in server.items()},
            "server_cpu": (since[1] - before[1]) / passed,
            **{f"metrics_{name}": value for name, value in self.metrics.memory().items()},
            **{f"runs_{name}": value for name, value in self.runs.memory().items()},
            "renderers_mb": self._renderers_mb(),
            "wait_median_s": median(waits) if waits else math.nan,
            "wait_p95_s": percentile(waits, 0.95),
            "requests": (requests - before[2]) / passed,
            "received_kb": (received - before[3]) / passed / 1000,
            "draws": (draws - before[4]) / passed,
            "index_mb": _size_mb(index, ".sqlite"),
            "wal_mb": _size_mb(index, ".sqlite-wal"),
            "repo_runs": len(os.listdir(self._repo / ".aim" / "runs")),
        }
        self.samples.append(sample)
        return sample

    def act(self) -> None:
        """What somebody does who has the pages open: scroll through the charts, show new runs, go to another page."""
        self._turn += 1
        self.metrics.click("Show")
        self.metrics.scroll()
        if not self.runs.click(f'nav a[aria-label="{("Home", "Runs")[self._turn % 2 == 0]}"]'):
            raise RuntimeError("the page has no way to go")

    def _renderers_mb(self) -> float:
        total = 0.0
        for pid in self._browser.renderers():
            with contextlib.suppress(OSError, KeyError):  # it has just ended
                total += process_figures(pid)["pss_mb"]
        return total


def _size_mb(folder: Path, ending: str) -> float:
    return sum(f.stat().st_size for f in folder.glob("*" + ending)) / 1e6 if folder.is_dir() else 0.0


def report(samples: Sequence[Sample]) -> tuple[str, list[str]]:
    """The table, and what grew that must not."""
    end = samples[-1]["at_s"]
    second = [s for s in samples if s["at_s"] >= end / 2]

    def near(at_s: float, name: str) -> float:
        # the median of three: one sample may lie in the middle of something
        found = sorted(samples, key=lambda s: abs(s["at_s"] - at_s))[:3]
        known = [s[name] for s in found if not math.isnan(s[name])]
        return median(known) if known else math.nan

    moments = (0.0, min(300.0, end), end / 2, end)
    lines = [f"{'':42}{'start':>10}{'5 min':>10}{'middle':>10}{'end':>10}{'slope/10min':>13}{'may':>7}"]
    failures: list[str] = []
    for name, title, digits, may in ROWS:
        growth = slope([(s["at_s"], s[name]) for s in second])
        cells = "".join(f"{near(at_s, name):>10,.{digits}f}" for at_s in moments)
        verdict = "" if may is None else f"{may:>7.1f}"
        if may is not None and growth > may:
            verdict += " over"
            failures.append(f"{title}: grows by {growth:.1f} in ten minutes")
        lines.append(f"{title:42}{cells}{growth:>+13.2f}{verdict}")
    for page in ("metrics", "runs"):
        most = max(s[f"{page}_heap_mb"] + s[f"{page}_arrays_mb"] for s in samples)
        if most > PAGE_LIMIT_MB:
            failures.append(f"the page of {page} held {most:.0f} MB")
    return "\n".join(lines), failures


def soak(minutes: float, samples_file: str | None, python: Sequence[str], say: Callable[[str], None]) -> int:
    """Run it; returns the exit status."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("no Chromium: see scripts/need_chromium.py")
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="aim-soak-", ignore_cleanup_errors=True) as folder:
        repo = Path(folder) / "repo"
        repo.mkdir()
        server = ServedRepo(repo, Path(folder) / "server.log", python)
        trainings = Trainings(str(repo), 60 * minutes)
        browser = Devtools(chromium, Path(folder) / "profile", ARGUMENTS)
        problems: list[str] = []
        try:
            time.sleep(3.0)
            soaked = _Soak(server, browser, trainings, repo)
            begin = time.monotonic()
            sampled = acted = begin
            while time.monotonic() < begin + 60 * minutes and not problems:
                time.sleep(0.25)
                now = time.monotonic()
                problem = trainings.tend()
                if problem:
                    problems.append(problem)
                if now - acted >= ACT_S:
                    acted = now
                    soaked.act()
                if now - sampled >= SAMPLE_S:
                    sampled = now
                    sample = soaked.sample()
                    if samples_file:
                        with open(samples_file, "a", encoding="utf-8") as file:
                            file.write(json.dumps(sample) + "\n")
                    if len(soaked.samples) % 6 == 0:
                        say(_line(sample))
        finally:
            trainings.end()
            browser.end()
            problems += server.errors()
            server.end()
        problems += soaked.problems
        say(f"\n{machine(load)}; {RUNS} runs at a time, {RUNS * METRICS:,} sequences, a point a second in each;")
        say(f"{trainings.killed} processes killed; data on disk grows by nature\n")
        table, failures = report(soaked.samples)
        say(table)
        for page in (soaked.metrics, soaked.runs):
            say(f"\n{page.name} asked, over {minutes:g} minutes:")
            for path, count in page.requests.most_common(12):
                size = page.received[path] / 1e6
                say(f"  {count:6,} {path:40} {size:10,.2f} MB  {count / minutes / 60:.2f} a second")
        say(
            f"\ntracked to seen: median {median(soaked.waits or [math.nan]):.2f} s, ",
        )
        say(f"p95 {percentile(soaked.waits, 0.95):.2f} s, most {max(soaked.waits, default=math.nan):.2f} s")
    for failure in [*problems[:40], *failures]:
        say(f"FAILED: {failure}")
    return 1 if problems or failures else 0


def _line(sample: Sample) -> str:
    shown: dict[str, Any] = {
        "min": sample["at_s"] / 60,
        **{name: sample[name] for name in ("server_rss_mb", "server_fds", "server_cpu", "metrics_heap_mb")},
        **{name: sample[name] for name in ("metrics_arrays_mb", "runs_heap_mb", "wait_p95_s", "received_kb")},
    }
    return "  ".join(f"{name} {value:.1f}" for name, value in shown.items())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--samples", metavar="FILE", help="append each sample as a line of JSON")
    parser.add_argument(
        "--python", default="", metavar="OPTIONS", help="of the server's interpreter, e.g. -Xtracemalloc"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # its processes end with it
    raise SystemExit(
        soak(options.minutes, options.samples, options.python.split(), lambda text: print(text, flush=True))
    )


if __name__ == "__main__":
    main()
