from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import aim
from aim.explore.tables.export import column_title
from tests.unit.web.support import Api, record

COLUMNS = ["params.lr", "params.text", 'metric:loss|{"subset":"val"}|best', "params.none"]


def export(client: TestClient, **body: Any) -> bytes:
    response = client.post("/api/v1/runs/export", json=body, headers={"x-aim": "1"})
    assert response.status_code == 200, response.text
    assert f"runs.{body['format'].replace('markdown', 'md')}" in response.headers["content-disposition"]
    return response.content


@pytest.fixture
def hashes(repo_path: Path) -> list[str]:
    return [record(repo_path, lr=lr, text=text) for lr, text in ((0.1, 'a,"b"\n|c'), (0.2, "ü"), (0.3, "=1"))]


def test_csv_holds_all_rows_that_match(client: TestClient, hashes: list[str]) -> None:
    sort = [{"by": "params.lr", "desc": True}]
    data = export(client, format="csv", q="params.lr < 0.25", sort=sort, columns=COLUMNS)
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert [row["hash"] for row in rows] == [hashes[1], hashes[0]]
    assert [row["params.text"] for row in rows] == ["ü", 'a,"b"\n|c']
    assert rows[0]["params.lr"] == "0.2" and rows[0]["params.none"] == "" and rows[0]["status"] == "finished"
    assert float(rows[0]["loss(subset=val).best"]) >= 0


def test_more_rows_than_one_batch(client: TestClient, hashes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aim.explore.tables.export.BATCH_RUNS", 2)
    assert len(export(client, format="csv").splitlines()) == 1 + 3
    assert [row["hash"] for row in json.loads(export(client, format="json"))] == hashes[::-1]
    assert json.loads(export(client, format="json", q="params.lr > 7")) == []


def test_markdown_keeps_a_row_a_line(client: TestClient, hashes: list[str]) -> None:
    lines = export(client, format="markdown", columns=["params.text"]).decode().splitlines()
    assert len(lines) == 2 + 3 and lines[1].startswith("| --- |")
    assert lines[4].endswith('| a,"b" \\|c |')


def test_parquet(client: TestClient, hashes: list[str]) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(export(client, format="parquet", columns=[*COLUMNS, "name"])))
    assert table.column("params.lr").to_pylist() == [0.3, 0.2, 0.1]
    assert table.column("hash").to_pylist() == hashes[::-1] and "name_" in table.column_names


def test_parquet_without_pyarrow_says_what_to_install(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert api.get("info")["exports"] == ["csv", "json", "markdown"]
    error = api.post("runs/export", {"format": "parquet"}, status=400)
    assert "pip install pyarrow" in error["message"]


def test_a_broken_query_is_an_error_not_a_file(api: Api) -> None:
    assert api.post("runs/export", {"format": "csv", "q": "("}, status=400)["code"] == "query_syntax"
    assert api.post("runs/export", {"format": "csv", "columns": ["metric:x"]}, status=400)["code"] == "bad_request"


def test_titles_of_columns() -> None:
    assert column_title("params.lr") == "params.lr"
    assert column_title('metric:a|b|{"k":1}|at:7') == "a|b(k=1).at:7"


def test_values_at_a_step(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        for step in (10, 20, 5):
            session.track(step / 10, name="loss", step=step)
    columns = [f"metric:loss|{{}}|at:{step}" for step in (4, 5, 12, 99)]
    (row,) = api.post("runs/search", {"columns": columns, "sort": [{"by": columns[2]}]})["rows"]
    assert row["metrics"] == dict(zip(columns[1:], (0.5, 1.0, 2.0), strict=True))
    assert api.post("runs/search", {"columns": ["metric:loss|{}|at:x"]}, status=400)["code"] == "bad_request"


def test_best_goes_by_the_name_unless_it_is_said(repo_path: Path, api: Api) -> None:
    with aim.Session(repo=repo_path) as session:
        for value in (3.0, 1.0, 2.0):
            for name in ("loss", "val_acc", "width"):
                session.track(value, name=name)
    columns = [
        f"metric:{name}|{{}}|{what}" for name in ("loss", "val_acc") for what in ("best", "best:min", "best:max")
    ]
    (row,) = api.post("runs/search", {"columns": columns})["rows"]
    assert list(row["metrics"].values()) == [1.0, 1.0, 3.0, 3.0, 1.0, 3.0]
    assert "best:min" in api.post("runs/search", {"columns": ["metric:width|{}|best"]}, status=400)["message"]
    goals = {metric["name"]: metric["goal"] for metric in api.post("runs/columns")["metrics"]}
    assert goals == {"loss": "min", "val_acc": "max", "width": None}


def test_the_spread_of_a_column(repo_path: Path, api: Api) -> None:
    for number in range(30):
        record(repo_path, lr=number / 10, kind=("a", "b")[number % 3 == 0], few=number % 2)
    record(repo_path, lr=float("inf"))
    many = api.post("runs/spread", {"column": "params.lr"})
    assert (many["runs"], many["missing"], many["infinite"], many["min"], many["max"]) == (31, 0, 1, 0.0, 2.9)
    assert sum(one["count"] for one in many["bins"]) == 30 and many["values"] == []
    assert (many["bins"][0]["from"], many["bins"][-1]["to"]) == (0.0, 2.9)
    texts = api.post("runs/spread", {"column": "params.kind", "q": "params.lr < 0.95"})
    assert texts["values"] == [{"value": "a", "count": 6}, {"value": "b", "count": 4}]
    few = api.post("runs/spread", {"column": "params.few"})
    assert (few["values"], few["missing"]) == ([{"value": 0.0, "count": 15}, {"value": 1.0, "count": 15}], 1)
    assert api.post("runs/spread", {"column": "params.no"})["missing"] == 31


@pytest.mark.parametrize("runs", [3, 40])
def test_what_the_spread_of_long_integers_counts_is_what_a_filter_finds(repo_path: Path, api: Api, runs: int) -> None:
    seeds = [2**60 + 3 * number for number in range(runs)]
    for seed in seeds:
        with aim.Session(repo=repo_path) as session:
            session.set_params({"seed": seed})

    def found(query: str) -> int:
        return int(api.post("runs/search", {"q": query, "limit": 0})["matched"])

    def literal(number: Any) -> str:
        return str(number["$int"]) if isinstance(number, dict) else repr(number)

    spread = api.post("runs/spread", {"column": "params.seed"})
    assert (spread["min"], spread["max"]) == ({"$int": str(seeds[0])}, {"$int": str(seeds[-1])})
    for one in spread["values"]:
        assert found(f"params.seed == {literal(one['value'])}") == one["count"] == 1
    last = len(spread["bins"]) - 1
    for at, one in enumerate(spread["bins"]):
        end = "<=" if at == last else "<"
        query = f"params.seed >= {literal(one['from'])} and params.seed {end} {literal(one['to'])}"
        assert found(query) == one["count"]
    assert sum(one["count"] for one in spread["bins"] + spread["values"]) == runs


def test_runs_are_sorted_by_integers_that_are_one_float(repo_path: Path, api: Api) -> None:
    for seed in (2**53 + 2, 2**53 + 1, 2**53):
        with aim.Session(repo=repo_path) as session:
            session.set_params({"seed": seed})
    body = {"sort": [{"by": "params.seed"}], "columns": ["params.seed"], "form": "listed"}
    cells = [row["cells"][0] for row in api.post("runs/search", body)["rows"]]
    assert cells == [2**53, {"$int": str(2**53 + 1)}, {"$int": str(2**53 + 2)}]


def test_texts_of_csv_are_no_formulas_unless_asked_for_as_they_are(client: TestClient, repo_path: Path) -> None:
    with aim.Session(repo=repo_path, run="=cmd|' /C calc'!A0", experiment="@x") as session:
        session.set_params({"a": "=1+2", "b": "-2+3", "number": -2, "list": ["=1"], "=key": "\tx"}, name="p")
    columns = ["p.a", "p.b", "p.number", "p.list", "p.=key"]

    def row(**body: Any) -> list[str]:
        lines = export(client, format="csv", columns=columns, **body).decode()
        return list(csv.reader(io.StringIO(lines, newline="")))[1]

    exact = ["=1+2", "-2+3", "-2", '["=1"]', "\tx"]
    assert row()[0] == "'=cmd|' /C calc'!A0" and row()[3] == "'@x"
    assert row()[7:] == ["'=1+2", "'-2+3", "-2", '["=1"]', "'\tx"]
    assert row(exact=True)[7:] == exact and row(exact=True)[0][0] == "="
    (as_json,) = json.loads(export(client, format="json", columns=columns))
    assert as_json["params"]["p.a"] == "=1+2"


def test_all_columns_of_wide_runs_are_exported(client: TestClient, repo_path: Path) -> None:
    with aim.Session(repo=repo_path) as session:
        session.set_params({f"p{i}": i for i in range(1_500)}, name="w")
    head, row = csv.reader(
        io.StringIO(export(client, format="csv", columns=[f"w.p{i}" for i in range(1_500)]).decode())
    )
    assert head[-1] == "w.p1499" and row[7:] == [str(i) for i in range(1_500)]
    columns = [f'metric:m{i}|{{"n":{i}}}|last' for i in range(40_000)]  # more than a statement of SQLite may have
    body = {"columns": [*columns, "w.p7"], "form": "listed"}
    found = client.post("/api/v1/runs/search", json=body, headers={"x-aim": "1"}).json()
    assert found["rows"][0]["cells"][-1] == 7 and len(found["rows"][0]["cells"]) == 40_001
