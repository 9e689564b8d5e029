"""`python -m benchmarks.steady`: a server of 10,000 runs is asked thousands of different questions; its memory levels.

Every question differs from those before: another query, other columns, another page, other curves, so whatever is kept
of a question without a bound shows. Fails (exit status 1) if memory grows by more than 5 MB a thousand questions
over the second half.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from benchmarks.corpus import Corpora, Corpus
from benchmarks.figures import machine
from benchmarks.soak import ServedRepo, process_figures, slope

MAY_GROW_MB = 5.0
AT_ONCE = 4
_WORDS = ("loss", "accuracy", "precision", "recall")


class _Client:
    """Somebody who asks."""

    def __init__(self, url: str, seed: int) -> None:
        self._url = url + "/api/v1/"
        self._random = random.Random(seed)
        self._hashes: list[str] = []
        self.kinds: tuple[Callable[[], object], ...] = (
            self._listing,
            self._search,
            self._frames,
            self._columns,
            self._run,
            self._names,
            self._wrong,
            self._home,
        )

    def _ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-Aim": "1"}
        try:
            with urlopen(Request(self._url + path, data, headers)) as answer:
                content = answer.read()
                return json.loads(content) if answer.headers["content-type"].startswith("application/json") else None
        except HTTPError as error:
            if error.code >= 500:
                raise
            return None

    def _query(self) -> str:
        r = self._random
        name, value = r.choice(_WORDS), r.random()
        return r.choice(
            [
                f"params.lr > {value / 100:.6f}",
                f"run.hash.startswith('{r.randrange(4096):03x}')",
                f"run.created_at > {time.time() - r.random() * 3e5:.0f} and run.metrics['{name}'].last < {value:.5f}",
                f"run.name.contains('{r.randrange(1000)}') or params.field_{r.randrange(100_000)} == {r.randrange(99)}",
                " or ".join(f"params.lr == {r.random():.7f}" for _ in range(r.randrange(1, 12))),
            ]
        )

    def _listing(self) -> None:
        r = self._random
        columns = [f"metric:{r.choice(_WORDS)}|{{}}|{kind}" for kind in ("last", "min", "max")]
        body = {"q": self._query(), "offset": r.randrange(0, 2_000), "limit": r.randrange(20, 200), "columns": columns}
        found = self._ask("runs/search", {**body, "sort": [{"by": "created_at", "desc": r.random() < 0.5}]})
        self._hashes = [row["hash"] for row in found["rows"]] or self._hashes if found else self._hashes

    def _search(self) -> list[str]:
        found = self._ask("metrics/search", {"q": self._query(), "limit": self._random.randrange(10, 500)})
        return [sequence["id"] for sequence in found["sequences"]] if found else []

    def _frames(self) -> None:
        ids, r = self._search(), self._random
        body = {"sequences": ids, "x": r.choice(["step", "time", "epoch"]), "buckets": r.randrange(16, 2_000)}
        self._ask("metrics/frame", {**body, "smoothing": {"kind": "ema", "weight": r.random() * 0.9}})

    def _columns(self) -> None:
        self._ask("runs/columns", {"q": self._query()})

    def _run(self) -> None:
        if self._hashes:
            self._ask("runs/" + self._random.choice(self._hashes))

    def _names(self) -> None:
        self._ask(f"query/names?prefix={quote(self._random.choice('abcdefgl') + str(self._random.random()))}")

    def _wrong(self) -> None:
        self._ask("runs/search", {"q": f"params.lr > > {self._random.random()}"})
        self._ask(f"nothing/{self._random.random()}")
        self._ask("metrics/frame", {"sequences": [str(self._random.random())]})

    def _home(self) -> None:
        self._ask(f"home?tz={self._random.randrange(-700, 700)}")
        self._ask("info")


def ask(url: str, pid: int, questions: int, say: Callable[[str], None]) -> float:
    """Ask, and return by how many MB memory grew in a thousand questions of the second half."""
    clients = [_Client(url, seed) for seed in range(AT_ONCE)]
    asked, lock, failures = 0, threading.Lock(), []
    samples: list[tuple[float, float]] = []

    def go_on(client: _Client, seed: int) -> None:
        nonlocal asked
        kinds = random.Random(1000 + seed)
        while not failures:
            with lock:
                if asked >= questions:
                    return
                asked += 1
                if asked % (questions // 50) == 0:
                    samples.append((float(asked), process_figures(pid)["rss_mb"]))
                    if len(samples) % 5 == 0:
                        say(f"{asked:7,} questions: {samples[-1][1]:.1f} MB")
            try:
                kinds.choice(client.kinds)()
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=go_on, args=(client, seed)) for seed, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    second = samples[len(samples) // 2 :]
    return slope(second, 1000.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steady", description=__doc__)
    parser.add_argument("--questions", type=int, default=4_000)
    parser.add_argument("--runs", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aim-steady-") as folder:
        repo = Path(Corpora(Path(folder)).get(Corpus(options.runs, points=50)))
        server = ServedRepo(repo, Path(folder) / "server.log", [])
        try:
            while json.load(urlopen(server.url + "/api/v1/info"))["catching_up"]:
                time.sleep(0.5)
            print(machine(os.getloadavg()[0]), flush=True)
            grows = ask(server.url, server.process.pid, options.questions, lambda text: print(text, flush=True))
            figures = process_figures(server.process.pid)
        finally:
            server.end()
        errors = server.errors()
    print(
        f"{options.runs:,} runs: {figures['rss_mb']:.0f} MB, {figures['fds']:.0f} files, grows by {grows:.1f} MB/1,000"
    )
    for error in errors:
        print("FAILED:", error)
    raise SystemExit(1 if errors or grows > MAY_GROW_MB else 0)


if __name__ == "__main__":
    main()
