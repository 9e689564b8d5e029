"""TensorBoard logs read in place, over the API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.importers.event_bytes import scalar, write_records
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
    return Api(serve(tf_logs=(str(logs),)))


def the_run(api: Api) -> dict[str, Any]:
    (row,) = api.post("runs/search")["rows"]
    run: dict[str, Any] = api.get(f"runs/{row['hash']}")
    return run


def test_a_run_read_in_place_has_a_page(logs_api: Api) -> None:
    run = the_run(logs_api)
    assert (run["name"], run["experiment"], run["source"]) == ("run", "logs", "tensorboard")
    assert (run["status"], run["created_at"], run["ended_at"]) == ("finished", 1.5e9, 1.5e9 + 9)
    (sequence,) = run["sequences"]
    assert (sequence["name"], sequence["context"], sequence["count"]) == ("loss", {"subset": "train"}, 10)


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
