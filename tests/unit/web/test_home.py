from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import aim
from aim.schema import limits
from aim.storage.repo import trees
from aim.storage.repo.config import change_config, read_config
from aim.storage.repo.layout import RepoLayout
from aim.web.process.repo_size import RepoSize
from tests.unit.web.conftest import Serve
from tests.unit.web.support import Api, record


def test_info(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    empty = api.get("info")
    assert (empty["repo_path"], empty["runs"], empty["catching_up"]) == (layout.root, 0, None)
    assert empty["experiments"] == [{"name": "default", "runs": 0, "headline": None}]
    record(repo_path, experiment="one")
    api.post("runs/search")
    api.client.app.state.aim.timed_cache.clear()  # type: ignore[attr-defined]
    info = api.get("info")
    assert (info["runs"], info["points"], info["active_runs"]) == (1, 10, 0) and info["size_bytes"] > 320
    assert [(e["name"], e["runs"]) for e in info["experiments"]] == [("default", 0), ("one", 1)]


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


def test_home_names_the_runs_that_cannot_be_read(
    repo_path: Path, api: Api, layout: RepoLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = record(repo_path), "b" * 24
    folder = Path(layout.run_dir(bad))
    folder.mkdir()
    (folder / "1-aaaaaaaa.events.jsonl").write_text("{}\n" * 100)
    monkeypatch.setattr(limits, "MAX_EVENTS", 50)
    home = api.get("home")
    assert [row["hash"] for row in home["recent"]] == [good]
    assert home["unreadable"]["count"] == 1 and home["unreadable"]["runs"][0]["hash"] == bad
    assert "more than 50 events" in home["unreadable"]["runs"][0]["reason"]
    assert "cannot be read" in api.get(f"runs/{bad}", status=409)["message"]


def test_the_headline_of_an_experiment_can_be_set_for_everybody(
    repo_path: Path, api: Api, layout: RepoLayout, serve: Serve
) -> None:
    run_hash = record(repo_path, experiment="digits")
    other = record(repo_path, experiment="other")

    def headline(api: Api, wanted: str) -> tuple[str, dict[str, str]]:
        (row,) = (row for row in api.get("home")["recent"] if row["hash"] == wanted)
        return row["headline"]["name"], row["headline"]["context"]

    assert headline(api, run_hash) == ("loss", {"subset": "val"})
    choice = {"name": "loss", "context": {"subset": "train"}}
    answer = api.post("experiments/headline", {"name": "digits", "headline": choice})
    assert {e["name"]: e["headline"] for e in answer["experiments"]} == {
        "default": None, "digits": choice, "other": None,
    }  # fmt: skip
    assert headline(api, run_hash) == ("loss", {"subset": "train"})
    assert headline(api, other) == ("loss", {"subset": "val"})
    # a plain file of the repo: another server, and one that comes later, know it
    assert read_config(layout)["headlines"] == {"digits": choice}
    assert headline(Api(serve()), run_hash) == ("loss", {"subset": "train"})
    api.post("experiments/headline", {"name": "digits", "headline": None})
    assert headline(api, run_hash) == ("loss", {"subset": "val"})
    assert api.post("experiments/headline", {"name": "nobody", "headline": None}, status=404)
    assert api.post("experiments/headline", {"name": "digits", "headline": {"name": "\n"}}, status=400)
    odd = {"name": "loss", "context": {"subset": {"deep": 1}}}
    assert api.post("experiments/headline", {"name": "digits", "headline": odd}, status=400)
    read_only = Api(serve(read_only=True))
    assert read_only.post("experiments/headline", {"name": "digits", "headline": choice}, status=403)


def test_a_garbled_headline_in_the_file_is_passed_over(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    record(repo_path)
    for odd in ([], {"default": 3}, {"default": {"name": 1}}, {"default": {"name": "loss", "context": [1]}}):
        change_config(layout, lambda config, odd=odd: {"headlines": odd})
        assert api.get("home")["recent"][0]["headline"]["name"] == "loss"


def test_the_size_is_that_of_the_whole_repo(repo_path: Path, layout: RepoLayout) -> None:
    record(repo_path)
    size = RepoSize(layout, max_age_s=0.0)
    assert size.bytes() == trees.tree_size(layout.root, layout.root)
    Path(layout.root, "trash").mkdir(exist_ok=True)
    Path(layout.root, "trash", "old").write_bytes(b"x" * 100_000)
    wait = threading.Event()
    while size.bytes() < 100_000:
        wait.wait(0.01)
    assert size.bytes() == trees.tree_size(layout.root, layout.root)


def test_experiments(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    record(repo_path, experiment="<i>")
    assert api.post("experiments", {"name": "new"})["experiments"][-1] == {"name": "new", "runs": 0, "headline": None}
    assert api.post("experiments", {"name": "new"}, status=409)["code"] == "conflict"
    assert api.post("experiments", {"name": " "}, status=400)["code"] == "bad_request"
    assert api.post("experiments/checkout", {"name": "new"})["experiment"] == "new"
    assert read_config(layout)["experiment"] == "new"
    assert api.post("experiments/checkout", {"name": "none"}, status=404)["code"] == "not_found"
    # one of which all runs are archived is there as well, as in aim.Repo
    (row,) = api.post("runs/search", {"q": 'run.experiment == "<i>"'})["rows"]
    api.post(f"runs/{row['hash']}/edit", {"archived": True})
    assert api.post("runs/search", {"q": 'run.experiment == "<i>"'})["matched"] == 0
    listed = {e["name"]: e["runs"] for e in api.post("experiments", {"name": "newer"})["experiments"]}
    assert listed["<i>"] == 0


def test_names_to_complete(repo_path: Path, api: Api) -> None:
    for _ in range(2):
        record(repo_path, experiment="exp", learning_rate=0.1)
    api.post("runs/search")
    names = api.get("query/names?prefix=l")
    assert names["metrics"] == [{"name": "loss", "count": 4}]
    assert {"path": "params.lr", "name": "lr", "count": 2} in names["params"]
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


def test_a_declared_goal_sets_runs_beside_the_best_of_their_experiment(repo_path: Path, api: Api) -> None:
    def track(name: str, values: list[float], experiment: str = "digits") -> str:
        with aim.Run(name=name, repo=repo_path, experiment=experiment) as run:
            run.track_many("acc", values)
        return run.hash

    first, second, third = track("a", [0.2, 0.9, 0.5]), track("b", [0.7, float("inf")]), track("c", [float("nan")])
    archived = track("d", [0.99])
    track("e", [0.95], "other")
    api.post("runs/bulk", {"hashes": [archived], "action": "archive"})
    api.post("runs/search")

    def beside(run_hash: str) -> tuple[object, ...]:
        (row,) = (row for row in api.get("home")["recent"] if row["hash"] == run_hash)
        return row["headline"]["goal"], row["headline"]["best"], row["headline"]["best_of_others"]

    # nobody said that higher is better, whatever the name suggests
    api.post("experiments/headline", {"name": "digits", "headline": {"name": "acc"}})
    assert beside(first) == (None, None, None)
    choice = {"name": "acc", "context": {}, "goal": "max"}
    answer = api.post("experiments/headline", {"name": "digits", "headline": choice})
    assert next(e["headline"] for e in answer["experiments"] if e["name"] == "digits") == choice
    # the other's infinity is no value to be compared with
    assert beside(first) == ("max", 0.9, None)
    assert beside(second) == ("max", float("inf"), 0.9)
    assert beside(third) == ("max", None, 0.9)
    api.post("experiments/headline", {"name": "digits", "headline": {**choice, "goal": "min"}})
    assert beside(first) == ("min", 0.2, 0.7) and beside(second) == ("min", 0.7, 0.2)
    assert api.post("experiments/headline", {"name": "digits", "headline": {**choice, "goal": "up"}}, status=400)


def test_what_happened_since_a_moment(repo_path: Path, api: Api) -> None:
    def track(name: str, value: float) -> str:
        with aim.Run(name=name, repo=repo_path, experiment="digits") as run:
            run.track(value, name="loss")
        return run.hash

    track("old", 0.5)
    assert api.get("home")["since"] is None
    now = time.time()
    assert api.get(f"home?since={now}")["since"] == {"at": now, "ended": 0, "failed": 0, "bests": []}
    best = track("new", 0.25)
    track("worse", 0.75)
    with pytest.raises(ZeroDivisionError), aim.Run(name="broken", repo=repo_path, experiment="digits"):
        raise ZeroDivisionError
    since = api.get(f"home?since={now}")["since"]
    assert (since["ended"], since["failed"], since["bests"]) == (3, 1, [])
    api.post("experiments/headline", {"name": "digits", "headline": {"name": "loss", "goal": "min"}})
    since = api.get(f"home?since={now}")["since"]
    assert since["bests"] == [{"experiment": "digits", "hash": best, "name": "new", "value": 0.25}]
    assert api.get(f"home?since={time.time()}")["since"]["bests"] == []
    assert api.get(f"home?since={now - 3600}")["since"]["ended"] == 4
    assert api.get("home?since=-1", status=400)


def test_how_far_a_run_at_work_is(repo_path: Path, api: Api) -> None:
    with aim.Run(name="one", repo=repo_path) as run:
        run["hparams"] = {"max_steps": 200, "lr": 0.1}
        run.track_many("loss", [1.0] * 50, times=[1e9 + 2.0 * step for step in range(50)])
        run.track(1.0, name="val", step=60)
        expected = {"unit": "step", "at": 60, "total": 200, "param": "hparams.max_steps", "seconds_left": 280.0}
        assert api.get("home")["active"][0]["progress"] == expected
        assert api.get(f"runs/{run.hash}")["progress"] == expected
        run.track(1.0, name="val", step=201)  # then it was no total
        assert api.get("home")["active"][0]["progress"] is None
    assert api.get(f"runs/{run.hash}")["progress"] is None
    with aim.Run(name="two", repo=repo_path) as run:
        run["epochs"] = 10
        for step in range(20):
            run.track(1.0, name="loss", step=step, epoch=step / 4)
        found = api.get("home")["active"][0]["progress"]
        assert (found["unit"], found["at"], found["total"], found["param"]) == ("epoch", 4.75, 10, "epochs")


def test_a_run_that_logs_nothing_for_long_is_quiet(repo_path: Path, api: Api) -> None:
    def quiet(last_s: float, every_s: float) -> float | None:
        with aim.Run(repo=repo_path) as run:
            now = time.time()
            run.track_many("loss", [1.0] * 10, times=[now - last_s - every_s * (9 - step) for step in range(10)])
            (row,) = api.get("home")["active"]
        found: float | None = row["quiet_s"]
        return found

    assert quiet(last_s=59, every_s=1) is None  # whatever is usual, less than a minute is not long
    assert quiet(last_s=190, every_s=10) is None
    assert quiet(last_s=210, every_s=10) == pytest.approx(210, abs=30)
    assert api.get("home")["recent"][0]["quiet_s"] is None  # it has ended


def test_the_address_for_other_machines_is_told_where_there_is_one(serve: Serve) -> None:
    assert Api(serve()).get("info")["elsewhere"] is None
    wide = Api(serve(host="0.0.0.0")).get("info")
    assert wide["elsewhere"].startswith(f"http://{socket.gethostname()}:")
    assert wide["needs_token"] is False
