from __future__ import annotations

import threading
from pathlib import Path

import aim
from aim.apps.demo import EXPERIMENT, TOTAL, record
from aim.web.process.demo_recorder import DemoRecorder
from tests.unit.web.conftest import Serve
from tests.unit.web.support import Api
from tests.unit.web.support import record as record_run


def test_demo_runs_are_real_trainings(repo_path: Path) -> None:
    assert [done for done, _ in record(str(repo_path), is_watched=False)] == list(range(1, TOTAL + 1))
    with aim.Repo(repo_path) as repo:
        last = {metric.run.name: metric.last for metric in repo.query_metrics("accuracy if context.subset == val")}
        (best, *_) = repo.query_runs("'best' in run.tags")
        assert len(list(best.notes)) == 1
    assert len(last) == TOTAL
    # some settings learn it, some do not
    assert last["lr0.3-h32"] > 0.9 and last["lr0.03-h8"] < 0.8 and best.name == "lr0.3-h32"


def test_the_button_starts_a_process_and_tells_how_far_it_is(api: Api, repo_path: Path) -> None:
    assert api.get("demo") == {"state": "none", "done": 0, "total": 0, "message": ""}
    assert api.post("demo")["state"] == "running"
    assert api.post("demo")["state"] == "running"  # pressed twice, started once
    wait = threading.Event()
    while (state := api.get("demo"))["done"] < 2:
        assert state["state"] == "running", state
        wait.wait(0.02)
    assert state["total"] == TOTAL
    assert {run["experiment"] for run in api.post("runs/search")["rows"]} == {EXPERIMENT}
    api.client.app.state.aim.demo.close()  # type: ignore[attr-defined]
    while (state := api.get("demo"))["state"] == "running":
        wait.wait(0.02)
    # ended in the middle, and the repo has runs: no second time
    assert "empty repo" in api.post("demo", status=409)["message"]


def test_a_repo_with_runs_gets_no_demo(api: Api, repo_path: Path) -> None:
    record_run(repo_path)
    assert api.post("demo", status=409)["code"] == "conflict"
    assert api.get("demo")["state"] == "none"


def test_read_only_records_nothing(serve: Serve) -> None:
    api = Api(serve(read_only=True))
    assert api.post("demo", status=403)["code"] == "forbidden"
    assert api.get("demo")["state"] == "none"


def test_a_recording_that_fails_says_why(api: Api, repo_path: Path) -> None:
    recorder: DemoRecorder = api.client.app.state.aim.demo  # type: ignore[attr-defined]
    (repo_path / ".aim" / "VERSION").write_text("999\n")
    recorder.start()
    wait = threading.Event()
    while (state := recorder.state)["state"] == "running":
        wait.wait(0.02)
    assert state["state"] == "failed" and "written by format 999" in state["message"]
