from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import aim
from tests.unit.web.support import Api, record


def names(answer: dict, key: str = "hash") -> list[str]:
    return [row[key] for row in answer["rows"]]


def test_page_of_runs(repo_path: Path, api: Api) -> None:
    hashes = [record(repo_path, lr=lr, layers=[1, 2]) for lr in (0.1, 0.2, 0.3)]
    found = api.post("runs/search", {"q": "params.lr > 0.1", "limit": 1, "columns": ["params.lr", "lr", "none.such"]})
    assert (found["total"], found["matched"], found["offset"]) == (3, 2, 0)
    (row,) = found["rows"]
    assert (row["hash"], row["status"], row["experiment"], row["tags"]) == (hashes[2], "finished", "default", [])
    assert row["params"] == {"params.lr": 0.3, "lr": 0.3}
    assert row["duration"] >= 0 and row["ended_at"] >= row["created_at"]
    assert names(api.post("runs/search", {"q": "params.lr > 0.1", "offset": 1})) == [hashes[1]]
    assert api.post("runs/search", {"q": "params.lr > 7"})["rows"] == []
    assert api.post("runs/search", {"limit": 0})["matched"] == 3


def test_what_was_tracked_before_the_question_is_in_the_answer(repo_path: Path, api: Api) -> None:
    assert api.post("runs/search")["total"] == 0
    with aim.Session(repo=repo_path) as session:
        for step in range(20):
            session.track(float(step), name="loss")
            column = "metric:loss|{}|last"
            (row,) = api.post("runs/search", {"columns": [column]})["rows"]
            assert row["metrics"] == {column: float(step)} and row["status"] == "running"


def test_columns_of_metrics_and_odd_values(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        session.set_params(
            {"nan": float("nan"), "inf": float("inf"), "html": "<script>alert(1)</script>", "big": 10**30}
        )
        session.set_params({"a.b": {"c": [1, None]}, "nothing": None})
        for value in (1.0, float("nan")):
            session.track(value, name="a|b", subset="val")
    columns = ["params.nan", "params.inf", "params.html", "params.big", "params.a.b.c", "params.nothing"]
    metrics = [f'metric:a|b|{{"subset":"val"}}|{summary}' for summary in ("last", "min", "max")]
    (row,) = api.post("runs/search", {"columns": [*columns, *metrics]})["rows"]
    assert repr(row["params"]["params.nan"]) == "nan" and row["params"]["params.inf"] == float("inf")
    assert row["params"]["params.html"] == "<script>alert(1)</script>"
    assert row["params"]["params.big"] == {"$int": str(10**30)} and row["params"]["params.a.b.c"] == [1, None]
    assert row["params"]["params.nothing"] is None
    assert [repr(row["metrics"][column]) for column in metrics] == ["nan", "1.0", "1.0"]
    assert api.post("runs/search", {"columns": ["metric:x"]}, status=400)["code"] == "bad_request"


def test_a_key_that_holds_a_dot_and_a_nested_one_are_two_columns(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path, run="both") as session:
        session.set_params({"x.y": 1, "x": {"y": 2}, "lr.max": 0.5}, name="e")
    with aim.Session(repo=repo_path, run="nested") as session:
        session.set_params({"x": {"y": 6}}, name="e")
    listed = [one["path"] for one in api.post("runs/columns")["params"]]
    assert listed == ["e.x.y", 'e["lr.max"]', 'e["x.y"]']
    columns = [*listed, 'params.e["x.y"]', "e.lr.max", "lr.max"]
    both, nested = api.post("runs/search", {"columns": columns, "sort": [{"by": "name"}]})["rows"]
    assert [both["params"].get(column) for column in columns] == [2, 0.5, 1, 1, 0.5, 0.5]
    assert nested["params"] == {"e.x.y": 6}
    by_spelling = api.post("runs/search", {"sort": [{"by": 'params.e["x.y"]'}], "q": 'run["e", "x.y"] == 1'})
    assert names(by_spelling, "name") == ["both"]
    for question, found in (
        ('run["e", "x.y"] == 6', []),
        ('run["e", "x", "y"] == 6', ["nested"]),
        ("run.e.x.y in (1, 6)", ["both", "nested"]),
        ('run.e["x.y"].endswith("1") or params["x.y"] == 1', ["both"]),
    ):
        assert sorted(names(api.post("runs/search", {"q": question}), "name")) == found, question
    assert {one["path"] for one in api.get("query/names?prefix=x.y")["params"]} == {"e.x.y", 'e["x.y"]'}
    values = {
        name: [one["value"] for one in api.get("query/values?" + urlencode({"name": name}))["values"]]
        for name in ('run.e["x.y"]', "run.e.x.y", 'params["x.y"]', 'x["y"]')
    }
    assert values == {'run.e["x.y"]': [1], "run.e.x.y": [1, 2, 6], 'params["x.y"]': [1], 'x["y"]': [2, 6]}


def test_columns_are_found_behind_the_prefix_that_queries_have(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        session.set_params({"opt": "lion", "lr": 0.1}, name="hparams")
        session.set_params({"lr": 0.2}, name="params")
    columns = ["hparams.opt", "opt", "params.opt", "params.hparams.opt", "params.lr", "params.params.lr", "params.none"]
    (row,) = api.post("runs/search", {"columns": columns, "form": "listed"})["rows"]
    assert row["cells"] == ["lion", "lion", "lion", "lion", 0.2, 0.2, None]


def test_listed_cells_stand_in_the_order_of_the_columns(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        session.set_params({"lr": 0.1, "nothing": None, "list": [1, None]})
        session.track(float("nan"), name="loss")
    columns = ["metric:loss|{}|last", "params.none", "params.lr", "params.nothing", "params.list", "metric:loss|{}|min"]
    (row,) = api.post("runs/search", {"columns": columns, "form": "listed"})["rows"]
    assert repr(row["cells"]) == repr([float("nan"), None, 0.1, {"$none": True}, [1, None], float("nan")])
    assert "params" not in row and "metrics" not in row


def test_a_search_that_was_asked_before_sees_every_change(repo_path: Path, api: Api) -> None:
    first = record(repo_path, lr=0.1)
    search = {"q": "params.lr < 0.5", "sort": [{"by": "params.lr", "desc": True}]}
    assert names(api.post("runs/search", search)) == names(api.post("runs/search", search)) == [first]
    second = record(repo_path, lr=0.2)
    assert names(api.post("runs/search", search)) == [second, first]
    api.post(f"runs/{second}/edit", {"archived": True})
    assert names(api.post("runs/search", search)) == [first]
    api.post(f"runs/{second}/edit", {"archived": False})
    api.post("runs/bulk", {"hashes": [first], "action": "delete"})
    assert names(api.post("runs/search", search)) == [second]


def test_texts_are_sorted_as_people_count(repo_path: Path, api: Api) -> None:
    for lr, name in (("10", "item10"), (7, "item9"), ("1e-3", "Item1"), ("9", "item100")):
        record(repo_path, lr=0.1, rate=lr, item=name)
    for column, expected in (
        ("params.rate", [7, "1e-3", "9", "10"]),
        ("params.item", ["Item1", "item9", "item10", "item100"]),
    ):
        for desc in (False, True):
            body = {"sort": [{"by": f"params.{column}", "desc": desc}], "columns": [column]}
            found = [row["params"][column] for row in api.post("runs/search", body)["rows"]]
            assert found == (expected[::-1] if desc else expected)
    spread = api.post("runs/spread", {"column": "params.params.item"})
    assert {value["value"] for value in spread["values"]} == {"Item1", "item9", "item10", "item100"}


def test_sorting(repo_path: Path, api: Api) -> None:
    values = {"text": "b", "small": 1, "none": None, "large": 20, "list": [1], "nan": float("nan"), "true": True}
    hashes = {}
    for key, value in values.items():
        with aim.Session(repo=repo_path, experiment="one" if key in ("small", "text") else "two") as session:
            session.set_params({"x": value})
            session.track(len(key), name="length")
        hashes[session.run_hash] = key
    with aim.Session(repo=repo_path, experiment="two") as session:
        pass
    hashes[session.run_hash] = "missing"

    def order(*sort: tuple[str, bool]) -> list[str]:
        found = api.post("runs/search", {"sort": [{"by": by, "desc": desc} for by, desc in sort]})
        return [hashes[run_hash] for run_hash in names(found)]

    newest_first = ["missing", "true", "nan", "list", "large", "none", "small", "text"]
    assert order() == newest_first
    assert order(("created_at", False)) == newest_first[::-1]
    # numbers, texts, the rest; what has no order last, in either direction
    assert order(("params.x", False)) == ["true", "small", "large", "text", "list", "missing", "nan", "none"]
    assert order(("params.x", True)) == ["list", "text", "large", "true", "small", "missing", "nan", "none"]
    assert order(("metrics.length|{}.last", True))[:2] == ["large", "small"]
    assert order(("metric:length|{}|last", False))[-1] == "missing"
    assert order(("experiment", False), ("created_at", True)) == ["small", "text", *newest_first[:6]]
    for by in ("status", "duration", "name", "tags", "description", "no.such", "metrics.none|{}.max"):
        assert sorted(order((by, True))) == sorted(newest_first)


def test_archived_runs(repo_path: Path, api: Api) -> None:
    kept, archived = record(repo_path), record(repo_path, lr=0.5)
    api.post(f"runs/{archived}/edit", {"archived": True})
    assert names(api.post("runs/search")) == [kept]
    for query in ("", "params.lr == 0.5", "loss", "loss if params.lr == 0.5  # half", "loss\nif context.subset == val"):
        found = api.post("runs/search", {"q": query, "archived": True})
        assert names(found) == [archived], query
        assert found["total"] == 1
    both = api.post("runs/search", {"q": "run.archived or not run.archived"})
    assert sorted(names(both)) == sorted([kept, archived]) and both["total"] == 2
    assert api.post("runs/search", {"q": "loss if (", "archived": True}, status=400)["column"] == 10


def test_query_errors_say_where(api: Api) -> None:
    error = api.post("runs/search", {"q": "params.lr >\n  and"}, status=400)
    assert (error["code"], error["line"]) == ("query_syntax", 2) and error["expected"]
    error = api.post("runs/search", {"q": "metric.nme == 1"}, status=400)
    assert error["code"] == "query_name" and "metric.name" in str(error["suggestions"])


def test_hints(repo_path: Path, api: Api) -> None:
    record(repo_path)
    assert "params.lr" in str(api.post("runs/search", {"q": "params.lrr > 1"})["hints"])


def test_columns_to_choose_from(repo_path: Path, api: Api) -> None:
    for lr in (0.1, 0.1, 0.2):
        record(repo_path, lr=lr, name="x", sizes=[lr], deep={"er": None})
    found = api.post("runs/columns")
    assert {column["path"]: column for column in found["params"]} == {
        "params.lr": {"path": "params.lr", "name": "lr", "count": 3, "distinct": 2, "kinds": ["number"]},
        "params.name": {"path": "params.name", "name": "params.name", "count": 3, "distinct": 1, "kinds": ["text"]},
        "params.sizes": {"path": "params.sizes", "name": "sizes", "count": 3, "distinct": 2, "kinds": ["list"]},
        "params.deep.er": {"path": "params.deep.er", "name": "deep.er", "count": 3, "distinct": 1, "kinds": ["none"]},
    }
    assert found["metrics"] == [
        {"name": "loss", "context": '{"subset":"train"}', "count": 3, "goal": "min"},
        {"name": "loss", "context": '{"subset":"val"}', "count": 3, "goal": "min"},
    ]
    part = api.post("runs/columns", {"q": "params.lr == 0.2"})
    assert [column["count"] for column in part["params"]] == [1, 1, 1, 1]


def test_rows_come_with_columns_that_are_picked_and_with_what_else_there_is(repo_path: Path, api: Api) -> None:
    for i in range(2):
        record(repo_path, lr=i / 10, same=1, **{f"p{n}": i for n in range(6)})
    found = api.post("runs/search", {"columns": None, "form": "listed"})
    # A few of the params that differ, and the last values of metrics.
    assert found["columns"] == [
        *("params.lr", "params.p0", "params.p1", "params.p2", "params.p3"),
        *('metric:loss|{"subset":"val"}|last', 'metric:loss|{"subset":"train"}|last'),
    ]
    assert [len(row["cells"]) for row in found["rows"]] == [7, 7]
    assert found["known"] == api.post("runs/columns")
    part = {"q": "params.lr > 0", "columns": ["params.lr"], "known": True}
    found = api.post("runs/search", part)
    assert "columns" not in found and found["known"] == api.post("runs/columns", {"q": "params.lr > 0"})
    assert "known" not in api.post("runs/search", {**part, "known": False})


def test_one_run(repo_path: Path, api: Api) -> None:
    class BoomError(Exception):
        pass

    try:
        with aim.Session(repo=repo_path, experiment="one") as session:
            session.set_params({"lr": 0.1})
            session.track(float("nan"), name="loss", subset="val")
            raise BoomError("no <b>luck</b>")
    except BoomError:
        pass
    run = api.get(f"runs/{session.run_hash}")
    assert (run["status"], run["experiment"], run["params"]) == ("failed", "one", {"params": {"lr": 0.1}})
    assert run["error"]["type"].endswith("BoomError") and run["error"]["message"] == "no <b>luck</b>"
    assert run["environment"]["python"] and run["environment"]["argv"]
    (sequence,) = run["sequences"]
    assert (sequence["name"], sequence["context"], sequence["count"]) == ("loss", {"subset": "val"}, 1)
    assert repr(sequence["last"]) == "nan" and sequence["min"] is None
    assert [(w["role"], w["reason"]) for w in run["writers"]] == [("train", "failed")]
    assert run["loss"] == {"lost_points": 0, "lost_events": 0, "rejected": 0, "unsynced": 0, "causes": []}
    assert api.get("runs/" + "0" * 24, status=404)["code"] == "not_found"
    assert api.get("runs/..%2F..%2Fetc", status=404)["code"] == "not_found"
    assert api.get("runs/nonsense", status=404)["code"] == "not_found"


def test_losses_are_told(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path, strict=False) as session:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            session.track("text", name="loss")
        session.track(1.0, name="loss")
    run = api.get(f"runs/{session.run_hash}")
    assert run["loss"]["rejected"] == 1 and run["loss"]["causes"]
