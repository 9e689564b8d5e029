"""The web server, from the outside: a real process behind a socket, answers read to the last byte."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.corpus import ONE_THOUSAND, Corpora, Corpus
from benchmarks.figures import Figure
from benchmarks.indexing import catch_up_once
from benchmarks.isolated import child_environment, isolated, timed

__all__ = ["live", "searches", "ten_thousand_runs", "thousand_runs"]

_CURVES = "loss if context.subset == train and params.lr > 0.5"
_TIMES = 12

_SERVE = """
import sys
from aim.storage.repo.repo_files import open_repo
from aim.web.app import create_app
from aim.web.process.serve import bind, serve
from aim.web.state import state_of
sock = bind("127.0.0.1", 0)
print(sock.getsockname()[1], flush=True)
app = create_app(open_repo(sys.argv[1]))
serve(app, sock, stop=state_of(app).stop)
"""

_TRAIN = """
import random, sys, time
import aim
sessions = [aim.Session(repo=sys.argv[1]) for _ in range(50)]
begin, ticks = time.monotonic(), 0
print("ready", flush=True)
while time.monotonic() - begin < float(sys.argv[2]):
    for session in sessions:
        for number in range(20):
            session.track(random.random(), name=f"metric_{number}")
    ticks += 1
    time.sleep(max(0.0, begin + ticks - time.monotonic()))
"""


class _Server:
    """A server that has answered its first request."""

    def __init__(self, path: str) -> None:
        begin = time.perf_counter()
        command = [sys.executable, "-c", _SERVE, path]
        self.process = subprocess.Popen(command, env=child_environment(), stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
        while json.loads(self.get("info"))["catching_up"] is not None:
            time.sleep(0.005)
        self.ready_s = time.perf_counter() - begin

    def get(self, path: str) -> bytes:
        self.connection.request("GET", f"/api/v1/{path}")
        return self._body()

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        headers = {"content-type": "application/json"}
        self.connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
        return self._body()

    def _body(self) -> bytes:
        response = self.connection.getresponse()
        data = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {data[:500]!r}")
        return data

    def ms(self, ask: Callable[[], object]) -> float:
        """Median time of a warm request, milliseconds."""
        times = []
        for _ in range(_TIMES):
            with timed() as timing:
                ask()
            times.append(timing.seconds * 1e3)
        return median(times[2:])

    def peak_mb(self) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1e3
        raise RuntimeError("no peak")


@contextmanager
def _serving(path: str) -> Iterator[_Server]:
    server = _Server(path)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def _curves(server: _Server, query: str, count: int) -> None:
    """What a chart asks for: the sequences, then their points."""
    found = json.loads(server.post("metrics/search", {"q": query, "limit": 20_000}))
    ids = [sequence["id"] for sequence in found["sequences"]]
    if len(ids) != count:
        raise RuntimeError(f"{len(ids)} sequences, not {count}")
    server.post("metrics/frame", {"sequences": ids, "buckets": 1024})


def thousand_runs(corpora: Corpora) -> list[Figure]:
    """The runs table with many columns, the curves of a query, and how soon the server is there."""
    path = corpora.get(ONE_THOUSAND)
    isolated(catch_up_once, path)
    with _serving(path) as server:
        found = json.loads(server.post("runs/columns", {}))
        params = [column["path"] for column in found["params"]]
        metrics = [
            f"metric:{column['name']}|{column['context']}|{summary}"
            for column in found["metrics"]
            for summary in ("last", "min", "max")
        ]
        columns = [*params, *metrics][:50]
        body = {"columns": columns, "limit": 1000, "form": "listed"}  # as the pages ask
        listing = server.ms(lambda: server.post("runs/search", body))
        curves = server.ms(lambda: _curves(server, _CURVES, 500))
        ready = median([server.ready_s, *(_ready(path) for _ in range(4))])
    return [
        Figure(f"HTTP: 1,000 runs x {len(columns)} columns", listing, "ms", 60),
        Figure("HTTP: `loss` of train where lr > x, half of 1,000 runs, to the last byte", curves, "ms", 60,
               "two requests: sequences, then points", "0.44-21 s"),
        Figure("web server ready with 1,000 runs", ready, "s", 1.0, "process start to first answer, index there"),
    ]  # fmt: skip


def _ready(path: str) -> float:
    with _serving(path) as server:
        return server.ready_s


def ten_thousand_runs(corpora: Corpora) -> list[Figure]:
    """The first screen of the runs table, and memory."""
    path = corpora.get(Corpus(10_000))
    isolated(catch_up_once, path)
    with _serving(path) as server:
        params = [column["path"] for column in json.loads(server.post("runs/columns", {}))["params"]]
        first = server.ms(lambda: server.post("runs/search", {"limit": 100, "columns": params}))
        by_param = {"limit": 100, "columns": params, "sort": [{"by": "params.hparams.lr", "desc": True}]}
        sorting = server.ms(lambda: server.post("runs/search", by_param))
        server.get("home")
        peak = server.peak_mb()
    return [
        Figure("HTTP: first 100 of 10,000 runs, 20 columns", first, "ms", 80, f"sorted by a param: {sorting:.0f} ms"),
        Figure("memory of the web server with 10,000 runs", peak, "MB", 300),
    ]


def searches(corpora: Corpora) -> list[Figure]:
    """A chart of 1,000 sequences."""
    path = corpora.get(Corpus(100, points=500))
    isolated(catch_up_once, path)
    with _serving(path) as server:
        value = server.ms(lambda: _curves(server, "", 1_000))
    return [Figure("HTTP: metrics search of 1,000 sequences x 500 points", value, "ms", 250, "search and points")]


def live(corpora: Corpora) -> list[Figure]:
    """From the return of `track` to the event that names the run, while 50 other runs are recorded."""
    import aim

    path = corpora.new_folder("serving-live")
    command = [sys.executable, "-c", _TRAIN, path, "15"]
    training = subprocess.Popen(command, env=child_environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert training.stdout is not None
        training.stdout.readline()
        with aim.Session(repo=path) as session, _serving(path) as server:
            session.track(0.0, name="probe")
            events = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            events.request("GET", "/api/v1/live")
            stream = events.getresponse()
            time.sleep(1.5)
            delays = [_delay(session, stream, number) for number in range(20)]
    finally:
        training.terminate()
        training.wait()
    note = f"slowest of 20; half within {median(delays) * 1e3:.0f} ms"
    return [Figure("a tracked point is told to listeners, 50 runs recording", max(delays), "s", 1.0, note)]


def _delay(session: Any, stream: http.client.HTTPResponse, number: int) -> float:
    time.sleep(0.1 + (number % 7) * 0.05)  # at any moment of the server's rhythm
    tracked_at = time.time()
    session.track(float(number), name="probe")
    while True:
        line = stream.readline()
        if not line:
            raise RuntimeError("the stream ended")
        # an event that was under way when the point was tracked does not count
        is_named = line.startswith(b"data:") and session.run_hash.encode() in line
        if is_named and json.loads(line[5:])["at"] > tracked_at:
            return time.time() - tracked_at
