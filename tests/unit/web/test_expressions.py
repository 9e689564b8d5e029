"""Expressions on metrics over the API: found with a search, drawn as frames, asked for point by point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aim
from tests.unit.frames import decode_frames
from tests.unit.web.support import Api

GAP = "loss.val - loss.train"


@pytest.fixture
def runs(repo_path: Path) -> list[str]:
    hashes = []
    for number in range(2):
        with aim.Session(str(repo_path), experiment="digits", run=f"run {number}") as session:
            session.set_params({"size": 4}, name="hparams")
            for step in range(3_000):
                session.track(np.sin(step / 50) + number, "loss", subset="train", step=step, epoch=step // 10)
                if step % 5 == 0:
                    session.track(np.cos(step / 50), "loss", subset="val", step=step, epoch=step // 10)
            hashes.append(session.run_hash)
    return hashes


def search(api: Api, *exprs: str, q: str = "accuracy or run.experiment == digits") -> dict[str, Any]:
    found: dict[str, Any] = api.post("metrics/search", {"q": q, "exprs": list(exprs)})
    return found


def test_a_search_sums_up_what_an_expression_gives(api: Api, runs: list[str], repo_path: Path) -> None:
    found = search(api, GAP, "loss.val * 0", "los", "last(loss)", "loss.vla")
    assert [(one["text"], one["matched"], one["shown"]) for one in found["expressions"]] == [
        (GAP, 2, 2), ("loss.val * 0", 2, 2), ("los", 0, 0), ("last(loss)", 4, 0), ("loss.vla", 0, 0),
    ]  # fmt: skip
    errors = [one["error"] for one in found["expressions"]]
    assert errors[0] is None and errors[1] is None and errors[4] is None
    assert (errors[2]["column"], errors[2]["suggestions"]) == (1, ["loss"])
    assert errors[3] is None and found["expressions"][4]["hints"]
    assert [one["is_number"] for one in found["expressions"]] == [False, False, False, True, False]
    assert [one["runs"] for one in found["expressions"]] == [2, 2, 0, 2, 0]
    computed = [one for one in found["sequences"] if one["name"] == GAP]
    assert [one["run"] for one in computed] == [runs[1], runs[0]]  # newest first
    expected = aim.Repo(str(repo_path)).query_metrics(expr=GAP)[1]
    first = computed[0]
    assert {key: first[key] for key in ("count", "first_step", "last_step", "last", "min", "max")} == {
        "count": 600, "first_step": 0, "last_step": 2_995, "last": expected.last, "min": expected.min,
        "max": expected.max,
    }  # fmt: skip
    assert first["common"] == "600 of 600 and 3,000 steps are common"
    assert first["operands"] == ["loss (subset=val)", "loss (subset=train)"]


def test_only_the_runs_of_the_query(api: Api, runs: list[str]) -> None:
    found = search(api, GAP, q='accuracy if run.name == "run 0"')
    assert found["matched_sequences"] == 0 and found["expressions"][0]["matched"] == 0
    found = search(api, GAP, q='loss if run.name == "run 0" and context.subset == val')
    assert [one["run"] for one in found["sequences"]] == [runs[0]] * 2
    assert set(found["runs"]) == {runs[0]}


def test_frames_are_cut_from_what_was_computed_in_full(api: Api, runs: list[str], repo_path: Path) -> None:
    (one,) = [s for s in search(api, GAP)["sequences"] if s["name"] == GAP and s["run"] == runs[0]]
    (metric,) = aim.Repo(str(repo_path)).query_metrics('run.name == "run 0"', expr=GAP)
    ((header, arrays),) = decode_frames(api.frames(sequences=[one["id"], one["id"] + "x"], precision="f8"))
    entry = header["sequences"][0]
    assert header["missing"] == [one["id"] + "x"]
    assert (entry["id"], entry["name"], entry["context"], entry["exact"]) == (one["id"], GAP, {}, True)
    assert arrays[entry["x"]].tolist() == metric.steps.tolist()
    assert arrays[entry["last"]].tolist() == metric.values.tolist()
    ((header, arrays),) = decode_frames(api.frames(sequences=[one["id"]], buckets=10, precision="f8"))
    entry = header["sequences"][0]
    assert entry["exact"] is False and entry["total"] == 600
    bounds = np.searchsorted(metric.steps, arrays[entry["x"]].tolist())
    assert arrays[entry["min"]].tolist() == np.minimum.reduceat(metric.values, bounds).tolist()
    assert arrays[entry["max"]].tolist() == np.maximum.reduceat(metric.values, bounds).tolist()


def test_axes_and_points(api: Api, runs: list[str]) -> None:
    sequences = search(api, GAP)["sequences"]
    (one,) = [s for s in sequences if s["name"] == GAP and s["run"] == runs[0]]
    for x in ("epoch", "relative_time", "time", "metric:loss"):
        ((header, arrays),) = decode_frames(api.frames(sequences=[one["id"]], x=x, precision="f8"))
        assert header["sequences"][0]["total"] == 600, x
    ((header, arrays),) = decode_frames(api.frames(sequences=[one["id"]], x="epoch"))
    assert arrays[header["sequences"][0]["x"]].tolist()[:4] == [0, 0, 1, 1]
    point = api.post("metrics/point", {"sequence": one["id"], "at": 14.0})
    assert (point["step"], point["epoch"]) == (15, 1.0)
    assert point["value"] == pytest.approx(np.cos(15 / 50) - np.sin(15 / 50))
    api.post("metrics/point", {"sequence": one["id"][:-3], "at": 14.0}, status=404)


def test_after_new_points_all_of_it_is_sent_again(api: Api, runs: list[str]) -> None:
    text = "loss.val / last(loss.val)"
    sequences = [s for s in search(api, text)["sequences"] if s["name"] == text]
    asked = {"sequences": [sequences[0]["id"]], "since": [2_990.0]}
    ((header, _),) = decode_frames(api.frames(**asked))
    assert header["sequences"][0]["total"] == 600 and "before" not in header["sequences"][0]


def test_limits(api: Api, runs: list[str]) -> None:
    api.post("metrics/search", {"exprs": ["loss"] * 21}, status=400)
    api.post("metrics/search", {"exprs": ["a" * 2_001]}, status=400)
    found = api.post("metrics/search", {"q": "loss", "exprs": [GAP], "limit": 1})
    assert found["expressions"][0]["matched"] == 2 and found["expressions"][0]["shown"] == 1
    assert len(found["sequences"]) == 2


def test_points_as_a_file(api: Api, runs: list[str], repo_path: Path) -> None:
    (one,) = [s for s in search(api, GAP)["sequences"] if s["name"] == GAP and s["run"] == runs[0]]
    response = api.client.post("/api/v1/metrics/export", json={"sequences": [one["id"]]})
    assert response.status_code == 200
    head, *lines = response.text.splitlines()
    place = head.split(",").index("value")
    (metric,) = aim.Repo(str(repo_path)).query_metrics('run.name == "run 0"', expr=GAP)
    assert [float(line.split(",")[place]) for line in lines] == metric.values.tolist()
    assert {line.split(",")[2] for line in lines} == {GAP}
