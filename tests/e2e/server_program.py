"""`aim` with a server that calls itself another version, or that takes its time; for the browser tests."""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

import aim.version

aim.version.__version__ = os.environ.get("E2E_VERSION") or aim.version.__version__

# After the version is set: they take it when they are loaded.
from aim.cli.main import main  # noqa: E402
from aim.web.http.security import SecurityLayer  # noqa: E402

LATENCY_S = float(os.environ.get("E2E_LATENCY_MS", 0)) / 1000


def take_time() -> None:
    """Begin with each question to the API only after a while that differs: answers come late, and in any order.

    What changes something comes latest: the page shows it before that, and a test must not take this for the change.
    """
    answer = SecurityLayer.__call__

    async def answer_later(self: SecurityLayer, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and "/api/" in scope["path"]:
            is_change = scope["method"] != "GET" and not scope["path"].endswith("/search")
            await asyncio.sleep(LATENCY_S * random.uniform(0.5, 1.5) * (3 if is_change else 1))
        await answer(self, scope, receive, send)

    # The outermost layer of the app, which this process has for itself.
    SecurityLayer.__call__ = answer_later  # type: ignore[method-assign]


if LATENCY_S:
    take_time()
raise SystemExit(main())
