from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import aim
from tests.unit.frames import decode_frames
from tests.unit.web.support import Api, record


def test_search(repo_path: Path, api: Api) -> None:
    first, second = record(repo_path, lr=0.1), record(repo_path, lr=0.2, experiment="two")
    found = api.post("metrics/search", {"q": "loss if context.subset == val"})
    assert (found["matched_runs"], found["matched_sequences"], found["truncated"]) == (2, 2, False)
    assert [sequence["run"] for sequence in found["sequences"]] == [second, first]  # newest first
    assert found["runs"][second]["experiment"] == "two" and found["runs"][second]["params"] == {"params": {"lr": 0.2}}
    sequence = found["sequences"][1]
    expected = {"count": 5, "first_step": 0, "last_step": 4, "last": 0.4, "min": 0.4, "max": 2.0, "nan_count": 0}
    assert {key: sequence[key] for key in expected} == expected
    part = api.post("metrics/search", {"limit": 3})
    assert (part["matched_sequences"], part["truncated"], len(part["sequences"])) == (4, True, 3)
    assert [sequence["run"] for sequence in part["sequences"]] == [second, second, first]


def test_frame_of_short_sequences_is_exact(repo_path: Path, api: Api) -> None:
    record(repo_path, points=5)
    ids = api.sequence_ids()
    ((header, arrays),) = decode_frames(api.frames(sequences=[*ids, "nonsense", ids[0][:-1] + "x"], precision="f8"))
    assert header["complete"] is True and len(header["missing"]) == 2
    train, val = header["sequences"]
    assert (train["context"], val["context"]) == ({"subset": "train"}, {"subset": "val"})
    assert train["x"] == val["x"], "equal steps are sent once"
    assert arrays[train["x"]].tolist() == [0, 1, 2, 3, 4]
    assert arrays[val["last"]].tolist() == [2 / (step + 1) for step in range(5)]
    assert (train["exact"], train["total"], train["nonfinite"]) == (True, 5, [])
    assert not {"first", "min", "max", "count", "smooth"} & train.keys()


def test_axes(repo_path: Path, api: Api) -> None:
    run_hash = record(repo_path, points=3)
    (sequence,) = api.sequence_ids("loss if context.subset == val")
    created_at = api.get(f"runs/{run_hash}")["created_at"]
    x = {}
    for axis in ("step", "epoch", "time", "relative_time"):
        ((header, arrays),) = decode_frames(api.frames(sequences=[sequence], x=axis))
        x[axis] = arrays[header["sequences"][0]["x"]]
    assert x["step"].tolist() == x["epoch"].tolist() == [0, 1, 2]
    assert x["relative_time"].tolist() == (x["time"] - created_at).tolist()
    (other,) = api.sequence_ids("loss if context.subset == train")  # has no epochs
    ((header, arrays),) = decode_frames(api.frames(sequences=[other], x="epoch"))
    assert header["sequences"][0]["unplaced"] == 3 and arrays[0].tolist() == []


def test_relative_time_counts_from_the_first_point_where_that_is_older_than_the_run(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track_many("loss", [3.0, 2.0, 1.0], times=[1_600_000_060.0, 1_600_000_120.0, 1_600_000_180.0])
        session.track_many("acc", [1.0, 2.0], times=[1_600_000_000.0, 1_600_000_030.0])
    x = {}
    for name in ("loss", "acc"):
        (sequence,) = api.sequence_ids(name)
        ((header, arrays),) = decode_frames(api.frames(sequences=[sequence], x="relative_time"))
        x[name] = arrays[header["sequences"][0]["x"]].tolist()
        point = api.post("metrics/point", {"sequence": sequence, "x": "relative_time", "at": x[name][1]})
        assert point["relative_time"] == x[name][1] and point["step"] == 1
    assert x == {"loss": [60.0, 120.0, 180.0], "acc": [0.0, 30.0]}, "of all metrics of the run"


def test_steps_that_no_float_tells_apart_are_not_said_to_be_exact(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track_many("loss", [1.0, 2.0, 3.0, 4.0], steps=[2**53 + n for n in range(4)])
        session.track_many("acc", [1.0, 2.0, 3.0], steps=[2**53 - 1, 2**53, 2**53 + 2])
        session.track_many("odd", [1.0, 2.0, 3.0], steps=[2**53 + 1, 2**53 + 3, 2**63 - 1])
        session.track_many("below", [1.0, 2.0], steps=[-(2**53) - 1, 0])
    (found,) = api.post("metrics/search", {"q": "loss"})["sequences"]
    assert found["last_step"] == {"$int": str(2**53 + 3)}
    names = ("acc", "odd", "below")
    ids = [found["id"], *(number for name in names for number in api.sequence_ids(name))]
    ((header, _),) = decode_frames(api.frames(sequences=ids))
    loss, acc, odd, below = header["sequences"]
    assert (loss["exact"], loss["rounded"], loss["merged"], loss["total"]) == (False, 2, 1, 4)
    assert acc["exact"] and "merged" not in acc and "rounded" not in acc
    assert (odd["exact"], odd["rounded"]) == (False, 3) and "merged" not in odd, "each has a place, and none its own"
    assert (below["exact"], below["rounded"]) == (False, 1)
    point = api.post("metrics/point", {"sequence": found["id"], "at": 2**53 + 2})
    assert point["step"] == {"$int": str(2**53 + 2)}


def test_a_logarithmic_axis_shows_the_first_steps(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track_many("loss", [1 / (step + 1) for step in range(20_001)])
        session.track(1.0, name="short", step=7)
    frames = decode_frames(api.frames(sequences=api.sequence_ids(), x_scale="log", buckets=256))
    entries = {entry["name"]: (entry, arrays) for header, arrays in frames for entry in header["sequences"]}
    entry, arrays = entries["loss"]
    assert arrays[entry["x"]][:9].tolist() == list(range(9))
    assert arrays[entry["max"]][1] == pytest.approx(0.5), "step 1 is not mixed with step 0, which has no place"


def test_long_sequences_come_as_true_buckets(repo_path: Path, api: Api) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=20_000)
    values[12_345], values[777] = 1e5, float("nan")
    run = aim.Run(repo=repo_path)
    run.track_many("loss", values)
    run.close()
    ids = api.sequence_ids()
    body = {"sequences": ids, "buckets": 256, "smoothing": {"kind": "ema", "weight": 0.6}, "precision": "f8"}
    ((header, arrays),) = decode_frames(api.frames(**body))
    (entry,) = header["sequences"]
    assert entry["total"] == 20_000 and entry["nonfinite"] == [[777.0, "nan"]] and not entry["exact"]
    x, low, high, count = (arrays[entry[key]] for key in ("x", "min", "max", "count"))
    assert len(x) == 256 and int(count.sum()) == 19_999 and len(arrays[entry["smooth"]]) == 256
    edges = np.linspace(0, 19_999, 257)
    for number in range(256):
        last = 20_000 if number == 255 else math.ceil(edges[number + 1])
        column = values[math.ceil(edges[number]) : last]
        assert (low[number], high[number]) == (np.nanmin(column), np.nanmax(column))
    ((header, arrays),) = decode_frames(api.frames(**{**body, "range": [12_300, 12_400]}))
    (entry,) = header["sequences"]
    assert entry["exact"] and entry["total"] == 101 and arrays[entry["last"]].tolist() == values[12_299:12_402].tolist()


def test_many_sequences_come_in_several_frames(repo_path: Path, api: Api) -> None:
    run = aim.Run(repo=repo_path)
    for number in range(70):
        run.track_many("m", np.arange(2000.0), context={"n": number})
    run.close()
    ids = api.sequence_ids()
    frames = decode_frames(api.frames(sequences=ids))
    assert len(frames) > 1 and [header["complete"] for header, _ in frames] == [False] * (len(frames) - 1) + [True]
    assert [entry["id"] for header, _ in frames for entry in header["sequences"]] == ids
    assert decode_frames(api.frames(sequences=[]))[0][0]["sequences"] == []


def test_ids_survive_a_rebuilt_index(repo_path: Path, api: Api, client: TestClient) -> None:
    for lr in (0.1, 0.2, 0.3):
        record(repo_path, lr=lr)
    before = {s["id"]: (s["run"], s["context"]["subset"]) for s in api.post("metrics/search")["sequences"]}
    # the newest run is indexed first this time
    index = client.app.state.aim.service.view().index  # type: ignore[attr-defined]
    for run_hash in {run for run, _ in before.values()}:
        api.post("runs/bulk", {"hashes": [run_hash], "action": "delete"})
    api.post("runs/search")
    for run_hash in sorted({run for run, _ in before.values()}):
        api.post("runs/bulk", {"hashes": [run_hash], "action": "restore"})
        index.catch_up()
    index.reindex()
    found = [entry for header, _ in decode_frames(api.frames(sequences=list(before))) for entry in header["sequences"]]
    assert {entry["id"]: (entry["run"], entry["context"]["subset"]) for entry in found} == before


def test_a_damaged_index_is_built_anew(repo_path: Path, api: Api, client: TestClient) -> None:
    for lr in (0.1, 0.2):
        record(repo_path, lr=lr, points=3000)
    ids = api.sequence_ids()
    before = api.frames(sequences=ids)
    path = client.app.state.aim.service.view().index.path  # type: ignore[attr-defined]
    size = Path(path).stat().st_size
    with open(path, "r+b") as file:
        file.seek(16_384)
        file.write(b"\xa5" * (size - 16_384))
    frames = decode_frames(api.frames(sequences=ids))
    expected = decode_frames(before)
    assert [header["sequences"] for header, _ in frames] == [header["sequences"] for header, _ in expected]
    for (_, arrays), (_, wanted) in zip(frames, expected, strict=True):
        assert [array.tolist() for array in arrays] == [array.tolist() for array in wanted]
    Path(client.app.state.aim.service.view().index.path).unlink()  # type: ignore[attr-defined]
    assert api.post("runs/search")["matched"] == 2


def test_bad_requests(api: Api) -> None:
    for body in (
        {"sequences": [], "range": [2, 1]},
        {"sequences": [], "buckets": 0},
        {"sequences": [], "x": "nonsense"},
        {"sequences": [], "smoothing": {"kind": "ema", "weight": 1}},
        {"sequences": "x"},
        {"unknown": 1},
        {},
    ):
        assert api.post("metrics/frame", body, status=400)["code"] == "bad_request", body
    assert api.post("metrics/search", {"q": "loss if"}, status=400)["code"] == "query_syntax"


def test_frames_from_a_position_on_hold_what_came_since_and_count_what_is_before(repo_path: Path, api: Api) -> None:
    with aim.Run(repo=repo_path) as run:
        for step in range(2_000):
            run.track(float("nan") if step in (3, 1_997) else step / 2, name="loss", step=step)
        run.track_many("short", [1.0, 2.0, 3.0])
    long, short = (api.sequence_ids(f"metric.name == '{name}'")[0] for name in ("loss", "short"))
    ((header, arrays),) = decode_frames(api.frames(sequences=[long, short], since=[1_996, 2], buckets=256))
    one, other = header["sequences"]
    assert arrays[one["x"]].tolist() == [1995, 1996, 1998, 1999], "with the neighbour before"
    assert arrays[one["last"]].tolist() == [997.5, 998, 999, 999.5]
    assert (one["exact"], one["before"], one["total"], one["nonfinite"]) == (True, 1_996, 4, [[1997.0, "nan"]])
    assert (arrays[other["x"]].tolist(), other["before"], other["total"]) == ([1, 2], 2, 1)
    ((header, arrays),) = decode_frames(api.frames(sequences=[long], since=[5], buckets=16))
    (many,) = header["sequences"]
    assert not many["exact"] and many["before"] == 5 and int(arrays[many["count"]].sum()) == 1_995
    ((header, arrays),) = decode_frames(api.frames(sequences=[short], since=[9]))
    (none,) = header["sequences"]
    assert (arrays[none["x"]].tolist(), none["before"], none["total"]) == ([2], 3, 0)


@pytest.mark.parametrize("body", [{"since": [1.0]}, {"since": [1.0, 2.0], "range": [0, 1]}])
def test_frames_from_positions_that_do_not_fit_are_refused(repo_path: Path, api: Api, body: dict[str, Any]) -> None:
    record(repo_path)
    api.post("metrics/frame", {"sequences": api.sequence_ids(), **body}, status=400)


def test_a_metric_as_the_axis(repo_path: Path, api: Api) -> None:
    with aim.Run(repo=repo_path) as run:
        run.track_many("loss", [5.0, 4.0, 3.0, 2.0], steps=[0, 1, 2, 3], context={"subset": "val"})
        run.track_many("tokens", [100.0, 300.0, 200.0], steps=[1, 3, 2])
        run.track_many("accuracy", [0.1, 0.2], steps=[0, 1], context={"subset": "train"})
    (sequence,) = api.sequence_ids("loss")
    ((header, arrays),) = decode_frames(api.frames(sequences=[sequence], x="metric:tokens", precision="f8"))
    (entry,) = header["sequences"]
    assert arrays[entry["x"]].tolist() == [100.0, 200.0, 300.0] and arrays[entry["last"]].tolist() == [4.0, 3.0, 2.0]
    assert entry["unplaced"] == 1, "step 0 has no tokens"
    ranged = decode_frames(api.frames(sequences=[sequence], x="metric:tokens", range=[150, 250]))[0][0]["sequences"][0]
    assert ranged["total"] == 1
    ((header, _),) = decode_frames(api.frames(sequences=[sequence], x="metric:nonsense"))
    assert header["sequences"][0]["unplaced"] == 4
    # Its context contradicts, but there is no other of that name.
    ((header, arrays),) = decode_frames(api.frames(sequences=[sequence], x="metric:accuracy", precision="f8"))
    assert arrays[header["sequences"][0]["x"]].tolist() == [0.1, 0.2] and header["sequences"][0]["unplaced"] == 2


def test_of_several_metrics_that_contradict_none_is_the_axis(repo_path: Path, api: Api) -> None:
    with aim.Run(repo=repo_path) as run:
        run.track(1.0, name="loss", step=0, context={"subset": "test"})
        for subset in ("train", "val"):
            run.track(2.0, name="accuracy", step=0, context={"subset": subset})
    (sequence,) = api.sequence_ids("loss")
    ((header, _),) = decode_frames(api.frames(sequences=[sequence], x="metric:accuracy"))
    assert header["sequences"][0]["unplaced"] == 1


def test_of_several_metrics_the_axis_is_the_one_with_the_same_context(repo_path: Path, api: Api) -> None:
    with aim.Run(repo=repo_path) as run:
        run.track(1.0, name="loss", step=0, context={"subset": "val", "rank": 0})
        for value, context in ((1.0, {}), (2.0, {"subset": "val"}), (3.0, {"subset": "train"}), (4.0, {"host": "a"})):
            run.track(value, name="tokens", step=0, context=context)
    (sequence,) = api.sequence_ids("loss")
    ((header, arrays),) = decode_frames(api.frames(sequences=[sequence], x="metric:tokens"))
    assert arrays[header["sequences"][0]["x"]].tolist() == [2.0]


def test_a_point_in_full(repo_path: Path, api: Api) -> None:
    run_hash = record(repo_path, points=3)
    (sequence,) = api.sequence_ids("loss if context.subset == val")
    point = api.post("metrics/point", {"sequence": sequence, "at": 1.2})
    assert (point["step"], point["epoch"], point["value"]) == (1, 1.0, 1.0)
    assert point["relative_time"] == point["time"] - api.get(f"runs/{run_hash}")["created_at"]
    again = api.post("metrics/point", {"sequence": sequence, "x": "relative_time", "at": point["relative_time"]})
    assert again == point
    # Where a bucket ends: at the last point before the next one.
    ends = [api.post("metrics/point", {"sequence": sequence, "at": 0, "until": until})["end"] for until in (1, 1.5, 9)]
    assert (point["end"], ends) == (None, [0, 1, 2])
    (other,) = api.sequence_ids("loss if context.subset == train")  # has no epochs
    assert api.post("metrics/point", {"sequence": other, "at": 0})["epoch"] is None
    for body in ({"sequence": other, "x": "epoch", "at": 0}, {"sequence": sequence[:-1] + "x", "at": 0}):
        api.post("metrics/point", body, status=404)


def test_windowed_smoothing(repo_path: Path, api: Api) -> None:
    record(repo_path, points=9)
    ids = api.sequence_ids("loss if context.subset == val")
    smooth = {"kind": "mean", "width": 2}
    ((header, arrays),) = decode_frames(api.frames(sequences=ids, smoothing=smooth, precision="f8"))
    (entry,) = header["sequences"]
    y = arrays[entry["last"]]
    np.testing.assert_allclose(arrays[entry["smooth"]][1:-1], (y[:-2] + y[1:-1] + y[2:]) / 3)


def test_smoothing_is_over_one_distance_for_all_curves_of_a_request(repo_path: Path, api: Api) -> None:
    with aim.Run(repo=repo_path) as run:
        for subset, every in (("train", 10), ("val", 20), ("test", 500)):
            steps = np.arange(every, 3001, every)
            run.track_many("acc", (1 - np.exp(-steps / 400)).tolist(), steps=steps.tolist(), context={"subset": subset})
    ids = {subset: api.sequence_ids(f"acc if context.subset == {subset}")[0] for subset in ("train", "val", "test")}
    how = {"kind": "ema", "weight": 0.8}

    def ask(*subsets: str, **more: Any) -> dict[str, Any]:
        body = {"sequences": [ids[subset] for subset in subsets], "smoothing": {**how, **more}, "precision": "f8"}
        ((header, arrays),) = decode_frames(api.frames(**body))
        found = {"distance": header["smoothing_distance"]}
        for entry in header["sequences"]:
            found[entry["context"]["subset"]] = arrays[entry["smooth"]]
            found[entry["context"]["subset"] + " is raw"] = entry["smooth"] == entry["last"]
        return found

    together = ask("train", "val", "test")
    assert together["distance"] == 10.0
    assert (together["train is raw"], together["val is raw"], together["test is raw"]) == (False, False, True)
    apart = ask("val", distance=10)
    np.testing.assert_array_equal(apart["val"], together["val"])
    assert ask("val")["distance"] == 20.0 and ask("val")["val"][-1] < together["val"][-1]
    assert ask("test", distance=500)["test is raw"] is False
    for axis in ("epoch", "time", "relative_time", "metric:acc"):
        frames = decode_frames(api.frames(sequences=list(ids.values()), x=axis, smoothing=how))
        assert frames[-1][0]["complete"]
    api.post("metrics/frame", {"sequences": [], "smoothing": {**how, "distance": 0}}, status=400)


@pytest.mark.parametrize("q", ["", "loss if params.lr >= 0", "metric.last >= 0 and run.name.startswith('r')"])
def test_the_first_sequences_are_those_of_the_newest_runs(repo_path: Path, api: Api, q: str) -> None:
    hashes = []
    for number in range(3):
        with aim.Session(repo=repo_path, run=f"r{number}") as session:
            session.set_params({"lr": number})
            for subset in ("val", "train"):
                for name in ("loss", "acc") if "loss" not in q else ("loss",):
                    session.track(1.0, name=name, subset=subset)
            hashes.append(session.run_hash)
    every = api.post("metrics/search", {"q": q})
    assert not every["truncated"] and every["matched_runs"] == 3
    places = [(one["run"], one["name"], one["context"]["subset"]) for one in every["sequences"]]
    names = ["loss"] if "loss" in q else ["acc", "loss"]
    assert places == [(h, name, subset) for h in hashes[::-1] for name in names for subset in ("train", "val")]
    for limit in range(len(places) + 1):
        some = api.post("metrics/search", {"q": q, "limit": limit})
        assert some["sequences"] == every["sequences"][:limit]
        assert (some["matched_sequences"], some["matched_runs"]) == (len(places), 3)
        assert some["truncated"] == (limit < len(places))
