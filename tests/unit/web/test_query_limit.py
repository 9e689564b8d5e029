"""What one question may cost, and that many dear ones hold up each other rather than the pages."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from aim.explore.service import Cancelled
from aim.query.language.evaluate import compile_condition
from aim.query.language.parse import parse
from aim.web.http.errors import ApiError
from aim.web.http.query_limit import QueryLimit, read_query_limit
from aim.web.http.searches import Searches
from aim.web.http.turns import Turns
from aim.web.state import attach, state_of
from tests.unit.index.rawrepo import RawRepo
from tests.unit.query.language import PlainRun
from tests.unit.web.conftest import Serve
from tests.unit.web.support import Api

DEAR = "sum(sorted(params.layers)) < -1 or " * 2_000 + "run.name == 'nobody'"


@pytest.fixture
def runs(repo_path: Path) -> None:
    repo = RawRepo(repo_path)
    for number in range(1, 21):
        repo.simple_run(number, layers=list(range(1_000)))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("20s,200MB", QueryLimit()),
        ("1.5s", QueryLimit(1.5, None)),
        ("2GB, 60s", QueryLimit(60.0, 2 * 10**9)),
        ("500KB", QueryLimit(None, 500_000)),
        ("none", QueryLimit(None, None)),
        ("0", QueryLimit(None, None)),
    ],
)
def test_a_limit_is_read(text: str, limit: QueryLimit) -> None:
    assert read_query_limit(text) == limit


@pytest.mark.parametrize("text", ["", "20", "20s,30s", "-1s", "0s", "200 MB", "1TB", "nan", "20s,"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a limit such as"):
        read_query_limit(text)


@pytest.mark.parametrize("path", ["runs/search", "metrics/search", "runs/columns", "runs/spread", "runs/export"])
def test_a_question_that_takes_too_long_is_stopped_and_says_so(path: str, runs: None, serve: Serve) -> None:
    api = Api(serve(query_limit=QueryLimit(0.1, None)))
    more = {"runs/spread": {"column": "layers"}, "runs/export": {"format": "csv"}}.get(path, {})
    error = api.post(path, {"q": DEAR, **more}, status=400)
    assert error["code"] == "query_limit"
    assert error["message"].startswith("stopped after 0.1 s of CPU: narrow the query, or")
    assert api.post("runs/search", {"q": "run.name == 'run 3'"})["matched"] == 1


def in_one_row(term: str) -> str:
    return "len([{}]) < 0".format(", ".join([term] * 2_000))


@pytest.fixture
def one_run(repo_path: Path) -> None:
    RawRepo(repo_path).simple_run(1, big=[(i * 7919) % 10_007 for i in range(10_000)])


def test_a_question_that_takes_too_long_over_one_run_is_stopped_and_says_so(one_run: None, serve: Serve) -> None:
    api = Api(serve(query_limit=QueryLimit(0.1, None)))
    error = api.post("runs/search", {"q": in_one_row("any(params.big) and sum(params.big) < 0")}, status=400)
    assert error["code"] == "query_limit"
    assert error["message"].startswith("stopped after 0.1 s of CPU: narrow the query, or")


def test_a_condition_that_makes_too_much_of_one_run_is_stopped_and_says_so(one_run: None, serve: Serve) -> None:
    q = in_one_row("sorted(params.big)")
    error = Api(serve(query_limit=QueryLimit(None, 10**9, built_bytes=10**6))).post("runs/search", {"q": q}, status=400)
    assert error["code"] == "query_limit"
    assert error["message"].startswith("stopped at 1 MB of lists and strings that one condition makes: ")


def test_a_search_within_one_run_ends_when_the_client_goes_and_when_the_server_ends() -> None:
    condition = parse(in_one_row("sum(params.big) + 1")).condition
    assert condition is not None
    predicate = compile_condition(condition)
    run = PlainRun({}, {"big": list(range(100_000))}, [])
    for ends, raised in (("client", Cancelled), ("server", ApiError)):
        searches, gone = Searches(QueryLimit(None, None)), threading.Event()

        def work(check: Any, ends: str = ends, searches: Searches = searches, gone: threading.Event = gone) -> bool:
            gone.set() if ends == "client" else searches.stop()
            return predicate(run, None)

        with pytest.raises(raised):
            asyncio.run(searches.run(gone, work, lambda done, total: None))


def test_an_answer_that_is_too_large_is_stopped_and_says_so(runs: None, serve: Serve) -> None:
    api = Api(serve(query_limit=QueryLimit(None, 20_000)))
    error = api.post("metrics/search", status=400)
    assert (error["code"], error["message"][:26]) == ("query_limit", "stopped at 0.02 MB of answ")
    assert api.post("metrics/search", {"q": "run.name == 'run 3'"})["matched_runs"] == 1


def test_a_dear_question_in_lines_is_stopped_and_says_so(runs: None, serve: Serve) -> None:
    client = serve(query_limit=QueryLimit(0.4, None))
    response = client.post("/api/v1/runs/search", json={"q": DEAR}, headers={"accept": "application/x-ndjson"})
    assert "stopped after 0.4 s of CPU" in response.text.splitlines()[-1]


def test_what_brings_the_index_up_to_date_is_no_cost_of_a_question(repo_path: Path, serve: Serve) -> None:
    api = Api(serve(query_limit=QueryLimit(0.05, None)))
    api.client.app.state.aim.service.wait_until_caught_up(30)  # type: ignore[attr-defined]
    repo = RawRepo(repo_path)
    for number in range(1, 300):
        repo.simple_run(number)
    assert api.post("runs/search", {"limit": 1})["matched"] == 299


def test_while_many_questions_wait_for_their_turn_everything_else_is_answered(runs: None, serve: Serve) -> None:
    client = serve()
    api = Api(client)
    turns = Turns(short=1, long=1)
    app = cast(FastAPI, client.app)
    attach(app, replace(state_of(app), searches=Searches(turns=turns)))
    first = turns.begin(lambda: None)
    with ThreadPoolExecutor(50) as pool:
        asked = [pool.submit(api.post, "runs/search", {"q": f"run.name == 'run {n % 20 + 1}'"}) for n in range(50)]
        for _ in range(3):
            assert api.get("info")["runs"] == 20
            assert client.get("/").status_code == 200
        assert not any(one.done() for one in asked)
        first.end()
        assert [one.result()["matched"] for one in asked] == [1] * 50


def nobody_waits() -> None:
    raise Cancelled


def test_a_long_question_makes_room_for_short_ones_and_waits_for_other_long_ones() -> None:
    turns = Turns(short=1, long=1)
    first = turns.begin(nobody_waits)
    first.lengthen(nobody_waits)
    second = turns.begin(nobody_waits)  # there is room
    with pytest.raises(Cancelled):
        turns.begin(nobody_waits)
    with pytest.raises(Cancelled):
        second.lengthen(nobody_waits)
    second.end()
    third = turns.begin(nobody_waits)
    first.end()
    third.lengthen(nobody_waits)
    third.end()


def test_who_waits_is_served_in_the_order_of_coming_and_who_finds_too_many_is_refused() -> None:
    turns = Turns(short=1, long=1, waiting=3)
    first = turns.begin(nobody_waits)
    order: list[int] = []
    waiting: list[Any] = []
    for number in range(3):
        arrived = threading.Event()

        def wait(number: int = number, arrived: threading.Event = arrived) -> None:
            turn = turns.begin(arrived.set)
            order.append(number)
            turn.end()

        thread = threading.Thread(target=wait)
        thread.start()
        assert arrived.wait(30)
        waiting.append(thread)
    with pytest.raises(ApiError, match="too many questions") as refused:
        turns.begin(nobody_waits)
    assert (refused.value.status, refused.value.code) == (503, "busy")
    first.end()
    for thread in waiting:
        thread.join(30)
    assert order == [0, 1, 2]
