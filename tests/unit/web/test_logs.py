"""TensorBoard logs read in place, over the API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from aim.schema.in_place import InPlace
from tests.unit.importers.event_bytes import event, scalar, write_records
from tests.unit.web.conftest import Serve
from tests.unit.web.support import Api


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "run" / "train" / "events.out.tfevents.1.host"
    path.parent.mkdir(parents=True)
    write_records(path, [scalar("loss", 1.0 / (step + 1), step, 1.5e9 + step) for step in range(10)])
    os.utime(path, (1.6e9, 1.6e9))
    return tmp_path / "logs"


@pytest.fixture
def logs_api(serve: Serve, logs: Path) -> Api:
    return Api(serve(in_place=[InPlace("tf_logs", (str(logs),))]))


def the_run(api: Api) -> dict[str, Any]:
    (row,) = api.post("runs/search")["rows"]
    run: dict[str, Any] = api.get(f"runs/{row['hash']}")
    return run


def test_a_run_read_in_place_has_a_page(logs_api: Api) -> None:
    run = the_run(logs_api)
    assert (run["name"], run["experiment"], run["source"]) == ("run/train", "logs", "tensorboard")
    assert (run["status"], run["created_at"], run["ended_at"]) == ("finished", 1.5e9, 1.5e9 + 9)
    (sequence,) = run["sequences"]
    assert (sequence["name"], sequence["context"], sequence["count"]) == ("loss", {}, 10)


def test_it_is_found_by_its_tf_name(logs_api: Api) -> None:
    assert logs_api.post("metrics/search", {"q": "tf:loss"})["matched_sequences"] == 1


def test_it_can_be_edited_and_the_logs_stay_as_they_are(logs_api: Api, logs: Path) -> None:
    (path,) = logs.rglob("*tfevents*")
    before = path.read_bytes()
    run = the_run(logs_api)
    edit = {"name": "best", "add_tags": ["good"], "note": {"text": "look"}, "base_version": run["version"]}
    edited = logs_api.post(f"runs/{run['hash']}/edit", edit)
    assert (edited["name"], edited["tags"], edited["notes"][0]["text"]) == ("best", ["good"], "look")
    again = the_run(logs_api)
    assert (again["name"], again["tags"], again["status"]) == ("best", ["good"], "finished")
    stale = {"name": "worse", "base_version": run["version"]}
    assert logs_api.post(f"runs/{run['hash']}/edit", stale, status=409)
    assert path.read_bytes() == before


def test_it_cannot_be_deleted_from_here(logs_api: Api) -> None:
    run = the_run(logs_api)
    logs_api.post(f"runs/{run['hash']}/edit", {"name": "best"})
    answer = logs_api.post("runs/bulk", {"action": "delete", "hashes": [run["hash"]]})
    assert answer["done"] == []
    assert "read in place" in answer["failed"][0]["message"]
    assert the_run(logs_api)["name"] == "best"


def test_it_can_be_archived(logs_api: Api) -> None:
    run = the_run(logs_api)
    logs_api.post("runs/bulk", {"action": "archive", "hashes": [run["hash"]]})
    assert logs_api.post("runs/search")["rows"] == []


def test_what_is_not_shown_is_told_on_the_first_page_and_on_that_of_the_run(serve: Serve, logs: Path) -> None:
    (good,) = logs.rglob("*tfevents*")
    path = logs / "<b>other" / "events.out.tfevents.2.host"
    path.parent.mkdir()
    picture = event(step=1)
    picture.summary.value.add(tag="p").image.height = 3
    weights = event(step=1)
    weights.summary.value.add(tag="w").metadata.plugin_data.plugin_name = "histograms"
    odd = event(step=1)
    odd.summary.value.add(tag="o").metadata.plugin_data.plugin_name = "<i>odd\x07"
    graph = event(graph_def=b"g")
    others = [found.SerializeToString() for found in (picture, weights, odd, picture, graph)]
    write_records(path, [scalar("loss", 1.0, 0, 1.5e9), *others])
    path.write_bytes(path.read_bytes() + b"garbage " * 5)
    os.utime(path, (1.6e9, 1.6e9))
    api = Api(serve(in_place=[InPlace("tf_logs", (str(logs),))]))
    runs = {row["name"]: api.get(f"runs/{row['hash']}")["in_place"] for row in api.post("runs/search")["rows"]}
    not_shown = [
        {"kind": "graphs", "count": 1},
        {"kind": "histograms", "count": 1},
        {"kind": "images", "count": 2},
        {"kind": "values for <i>odd?", "count": 1},
    ]
    assert runs["<b>other"] == {
        "places": [str(path.parent)],
        "runs": 1,
        "not_shown": not_shown,
        "problems": [f"{path}: no record starts here at byte {path.stat().st_size - 40}; 29 bytes were skipped"],
        "problem_count": 1,
    }
    assert runs["run/train"] == {
        "places": [str(good.parent)], "runs": 1, "not_shown": [], "problems": [], "problem_count": 0,
    }  # fmt: skip
    assert api.get("home")["in_place"] == {**runs["<b>other"], "places": [str(logs)], "runs": 2}


def test_a_repo_without_logs_says_nothing_of_them(api: Api) -> None:
    assert api.get("home")["in_place"] is None
