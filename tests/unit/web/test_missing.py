from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

import aim
from aim.storage.repo.layout import RepoLayout
from aim.web.models.run import NoRunAnswer
from tests.unit.web.support import Api


def named(repo: Path, name: str) -> str:
    with aim.Run(repo=repo, experiment="digits", name=name) as run:
        run.track(1.0, name="loss")
    return run.hash


def near(api: Api, text: str) -> list[dict[str, Any]]:
    """What a 404 offers."""
    response = api.client.get(f"/api/v1/runs/{text}")
    assert response.status_code == 404, response.text
    return [run.model_dump() for run in NoRunAnswer.model_validate(response.json()).near]


def test_a_run_that_is_not_there_names_those_that_may_be_meant(repo_path: Path, api: Api) -> None:
    run_hash, other = named(repo_path, "brisk-otter"), named(repo_path, "calm-heron")
    expected = {"hash": run_hash, "name": "brisk-otter", "experiment": "digits", "deleted": False}
    assert near(api, run_hash[:8]) == [expected]
    # one digit wrong, at the end
    assert near(api, run_hash[:23] + ("0" if run_hash[23] != "0" else "1")) == [expected]
    assert near(api, "brisk-otter") == [expected]
    assert near(api, "HERON")[0]["hash"] == other
    assert near(api, "brisk-oter") == [expected]
    for nothing in ("%3Cscript%3E", "%25", "%00", "zzzzzzzz", "a" * 5000, "%F0%9F%98%80"):
        assert near(api, nothing) == []


def test_a_deleted_run_says_so_and_can_be_restored(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    run_hash = named(repo_path, "brisk-otter")
    assert api.get(f"runs/{run_hash}")["deleted"] is False
    api.post("runs/bulk", {"hashes": [run_hash], "action": "delete"})
    deleted = api.get(f"runs/{run_hash}")
    assert (deleted["deleted"], deleted["name"]) == (True, "brisk-otter")
    assert near(api, run_hash[:10]) == [
        {"hash": run_hash, "name": "brisk-otter", "experiment": "digits", "deleted": True}
    ]
    api.post("runs/bulk", {"hashes": [run_hash], "action": "restore"})
    assert api.get(f"runs/{run_hash}")["deleted"] is False


def test_an_empty_folder_in_the_trash_is_no_deleted_run(repo_path: Path, api: Api, layout: RepoLayout) -> None:
    Path(layout.trash_dir("0" * 24)).mkdir(parents=True)
    assert api.get(f"runs/{'0' * 24}", status=404)["code"] == "not_found"


def test_a_run_whose_directory_is_a_link_is_refused_and_named(layout: RepoLayout, client: TestClient) -> None:
    run_hash = "b" * 24
    os.symlink(layout.root, layout.run_dir(run_hash))
    for address in (f"/api/v1/runs/{run_hash}", f"/api/v1/runs/{run_hash}/notes/1"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
        assert "is a symbolic link" in answer.json()["error"]["message"]
