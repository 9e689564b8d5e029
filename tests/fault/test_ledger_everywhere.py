"""What a killed run lost is one number, whoever is asked: the loss ledger has one reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

import aim
from aim.cli.main import cli
from aim.storage.repo.repo_files import open_repo
from aim.web.app import create_app
from tests.fault.support import read_back, start_child

_LOSES = """
import os, resource, sys
import aim

UNLIMITED = resource.getrlimit(resource.RLIMIT_FSIZE)
run = aim.Run()
run.description = "x" * 600  # more bytes than a marker has: the limit is on every file
for step in range(100):
    run.track(float(step), "loss")
writer = run._recorder.writer


def lose(points):
    resource.setrlimit(resource.RLIMIT_FSIZE, (520, UNLIMITED[1]))
    for _ in range(points):
        run.track(-1.0, "loss")


lose(5)
if sys.argv[1] == "both":
    resource.setrlimit(resource.RLIMIT_FSIZE, UNLIMITED)
    writer.check()  # as the syncing thread does: the events say five
    lose(3)
print(run.hash, flush=True)
sys.stdin.readline()
"""


def _json_lines(repo: Path, *arguments: str) -> list[Any]:
    result = CliRunner().invoke(cli, [*arguments, "--json", "--repo", str(repo)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


@pytest.mark.parametrize(("written", "in_events", "lost"), [("marker alone", 0, 5), ("both", 5, 8)])
def test_of_what_a_killed_run_lost_every_reader_says_the_same(
    written: str, in_events: int, lost: int, repo_path: Path
) -> None:
    child = start_child(_LOSES, written, cwd=repo_path)
    assert child.stdout is not None
    run_hash = child.stdout.readline().strip()
    child.kill()
    child.communicate()
    assert read_back(repo_path).state.loss.lost_points == in_events
    causes = {"EFBIG": lost}
    with aim.Repo(repo_path) as repo:
        assert [run.hash for run in repo.query_runs(f"run.lost_points == {lost}")] == [run_hash]
        found = repo.get_run(run_hash).loss
    assert (found.lost_points, dict(found.causes)) == (lost, causes)
    (listed,) = _json_lines(repo_path, "runs", "ls")
    assert listed["lost_points"] == lost
    (shown,) = _json_lines(repo_path, "runs", "show", run_hash)
    assert (shown["loss"]["lost_points"], shown["loss"]["causes"]) == (lost, causes)
    (checked,) = _json_lines(repo_path, "doctor")
    assert checked["lost"]["points"] == lost
    assert [finding["count"] for finding in checked["findings"] if finding["kind"] == "recorded loss"] == [lost]
    with TestClient(create_app(open_repo(repo_path)), base_url="http://127.0.0.1:43800") as client:
        page = client.get(f"/api/v1/runs/{run_hash}").json()
        rows = client.post("/api/v1/runs/search", json={}, headers={"X-Aim": "1"}).json()["rows"]
    assert page["lost_points"] == page["loss"]["lost_points"] == lost
    assert page["loss"]["causes"] == [{"cause": "EFBIG", "count": lost}]
    assert [row["lost_points"] for row in rows] == [lost]
