"""`POST /metrics/export`: every point, told apart by names and contexts, with all digits."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aim
from tests.unit.web.support import CHANGE, Api, record


def _rows(api: Api, **body: Any) -> list[dict[str, str]]:
    response = api.client.post("/api/v1/metrics/export", json=body, headers=CHANGE)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.text)))


def _repo(repo_path: Path) -> aim.Repo:
    return aim.Repo(repo_path)


def test_every_point_with_context_and_all_digits(repo_path: Path, api: Api) -> None:
    rng = np.random.default_rng(3)
    with aim.Session(repo=repo_path, run="first") as session:
        for step in range(3_000):
            for subset in ("train", "val"):
                session.track(float(rng.normal()), name="loss", step=step, epoch=step // 100, subset=subset)
        session.track(math.nan, name="loss", step=3_000, subset="val")
    rows = _rows(api, sequences=api.sequence_ids("loss"))
    assert list(rows[0]) == [
        *("run_name", "run", "metric", "subset", "step", "epoch", "time", "relative_time", "value"),
    ]
    assert {(row["run_name"], row["run"], row["metric"]) for row in rows} == {("first", session.run_hash, "loss")}
    for metric in _repo(repo_path).query_metrics("loss"):
        own = [row for row in rows if row["subset"] == metric.context["subset"]]
        assert [int(row["step"]) for row in own] == metric.steps.tolist()
        np.testing.assert_array_equal([float(row["value"]) for row in own], metric.values)
        np.testing.assert_array_equal([float(row["time"]) for row in own], metric.times)
        np.testing.assert_array_equal([float(row["epoch"] or "nan") for row in own], metric.epochs)


def test_smoothed_values_beside_the_points_of_the_range(repo_path: Path, api: Api) -> None:
    record(repo_path, points=50)
    (sequence,) = api.sequence_ids("loss if context.subset == train")
    smoothing = {"kind": "ema", "weight": 0.8}
    every = _rows(api, sequences=[sequence], smoothing=smoothing)
    part = _rows(api, sequences=[sequence], smoothing=smoothing, range=[10, 19.5])
    assert [int(row["step"]) for row in part] == list(range(10, 20))
    assert part == every[10:20], "smoothed over all points, not over those of the range"
    assert float(every[-1]["smoothed"]) > float(every[-1]["value"])


def test_further_columns(repo_path: Path, api: Api) -> None:
    record(repo_path, points=2)
    ids = api.sequence_ids()
    rows = _rows(api, sequences=ids, titles=["lr", "step"], labels=[["0.1", "=1+1"], ["0.2", "b"]])
    assert list(rows[0])[3:6] == ["subset", "lr", "by.step"]
    assert [(row["lr"], row["by.step"]) for row in rows] == [("0.1", "'=1+1")] * 2 + [("0.2", "b")] * 2
    exact = _rows(api, sequences=ids, titles=["lr"], labels=[["=1"], ["2"]], exact=True)
    assert exact[0]["lr"] == "=1"
    api.post("metrics/export", {"sequences": ids, "titles": ["lr"], "labels": [["0.1"]]}, status=400)


def test_a_metric_as_the_axis(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        for step, (loss, accuracy) in enumerate([(3.0, 0.5), (2.0, 0.1), (1.0, 0.9)]):
            session.track(loss, name="loss", step=step)
            session.track(accuracy, name="accuracy", step=step)
    rows = _rows(api, sequences=api.sequence_ids("loss"), x="metric:accuracy")
    assert [(row["accuracy"], row["value"], row["step"]) for row in rows] == [
        *(("0.1", "2.0", "1"), ("0.5", "3.0", "0"), ("0.9", "1.0", "2")),
    ]


def test_nothing_to_export(repo_path: Path, api: Api) -> None:
    record(repo_path)
    assert _rows(api, sequences=["nonsense"]) == []
    api.post("metrics/export", {"sequences": [], "range": [2, 1]}, status=400)


@pytest.mark.parametrize("name", ["loss val", "../../etc/passwd", 'a"b\r\nx: y'])
def test_the_name_of_the_file(repo_path: Path, api: Api, name: str) -> None:
    record(repo_path)
    response = api.client.post("/api/v1/metrics/export", json={"sequences": [], "name": name}, headers=CHANGE)
    value = response.headers["content-disposition"]
    assert value.startswith('attachment; filename="') and value.count('"') == 2 and "/" not in value
