"""Answers about a repo in a process that has no web framework: as apps and notebooks use them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import aim

PROGRAM = """
import json, sys

for name in ("fastapi", "starlette", "uvicorn"):
    sys.modules[name] = None  # an import of it fails

from aim.explore.caches import SearchCache, StaleCache
from aim.explore.completion.names import count_names, matching_names
from aim.explore.completion.values import matching_values
from aim.explore.curves.charts import ChartRequest, frames, read_point
from aim.explore.curves.sequences import find_sequences
from aim.explore.pages.headline import find_headlines
from aim.explore.pages.home import count_everything, home_answer
from aim.explore.pages.near_runs import near_runs
from aim.explore.pages.run import run_answer
from aim.explore.service import Service
from aim.explore.tables.export import export_runs
from aim.explore.tables.search import RunSearch, column_spread, run_columns, runs_page, search_runs
from aim.storage.repo.repo_files import open_repo

service = Service(open_repo(sys.argv[1]))
service.start()
assert service.wait_until_caught_up(60)
view = service.view()
cache, search = SearchCache(), RunSearch("run.name == 'one'", (("created_at", True),))
page = runs_page(view, search, columns=None, cache=cache, columns_cache=StaleCache())
(run_hash,) = (row["hash"] for row in page["rows"])
found = search_runs(view, search, cache=cache)
(sequence,) = find_sequences(view, "loss")["sequences"]
answer = run_answer(service, run_hash)
print(json.dumps({
    "rows": [(row["name"], row["params"]) for row in page["rows"]],
    "columns": [param["path"] for param in run_columns(view)["params"]],
    "spread": column_spread(view, search, "params.lr")["min"],
    "is_same": search_runs(view, search, cache=cache) is found,
    "run": [answer["name"], answer["status"], answer["sequences"][0]["count"]],
    "frames": sum(len(frame) for frame in frames(view, ChartRequest([sequence["id"]]))) % 8,
    "point": read_point(view, sequence["id"], 2.2)["value"],
    "headline": [headline["name"] for headline in find_headlines(view, list(found.ids), {}).values()],
    "near": [run["name"] for run in near_runs(service, "on")],
    "home": [row["name"] for row in home_answer(view, service.layout)["recent"]],
    "points": count_everything(view)["points"],
    "names": matching_names(count_names(view), "lo")["metrics"],
    "values": matching_values(view, "run.name"),
    "csv": b"".join(export_runs(view, found.ids, "csv")).decode().splitlines()[1].split(",")[0],
    "loaded": sorted(name for name in sys.modules if name.startswith("aim.web")),
}))
service.close()
"""


def test_answers_need_no_web_framework(repo_path: Path) -> None:
    with aim.Run(name="one", repo=repo_path) as run:
        run["params"] = {"lr": 0.5}
        for step in range(4):
            run.track(float(step), name="loss", step=step)
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(repo_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "rows": [["one", {}]],
        "columns": ["params.lr"],
        "spread": 0.5,
        "is_same": True,
        "run": ["one", "finished", 4],
        "frames": 0,
        "point": 2.0,
        "headline": ["loss"],
        "near": ["one"],
        "home": ["one"],
        "points": 4,
        "names": [{"name": "loss", "count": 1}],
        "values": [{"value": "one", "count": 1}],
        "csv": "one",
        "loaded": [],
    }
