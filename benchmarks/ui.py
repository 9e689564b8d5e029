"""`make bench-ui`: the budgets of the web UI, measured in Chromium against a local server, beside their bars.

Times are medians of five. What a page does is timed in the page: from navigation to rows, from the last byte of an
answer to the finished drawing. Waiting goes by animation frames, so no time is finer than one (16.7 ms).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.corpus import Corpora, Corpus
from benchmarks.figures import BUSY, Figure, as_text, machine
from scripts.need_chromium import ARGUMENTS, find_chromium

TIMES = 5
LIMIT_MS = 60_000

# 70 params and three summaries of ten metrics: a table of 100 columns
_TEN_THOUSAND = Corpus(10_000, sequences=10, points=20, markers=False, params=70)
_THOUSAND_CURVES = Corpus(1_000, sequences=1, points=500, markers=False)
_THOUSAND_LONG = Corpus(1_000, sequences=1, points=10_000, markers=False)
_TEN_THOUSAND_CURVES = Corpus(10_000, sequences=1, points=200, markers=False)
_TWELVE_CHARTS = Corpus(200, sequences=12, points=500, markers=False)

# Notes when the last answer with points was complete, and when a chart last finished drawing; both in ms of the page.
_PROBE = """
    window.bench = { bytes: 0, drawn: 0, longest: 0, script: 0, frame: 0, most: 0 }
    new PerformanceObserver((list) => {
      const ends = list.getEntries().filter((e) => e.name.endsWith('/metrics/frame')).map((e) => e.responseEnd)
      bench.bytes = Math.max(bench.bytes, ...ends)
    }).observe({ type: 'resource', buffered: true })
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) bench.longest = Math.max(bench.longest, e.duration)
    }).observe({ type: 'longtask', buffered: true })
    const frames = window.requestAnimationFrame
    window.requestAnimationFrame = (work) => frames.call(window, (time) => {
      const begin = performance.now()
      work(time)
      // Works of one frame have the same time.
      bench.script = (bench.frame === time ? bench.script : 0) + performance.now() - begin
      bench.frame = time
      bench.most = Math.max(bench.most, bench.script)
    })
    new MutationObserver(() => { bench.drawn = performance.now() })
      .observe(document, { subtree: true, attributes: true, attributeFilter: ['data-base-draws'] })
"""


class _Served:
    """A server of a corpus, caught up."""

    def __init__(self, path: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "aim.cli.main", "up", "--no-open", "--port", "0", "--repo", path],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        found = None
        for line in self._process.stdout:
            found = re.search(r"Aim serves .* at (http://\S+?)/?$", line)
            if found:
                break
        if found is None:
            raise RuntimeError("aim up did not start")
        self.url = found[1]
        while json.load(urlopen(self.url + "/api/v1/info"))["catching_up"]:
            time.sleep(0.1)

    def __enter__(self) -> str:
        return self.url

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def _page(browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(LIMIT_MS)
    page.add_init_script(_PROBE)
    return page


def _until(page: Page, condition: str) -> float:
    """Milliseconds since the navigation began when `condition` first holds at an animation frame."""
    return float(
        page.evaluate(
            f"() => new Promise((done) => {{ const holds = () => ({condition}); "
            "const look = () => (holds() ? done(performance.now()) : requestAnimationFrame(look)); look() })"
        )
    )


# Nothing more is drawn for a while: `bench.drawn` then tells when the last drawing ended, and the wait is not counted.
_DRAWN = " && ".join(
    [
        "document.querySelector('[data-chart]')?.dataset.baseDraws",
        "!/loading|no lines/.test(document.querySelector('[data-chart]').ariaLabel)",
        "!/loading|refining/.test(document.querySelector('[data-notes]').innerText)",
        "bench.bytes > 0",
        "bench.drawn > bench.bytes",
        "performance.now() - bench.drawn > 1500",
    ]
)


def first_load(browser: Browser, corpora: Corpora) -> list[Figure]:
    """Home of a repo of 10,000 runs, with nothing in the browser's cache; and from there to other pages."""
    with _Served(corpora.get(_TEN_THOUSAND)) as url:
        times, size = [], 0
        changes: dict[str, list[float]] = {"Runs": [], "Home": []}
        for _ in range(TIMES):
            page = _page(browser)
            bodies: dict[str, bytes] = {}
            page.on(
                "response", lambda r, b=bodies: b.update({r.url: r.body()}) if r.url.endswith((".js", ".css")) else None
            )
            page.goto(url + "/", wait_until="commit")
            times.append(_until(page, "document.querySelector('main [data-run]')"))
            page.wait_for_load_state("load")
            size = sum(len(gzip.compress(body)) for body in bodies.values())
            for label, path, seen in (("Runs", "/runs", "[role=rowheader] a"), ("Home", "/", "main a[href*=runs]")):
                there = f"location.pathname === '{path}' && document.querySelector('{seen}')"
                changes[label].append(
                    page.evaluate(
                        f"""() => new Promise((done) => {{
                          const begin = performance.now()
                          document.querySelector('nav a[aria-label="{label}"]').click()
                          const look = () => ({there}) ? done(performance.now() - begin) : requestAnimationFrame(look)
                          look()
                        }})"""
                    )
                )
            page.close()
    return [
        Figure("first load: JS and CSS, gzipped", size / 1e3, "KB", 300),
        Figure("first load to usable Home, 10,000 runs", median(times), "ms", 1_000, _spread(times)),
        Figure(
            "later page change: Home to Runs of 10,000", median(changes["Runs"]), "ms", 150, _spread(changes["Runs"])
        ),
        Figure("later page change: back to Home", median(changes["Home"]), "ms", 150, _spread(changes["Home"])),
    ]


def runs_table(browser: Browser, corpora: Corpora) -> list[Figure]:
    """The table of 10,000 runs: first rows, and frames while it is scrolled."""
    with _Served(corpora.get(_TEN_THOUSAND)) as url:
        known = _post(url + "/api/v1/runs/columns", {"q": ""})
        columns = [p["path"] for p in known["params"]]
        for m in known["metrics"]:
            columns += [f"metric:{m['name']}|{m['context']}|{kind}" for kind in ("last", "min", "max")]
        address = url + "/runs?" + "&".join(f"col={quote(c, safe='')}" for c in columns)
        first, frames = [], []
        for _ in range(TIMES):
            page = _page(browser)
            page.goto(address, wait_until="commit")
            first.append(_until(page, "document.querySelectorAll('[role=rowheader] a').length > 10"))
            frames += page.evaluate(
                """() => new Promise((done) => {
                  const grid = document.querySelector('[role=grid]'), gaps = []
                  let last = performance.now()
                  const step = (now) => {
                    gaps.push(now - last)
                    last = now
                    grid.scrollTop += 400
                    grid.scrollLeft += 20
                    if (gaps.length < 60) requestAnimationFrame(step)
                    else done(gaps.slice(1))
                  }
                  requestAnimationFrame(step)
                })"""
            )
            page.close()
    frames.sort()
    scrolling = round(frames[int(len(frames) * 0.95)], 1)  # the browser's clock has tenths; two frames are 33.4
    return [
        Figure(f"Runs, 10,000 x {len(columns)} columns: first rows", median(first), "ms", 500, _spread(first)),
        Figure("the same: frame while scrolling, p95", scrolling, "ms", 33.4, f"{len(frames)} frames"),
    ]


def _hover(page: Page, plot: Locator, read: str) -> list[float]:
    """Moves the pointer over a chart: what `read` gives after each move. `bench.most` is the longest script since."""
    box = plot.bounding_box()
    assert box is not None
    seen = []
    across, down = (box["width"] - 120) / 40, (box["height"] - 80) / 40
    for i in range(40):
        page.evaluate("bench.most = 0")
        page.mouse.move(box["x"] + 80 + across * i, box["y"] + 40 + down * i)
        seen.append(
            float(
                plot.evaluate(
                    f"(plot) => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done({read}))))"
                )
            )
        )
    return seen


def curves(browser: Browser, corpora: Corpora) -> list[Figure]:
    """One chart of 1,000 short curves: drawing, zooming, hovering."""
    drawn, zoomed, hover = [], [], []
    with _Served(corpora.get(_THOUSAND_CURVES)) as url:
        for _ in range(TIMES):
            page = _page(browser)
            page.goto(url + "/metrics?q=loss", wait_until="commit")
            _until(page, _DRAWN)
            drawn.append(page.evaluate("bench.drawn - bench.bytes"))
            plot = page.locator("[data-chart]").first
            count = int(plot.get_attribute("data-base-draws") or 0)
            hover.append(median(_hover(page, plot, "Number(plot.dataset.hoverMs || 0)")))
            if int(plot.get_attribute("data-base-draws") or 0) != count:
                raise RuntimeError("hovering drew the lines again")
            plot.focus()
            page.keyboard.press("+")
            _until(page, f"Number(document.querySelector('[data-chart]').dataset.baseDraws) > {count} && {_DRAWN}")
            zoomed.append(float(plot.get_attribute("data-draw-ms") or 0))
            page.close()
    return [
        Figure("Metrics, 1,000 curves x 500 points: last byte to drawn", median(drawn), "ms", 300, _spread(drawn)),
        Figure("the same: redraw on zoom", median(zoomed), "ms", 120, _spread(zoomed)),
        Figure("the same: script per move of the pointer", median(hover), "ms", 4, _spread(hover)),
    ]


def long_curves(browser: Browser, corpora: Corpora) -> list[Figure]:
    """1,000 curves of 10,000 points, true to the pixel."""
    times, draw = [], []
    with _Served(corpora.get(_THOUSAND_LONG)) as url:
        for _ in range(TIMES):
            page = _page(browser)
            page.goto(url + "/metrics?q=loss", wait_until="commit")
            _until(page, _DRAWN)
            times.append(page.evaluate("bench.drawn - bench.bytes"))
            draw.append(float(page.locator("[data-chart]").first.get_attribute("data-draw-ms") or 0))
            page.close()
    return [
        Figure("Metrics, 1,000 curves x 10,000 points: last byte to drawn", median(times), "ms", 1_000, _spread(times)),
        Figure("the same: one drawing", median(draw), "ms", 800, _spread(draw)),
    ]


def twelve_charts(browser: Browser, corpora: Corpora) -> list[Figure]:
    """12 charts of 200 curves: what is in sight, and a hover that is shared by all."""
    times, frames = [], []
    with _Served(corpora.get(_TWELVE_CHARTS)) as url:
        for _ in range(TIMES):
            page = _page(browser)
            page.set_viewport_size({"width": 1280, "height": 1600})
            page.goto(url + "/metrics?q=run.duration+>=+0", wait_until="commit")
            _until(page, _DRAWN)
            times.append(page.evaluate("bench.drawn - bench.bytes"))
            plot = page.locator("[data-chart]").nth(4)
            drawn = page.evaluate("[...document.querySelectorAll('[data-chart]')].map((e) => e.dataset.baseDraws)")
            if len(drawn) != 12 or not all(drawn):
                raise RuntimeError(f"not all 12 charts were in sight: {drawn}")
            frames.append(median(_hover(page, plot, "bench.most")))
            page.close()
    return [
        Figure(
            "Metrics, 12 charts x 200 curves x 500 points: last byte to drawn", median(times), "ms", 300, _spread(times)
        ),
        Figure("the same: hover synced over 12 charts, script per frame", median(frames), "ms", 16, _spread(frames)),
    ]


def many_sequences(browser: Browser, corpora: Corpora) -> list[Figure]:
    """10,000 curves in one chart."""
    times, longest = [], []
    with _Served(corpora.get(_TEN_THOUSAND_CURVES)) as url:
        for _ in range(TIMES):
            page = _page(browser)
            page.goto(url + "/metrics?q=loss", wait_until="commit")
            page.get_by_role("button", name=re.compile("^Show up to")).click()
            _until(page, f"/10.000 runs|bands/.test(document.querySelector('[data-chart]')?.ariaLabel) && {_DRAWN}")
            times.append(page.evaluate("bench.drawn - bench.bytes"))
            longest.append(page.evaluate("bench.longest"))
            page.close()
    return [
        Figure("Metrics, 10,000 curves x 200 points: last byte to drawn", median(times), "ms", 1_000, _spread(times)),
        Figure("the same: longest task", median(longest), "ms", 100, _spread(longest)),
    ]


SUBJECTS: dict[str, Callable[[Browser, Corpora], list[Figure]]] = {
    "first-load": first_load,
    "runs": runs_table,
    "curves": curves,
    "long": long_curves,
    "twelve": twelve_charts,
    "many": many_sequences,
}


def _spread(times: list[float]) -> str:
    return f"{min(times):.0f} to {max(times):.0f}" if max(times) >= 10 else f"{min(times):.2f} to {max(times):.2f}"


def _post(url: str, body: object) -> Any:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", "X-Aim": "1"})
    with urlopen(request) as answer:
        return json.load(answer)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ui", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", choices=[*SUBJECTS], help=", ".join(SUBJECTS))
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("no Chromium: see scripts/need_chromium.py")
    begin, load = time.monotonic(), os.getloadavg()[0]
    if load > BUSY:
        print(f"the machine is busy (load {load:.1f}): times will be longer than they need be")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="aim-bench-") as folder, sync_playwright() as playwright:
        corpora = Corpora(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name in options.only or SUBJECTS:
            print(f"{time.monotonic() - begin:5.0f} s  {name} ...", flush=True)
            figures += SUBJECTS[name](browser, corpora)
        browser.close()
    print(f"\n{machine(load)}; {time.monotonic() - begin:.0f} s in all\n\n{as_text(figures)}")
    over = sum(figure.verdict == "over" for figure in figures)
    print(f"\n{over or 'none'} over the bar")


if __name__ == "__main__":
    main()
