"""A page in a browser as the soak sees it: what it holds, asks for, shows and complains about."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from benchmarks.devtools import Devtools

__all__ = ["SoakPage", "percentile"]

# A chart's name ends with its last step, which is the second in which the point was recorded. What came over the wire
# is counted and forgotten; the shared stream of events is not a page's own, and not in it.
_PROBE = """
    window.soak = { last: 0, waits: [], draws: 0, paths: {} }
    new MutationObserver((list) => {
      for (const m of list) {
        if (m.attributeName === 'data-base-draws') { soak.draws++; continue }
        const step = / to (?:step )?([\\d\\u2009]+), lowest/.exec(m.target.ariaLabel ?? '')
        const seen = step ? Number(step[1].replaceAll('\\u2009', '')) : 0
        if (seen > soak.last) { soak.last = seen; soak.waits.push(Date.now() / 1000 - seen) }
      }
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ['aria-label', 'data-base-draws'] })
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) {
        const path = new URL(e.name).pathname.replace('/api/v1', '')
        const known = soak.paths[path] ??= [0, 0]
        known[0]++
        known[1] += e.transferSize
      }
      performance.clearResourceTimings()
    }).observe({ type: 'resource', buffered: true })
"""

_SCROLL = """(async () => {
  for (let box = document.querySelector('[data-chart]')?.closest('section'); box; box = box.parentElement) {
    if (box.scrollHeight <= box.clientHeight + 1 || getComputedStyle(box).overflowY === 'visible') continue
    for (let y = 0; y < box.scrollHeight; y += 300) {
      box.scrollTop = y
      await new Promise((go) => setTimeout(go, 100))
    }
    box.scrollTop = 0
    return true
  }
  return false
})()"""


class SoakPage:
    """A page, and what happens in it.

    Attributes:
        problems: Errors of the console, which a request that fails makes, too.
        requests: How many of each path.
        received: Bytes of each path, over the wire.
    """

    def __init__(self, browser: Devtools, name: str, url: str) -> None:
        self.name = name
        self.problems: list[str] = []
        self.requests: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self._tab = browser.open(_PROBE, self._hear)
        self._tab.go(url)

    def _hear(self, method: str, event: dict[str, Any]) -> None:
        if method == "Runtime.consoleAPICalled" and event["type"] in ("error", "assert"):
            self._note(" ".join(str(a.get("value", a.get("description"))) for a in event["args"]))
        elif method == "Runtime.exceptionThrown":
            details = event["exceptionDetails"]
            self._note(str(details.get("exception", {}).get("description", details["text"])))
        elif method == "Log.entryAdded" and event["entry"]["level"] == "error":
            self._note(f"{event['entry']['text']} {event['entry'].get('url', '')}")
        elif method == "Inspector.targetCrashed":
            self._note("the page crashed")

    def _note(self, problem: str) -> None:
        self.problems.append(f"{self.name}: {problem[:300]}")

    def memory(self) -> dict[str, float]:
        """What the page holds after a full collection: MB of script and of typed arrays, nodes, listeners."""
        self._tab.send("Runtime.discardConsoleEntries")
        self._tab.send("HeapProfiler.collectGarbage")
        usage = self._tab.send("Runtime.getHeapUsage")
        counts = self._tab.send("Memory.getDOMCounters")
        return {
            "heap_mb": (usage["usedSize"] + usage.get("embedderHeapUsedSize", 0)) / 1e6,
            "arrays_mb": usage.get("backingStorageSize", 0) / 1e6,
            "nodes": counts["nodes"],
            "listeners": counts["jsEventListeners"],
        }

    def count(self) -> tuple[int, int, int]:
        """Requests, bytes over the wire, and drawings of charts so far."""
        found = self._tab.ask("[soak.paths, soak.draws]")
        for path, (requests, received) in found[0].items():
            self.requests[path], self.received[path] = requests, received
        return self.requests.total(), self.received.total(), found[1]

    def waits(self, begin: float) -> list[float]:
        """Seconds from the tick of a second to the moment where its points were on the page, since the last call."""
        return [wait - begin for wait in self._tab.ask("soak.waits.splice(0)")]

    def scroll(self) -> None:
        """Through the charts and back."""
        if not self._tab.ask(_SCROLL):
            self._note("there is nothing to scroll")

    def click(self, what: str) -> bool:
        """Click the first element of a selector, or the first button with a text; False if there is none."""
        found = f"document.querySelector({what!r})"
        if what.isalpha():
            found = f"[...document.querySelectorAll('button')].find((b) => b.textContent === {what!r})"
        return bool(self._tab.ask(f"(() => {{ const e = {found}; e?.click(); return !!e }})()"))


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan
