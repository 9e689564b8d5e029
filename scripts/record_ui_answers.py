"""Records what the server answers to the UI's pages, for their mount tests: `aim/web/ui/test/pages/answers.json`.

Two repos, one with three small runs and one without any, are served by `aim up`. Run it when the shape of an answer
changes.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aim

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = ROOT / "aim" / "web" / "ui" / "test" / "pages" / "answers.json"
STEPS = 20
NEWEST_FIRST = [{"by": "created_at", "desc": True}]


def record_runs(repo: Path) -> None:
    """Three runs of two experiments, each with params and two metrics."""
    for seed, (experiment, optimizer) in enumerate([("digits", "adamw"), ("digits", "sgd"), ("words", "adamw")]):
        with aim.Session(repo=repo, experiment=experiment, run=f"{optimizer}-{seed}") as session:
            session.set_params({"lr": 10.0 ** -(seed + 1), "optimizer": optimizer, "seed": seed})
            for step in range(STEPS):
                session.track(1 / (step + 1) + 0.1 * seed, "loss", step=step, subset="train")
                session.track(step / STEPS, "acc", step=step, subset="val")


class Server:
    """`aim up` on a repo, while the block lasts."""

    def __init__(self, repo: Path) -> None:
        command = [sys.executable, "-m", "aim", "up", "--repo", str(repo), "-y", "-p", "0", "--no-open"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                self._api = found[0] + "api/v1/"
                return
        raise SystemExit("aim up printed no address")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def ask(self, path: str, body: dict[str, Any] | None = None, accept: str = "application/json") -> bytes:
        headers = {"accept": accept, "content-type": "application/json", "x-aim": "1"}
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self._api + path, data, headers)) as response:
            return bytes(response.read())


def answers_of(server: Server) -> dict[str, str]:
    """By method and path; lines of a search as they come, frames in base64."""

    def search(path: str, body: dict[str, Any]) -> str:
        return server.ask(path, body, "application/x-ndjson").decode()

    out: dict[str, str] = {}
    listed = {
        "q": "",
        "sort": NEWEST_FIRST,
        "offset": 0,
        "limit": 200,
        "columns": None,
        "known": True,
        "form": "listed",
    }
    out["POST runs/search"] = search("runs/search", listed)
    out["POST runs/columns"] = search("runs/columns", {"q": ""})
    out["POST metrics/search"] = found = search("metrics/search", {"q": "", "limit": 5000})
    sequences = [
        s["id"] for line in found.splitlines() for s in json.loads(line).get("result", {}).get("sequences", [])
    ]
    if sequences:
        run = json.loads(server.ask("home"))["recent"][0]["hash"]
        detail = json.loads(server.ask(f"runs/{run}"))
        for writer in detail["writers"]:
            writer["host"] = "host"
        out["GET runs/:hash"] = json.dumps({**detail, "environment": {"python": "3.11.0"}})
        frame = {"sequences": sequences, "x": "step", "buckets": 512}
        out["POST metrics/frame"] = base64.b64encode(server.ask("metrics/frame", frame)).decode()
    for path in ("home", "info", "demo", "query/names?prefix="):
        out[f"GET {path}"] = server.ask(path).decode()
    return out


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        full, empty = Path(folder, "full"), Path(folder, "empty")
        for repo in (full, empty):
            repo.mkdir()
        record_runs(full)
        answers = {}
        for name, repo in (("full", full), ("empty", empty)):
            with Server(repo) as server:
                answers[name] = answers_of(server)
        text = json.dumps(answers, indent=2).replace(folder, "/repos")
    ANSWERS.parent.mkdir(parents=True, exist_ok=True)
    ANSWERS.write_text(text + "\n")


if __name__ == "__main__":
    main()
