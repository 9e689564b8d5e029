from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import aim
from aim.storage.layout import RepoLayout
from aim.storage.repo_files import read_config
from tests.unit.web.support import Api, record


def test_info(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    empty = api.get("info")
    assert (empty["repo_path"], empty["runs"], empty["catching_up"]) == (layout.root, 0, None)
    assert empty["experiments"] == [{"name": "default", "runs": 0}]
    record(repo_path, experiment="one")
    api.post("runs/search")
    api.client.app.state.memo.__init__()  # type: ignore[attr-defined]
    info = api.get("info")
    assert (info["runs"], info["points"], info["active_runs"]) == (1, 10, 0) and info["size_bytes"] > 320
    assert info["experiments"] == [{"name": "default", "runs": 0}, {"name": "one", "runs": 1}]


def test_home(repo_path: Path, api: Api) -> None:
    assert api.get("home")["recent"] == []
    finished = record(repo_path, points=500)
    with aim.Session(repo=repo_path) as session:
        session.track(3.0, name="accuracy")
        home = api.get("home?tz=60")
    assert [row["hash"] for row in home["active"]] == [session.run_hash]
    assert [row["hash"] for row in home["recent"]] == [session.run_hash, finished]
    assert home["active"][0]["headline"]["name"] == "accuracy" and home["active"][0]["headline"]["spark"] == [3.0]
    headline = home["recent"][1]["headline"]
    assert (headline["name"], headline["context"], headline["last"]) == ("loss", {"subset": "val"}, 0.004)
    assert len(headline["spark"]) <= 60 and max(headline["spark"]) == 2.0 and headline["spark"][-1] == 0.004
    assert len(home["activity"]) == 182 and sum(day["runs"] for day in home["activity"]) == 2
    today = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 3600, UTC).date().isoformat()
    assert home["activity"][-1]["day"] == today


def test_experiments(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    record(repo_path, experiment="<i>")
    assert api.post("experiments", {"name": "new"})["experiments"][-1] == {"name": "new", "runs": 0}
    assert api.post("experiments", {"name": "new"}, status=409)["code"] == "conflict"
    assert api.post("experiments", {"name": " "}, status=400)["code"] == "bad_request"
    assert api.post("experiments/checkout", {"name": "new"})["experiment"] == "new"
    assert read_config(layout)["experiment"] == "new"
    assert api.post("experiments/checkout", {"name": "none"}, status=404)["code"] == "not_found"


def test_names_to_complete(repo_path: Path, api: Api) -> None:
    for _ in range(2):
        record(repo_path, experiment="exp", learning_rate=0.1)
    api.post("runs/search")
    names = api.get("query/names?prefix=l")
    assert names["metrics"] == [{"name": "loss", "count": 4}]
    assert {"path": "params.lr", "count": 2} in names["params"]
    assert [p["path"] for p in api.get("query/names?prefix=rate")["params"]] == ["params.learning_rate"]
    values = {"key": "subset", "values": [{"value": "train", "count": 2}, {"value": "val", "count": 2}]}
    assert api.get("query/names")["contexts"] == [values]
    assert api.get("query/names?prefix=val")["contexts"][0]["values"] == [{"value": "val", "count": 2}]
    everything = api.get("query/names")
    assert "run.name" in everything["fields"] and "exp" in everything["experiments"]
    assert api.get("query/names?prefix=%00%F0%9F%98%80")["metrics"] == []


def test_checking_a_query(api: Api) -> None:
    assert api.post("query/check", {"q": "loss if params.lr > 1e-4", "kind": "runs"}) == {"ok": True}
    error = api.post("query/check", {"q": "loss if params.lr >"}, status=400)
    assert (error["code"], error["line"], error["column"]) == ("query_syntax", 1, 20)
