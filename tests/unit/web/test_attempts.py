"""Points of earlier attempts: the server says how many are hidden, and gives them on request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import aim
from tests.unit.frames import decode_frames
from tests.unit.web.support import Api


@pytest.fixture
def resumed(repo_path: Path) -> str:
    """A run that went on from step 2 with better values; the first time it had come to step 4."""
    for steps, value in ((range(5), 9.0), (range(2, 4), 1.0)):
        with aim.Session(repo_path, run="job", resume=True) as session:
            for step in steps:
                session.track(value, name="loss", step=step)
                session.track(value + step, name="acc", step=step)
    return session.run_hash


def test_a_run_and_its_sequences_say_how_many_points_are_hidden(resumed: str, api: Api) -> None:
    run = api.get(f"runs/{resumed}")
    assert (run["attempt"], run["hidden_points"]) == (2, 6)
    assert [(s["name"], s["count"], s["hidden_points"]) for s in run["sequences"]] == [("acc", 4, 3), ("loss", 4, 3)]
    (sequence,) = api.post("metrics/search", {"q": "loss"})["sequences"]
    assert (sequence["count"], sequence["hidden_points"], sequence["last"]) == (4, 3, 1.0)


def test_frames_say_where_later_attempts_begin(resumed: str, api: Api, repo_path: Path) -> None:
    def begins(**more: Any) -> list[Any]:
        ((header, _),) = decode_frames(api.frames(sequences=api.sequence_ids("loss"), **more))
        return [entry.get("resumed") for entry in header["sequences"]]

    assert begins() == [[2.0]]
    assert begins(attempts="all") == [[2.0]]
    assert begins(x="epoch") == [None]
    (begin,) = begins(x="relative_time")
    assert len(begin) == 1 and begin[0] > 0


@pytest.mark.parametrize(
    ("attempts", "steps", "values"),
    [
        ({}, [0, 1, 2, 3], [9, 9, 1, 1]),
        ({"attempts": "latest"}, [0, 1, 2, 3], [9, 9, 1, 1]),
        ({"attempts": "all"}, [0, 1, 2, 2, 3, 3, 4], [9, 9, 9, 1, 9, 1, 9]),
    ],
)
def test_frames_have_the_points_that_were_asked_for(
    attempts: dict[str, Any], steps: list[int], values: list[float], resumed: str, api: Api
) -> None:
    ((header, arrays),) = decode_frames(api.frames(sequences=api.sequence_ids("loss"), precision="f8", **attempts))
    (entry,) = header["sequences"]
    assert (arrays[entry["x"]].tolist(), arrays[entry["last"]].tolist()) == (steps, values)
    ids = api.sequence_ids("loss")
    ((header, arrays),) = decode_frames(api.frames(sequences=ids, x="metric:acc", precision="f8", **attempts))
    (entry,) = header["sequences"]
    assert (len(arrays[entry["x"]]), entry.get("unplaced", 0)) == (len(steps), 0)


def test_a_point_in_full_is_one_of_those_that_were_asked_for(resumed: str, api: Api) -> None:
    (sequence,) = api.sequence_ids("loss")
    asked = {"sequence": sequence, "x": "step", "at": 4.0}
    assert [api.post("metrics/point", {**asked, "attempts": a})["step"] for a in ("latest", "all")] == [3, 4]


def test_the_environment_of_a_run_is_that_of_its_training(
    repo_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aim.Session(repo_path, run="job") as training:
        monkeypatch.setattr("sys.argv", ["evaluate.py"])
        with aim.Session(repo_path, run="job", resume=True) as evaluation:
            evaluation.track(1.0, name="acc")
    assert api.get(f"runs/{training.run_hash}")["environment"]["argv"] != ["evaluate.py"]


def test_the_error_of_an_earlier_attempt_is_told(repo_path: Path, api: Api) -> None:
    with pytest.raises(ValueError, match="no"), aim.Session(repo_path, run="job", resume=True) as session:
        session.track(1.0, name="loss")
        raise ValueError("no more data")
    with aim.Session(repo_path, run="job", resume=True) as session:
        session.track(1.0, name="loss")
    run = api.get(f"runs/{session.run_hash}")
    assert (run["status"], run["error"]) == ("finished", None)
    assert [writer["error"] for writer in run["writers"]] == [{"type": "ValueError", "message": "no more data"}, None]
