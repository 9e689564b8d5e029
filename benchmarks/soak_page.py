"""A page in a browser as the soak sees it: what it holds, asks for, shows and complains about."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

__all__ = ["SoakPage"]

# A chart's name ends with its last step, which is the second in which the point was recorded.
_PROBE = """
    window.soak = { last: 0, waits: [], draws: 0 }
    new MutationObserver((list) => {
      for (const m of list) {
        if (m.attributeName === 'data-base-draws') { soak.draws++; continue }
        const step = / to (?:step )?([\\d\\u2009]+), lowest/.exec(m.target.ariaLabel ?? '')
        const seen = step ? Number(step[1].replaceAll('\\u2009', '')) : 0
        if (seen > soak.last) { soak.last = seen; soak.waits.push(Date.now() / 1000 - seen) }
      }
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ['aria-label', 'data-base-draws'] })
"""


class SoakPage:
    """A page, and what happens in it.

    Attributes:
        problems: Errors of the console and of requests.
        requests: How many of each path.
        received: Bytes of each path, over the wire.
    """

    def __init__(self, context: BrowserContext, name: str, url: str) -> None:
        self.name = name
        self.problems: list[str] = []
        self.requests: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.page: Page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.add_init_script(_PROBE)
        self.page.on("console", lambda m: self._note(f"console: {m.text}") if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self._note(f"page: {e}"))
        self.page.on("crash", lambda _: self._note("the page crashed"))
        self._paths: dict[str, str] = {}
        self._devtools = context.new_cdp_session(self.page)
        self._devtools.on("Network.requestWillBeSent", self._on_request)
        self._devtools.on("Network.responseReceived", self._on_response)
        self._devtools.on("Network.dataReceived", self._on_data)
        self._devtools.on("Network.loadingFinished", lambda e: self._paths.pop(e["requestId"], None))
        self._devtools.on("Network.loadingFailed", self._on_failure)
        # what the browser keeps of answers for its developer tools would be counted as the page's
        self._devtools.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})
        self.page.goto(url)

    def _note(self, problem: str) -> None:
        self.problems.append(f"{self.name}: {problem[:300]}")

    def _on_request(self, event: Any) -> None:
        path = urlsplit(event["request"]["url"]).path.removeprefix("/api/v1")
        self._paths[event["requestId"]] = path
        self.requests[path] += 1

    def _on_response(self, event: Any) -> None:
        if event["response"]["status"] >= 400:
            self._note(f"{event['response']['status']} for {event['response']['url']}")

    def _on_data(self, event: Any) -> None:
        self.received[self._paths.get(event["requestId"], "?")] += event["encodedDataLength"] or event["dataLength"]

    def _on_failure(self, event: Any) -> None:
        path = self._paths.pop(event["requestId"], "?")
        if not event.get("canceled"):
            self._note(f"{event['errorText']} for {path}")

    def memory(self) -> dict[str, float]:
        """What the page holds after a full collection: MB of script and of typed arrays, nodes, listeners."""
        self._devtools.send("HeapProfiler.collectGarbage")
        usage = self._devtools.send("Runtime.getHeapUsage")
        counts = self._devtools.send("Memory.getDOMCounters")
        return {
            "heap_mb": (usage["usedSize"] + usage.get("embedderHeapUsedSize", 0)) / 1e6,
            "arrays_mb": usage.get("backingStorageSize", 0) / 1e6,
            "nodes": counts["nodes"],
            "listeners": counts["jsEventListeners"],
        }

    def waits(self, begin: float) -> list[float]:
        """Seconds from the tick of a second to the moment where its points were on the page, since the last call."""
        found = self.page.evaluate("() => soak.waits.splice(0)")
        return [wait - begin for wait in found]

    def draws(self) -> int:
        """How often charts were drawn since the page was loaded."""
        return int(self.page.evaluate("() => soak.draws"))


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan
