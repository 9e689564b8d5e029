"""The engine: what it leaves to SQL, order, archived runs, any text, threads."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import aim
from aim.errors import IndexUnavailableError, QueryError
from aim.query.answering import dictionaries
from aim.query.answering.engine import QueryEngine
from aim.query.answering.rows import Details, RunRow, SequenceRow
from aim.query.language.evaluate import compile_condition
from aim.query.language.parse import parse
from aim.storage.reading.events import read_run
from tests.unit.query.language import PlainRun, PlainSequence, conditions, queries
from tests.unit.query.tables import TablesOnly, plain_run


def summary(value: float) -> dict[str, float]:
    names = ("first", "last", "min", "max", "first_time", "last_time", "last_epoch")
    counts = dict.fromkeys(("first_step", "last_step", "nan_count", "inf_count", "hidden_points"), 0)
    return {**dict.fromkeys(names, value), "count": 1, **counts}


@pytest.fixture
def index() -> Iterator[TablesOnly]:
    def sequences(value: float) -> list[PlainSequence]:
        return [
            PlainSequence("loss", {"subset": "train"}, **summary(value)),
            PlainSequence("loss", {"subset": "val"}, **summary(value + 1)),
            PlainSequence("acc", {}, **summary(value)),
        ]

    made = TablesOnly(
        [
            plain_run("a" * 24, {"h": {"lr": 0.1}}, sequences(0.5), created_at=3.0, name="late", tags='["x"]'),
            plain_run("b" * 24, {"h": {"lr": 0.2}}, sequences(1.5), created_at=1.0, name="early"),
            plain_run("c" * 24, {"lr": 0.3}, [], created_at=2.0, is_archived=True),
        ]
    )
    yield made
    made.close()


def engine_of(index: TablesOnly) -> QueryEngine:
    return QueryEngine(index)  # type: ignore[arg-type]


def test_runs_come_oldest_first_and_metrics_by_name_and_context(index: TablesOnly) -> None:
    engine = engine_of(index)
    assert [row.hash[0] for row in engine.runs("run.archived or not run.archived")] == ["b", "c", "a"]
    assert [(row.run.hash[0], row.name, dict(row.context)) for row in engine.sequences("")] == [
        ("b", "acc", {}),
        ("b", "loss", {"subset": "train"}),
        ("b", "loss", {"subset": "val"}),
        ("a", "acc", {}),
        ("a", "loss", {"subset": "train"}),
        ("a", "loss", {"subset": "val"}),
    ]


def test_archived_runs_are_left_out_unless_mentioned(index: TablesOnly) -> None:
    engine = engine_of(index)
    assert [row.hash[0] for row in engine.runs("")] == ["b", "a"]
    assert [row.hash[0] for row in engine.runs("run.archived")] == ["c"]
    assert [row.hash[0] for row in engine.runs("params.lr > 0")] == ["b", "a"]
    assert [row.hash[0] for row in engine.runs("params.lr > 0 and run.archived is True")] == ["c"]
    assert [row.hash[0] for row in engine.runs("params.lr > 0.1", archived="include")] == ["b", "c"]
    assert [row.hash[0] for row in engine.runs("params.lr > 0.1", archived="only")] == ["c"]
    assert [row.run.hash[0] for row in engine.sequences("acc", archived="only")] == []


@pytest.mark.parametrize(
    "text",
    [
        "loss if context.subset == train and params.lr > 0.001",
        'run.hparams.lr > 0.001 and metric.name == "loss"',
        "0.1 < params.lr <= 1 or not (params.opt == adam)",
        "run.hash == 'x' and run.tags.contains(a) and run.active",
        "metric.last < 0.5 and 'a' in run.tags and run.duration > 60",
        'run.metrics["loss", {"subset": "val"}].last < 1 and run.loss.train.min > 0',
        "params.flag and params.x is None and params.y is not True and params.z in (1, 'a', True)",
        "metric.name.startswith(lo) or context.subset.lower() in (train, val)",
        "run.name.startswith(a) and experiment != b and run.created_at > datetime(2024, 1, 1)",
        "tf:loss, acc if run.archived",
    ],
)
def test_common_conditions_are_left_to_sql_alone(index: TablesOnly, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise AssertionError("decided row by row")

    monkeypatch.setattr("aim.query.answering.engine._decided", fail)
    engine_of(index).sequences(text)


def test_details_are_loaded_in_batches(index: TablesOnly, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(index)
    runs = engine.runs("")
    sequences = engine.sequences("")
    opened: list[int] = []
    connect = index.connect
    monkeypatch.setattr(runs[0].loaded_by, "_connect_as_is", lambda: opened.append(1) or connect())
    monkeypatch.setattr(sequences[0].details, "_connect_as_is", lambda: opened.append(1) or connect())
    assert [row.details.name for row in runs] == ["early", "late"]
    assert [row.params() for row in runs] == [{"h": {"lr": 0.2}}, {"h": {"lr": 0.1}}]
    assert [len(row.sequences()) for row in runs] == [3, 3]
    assert len(opened) == 3
    assert [row.field("last") for row in sequences] == [1.5, 1.5, 2.5, 0.5, 0.5, 1.5]
    assert [row.run.details.name for row in sequences][::3] == ["early", "late"]
    assert len(opened) == 5


OF_THE_RUN = "len(run.tags) + run.h.lr > 0.15 or run.name == 'nobody'"
OF_EACH_SEQUENCE = "metric.last * run.h.lr < 0.2"
ASKED = ["", "acc", "run.archived", "params.lr > 0.15", "loss if context.subset == val", OF_THE_RUN, OF_EACH_SEQUENCE]
ASKED += [f"{OF_THE_RUN} and metric.last > 0", "len(run.tags) > 7 and run.h.lr * len(run.tags) > 1"]


@pytest.mark.parametrize("text", ASKED)
def test_ids_and_the_newest_sequences_are_those_of_the_rows(index: TablesOnly, text: str) -> None:
    engine = engine_of(index)
    runs, found = engine.runs(text), engine.run_ids(text)
    assert (found.ids, found.hints) == ([row.id for row in runs], runs.hints)
    by_run: dict[int, list[int]] = {}
    for row in engine.sequences(text):
        by_run.setdefault(row.run.id, []).append(row.id)
    expected = [number for run_id in reversed(by_run) for number in by_run[run_id]]
    for limit in (0, 1, 2, 100):
        newest = engine.newest_sequences(text, limit)
        assert [row.id for row in newest.rows] == expected[:limit]
        assert (newest.matched, newest.matched_runs) == (len(expected), len(by_run))


@pytest.mark.parametrize("text", ASKED)
def test_of_answered_questions_nothing_waits_for_the_collector(index: TablesOnly, text: str) -> None:
    engine = engine_of(index)

    def held() -> int:
        return sum(isinstance(one, Details | RunRow | SequenceRow) for one in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = held()
        for _ in range(3):
            engine.run_ids(text)
            engine.newest_sequences(text, 2)
        assert held() == before
    finally:
        gc.enable()


def test_what_was_loaded_of_runs_that_are_not_found_is_dropped_on_the_way(
    index: TablesOnly, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    monkeypatch.setattr("aim.query.answering.rows.BATCH_ROWS", 1)
    monkeypatch.setattr("aim.query.answering.engine.BATCH_ROWS", 1)
    loading = Details.params

    def params(details: Details, run_id: int) -> dict[str, Any]:
        nonlocal most
        result = loading(details, run_id)
        most = max(most, len(details._params))
        return result

    monkeypatch.setattr(Details, "params", params)
    found = engine_of(index).runs("(run.archived or not run.archived) and len(run.tags) + run.h.lr > 9")
    assert (list(found), most, found.details._params) == ([], 1, {})


def test_only_the_contexts_of_what_was_found_are_read_and_parsed(
    index: TablesOnly, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    real = dictionaries.parse_context
    monkeypatch.setattr(dictionaries, "parse_context", lambda text: parsed.append(text) or real(text))
    engine = engine_of(index)
    found = engine.sequences("acc")
    assert ([row.context_text for row in found], parsed) == (["{}", "{}"], [])
    assert list(engine._dictionaries.context_texts.values()) == ["{}"]
    assert ([dict(row.context) for row in found], parsed) == ([{}, {}], ["{}"])
    assert len(engine.sequences("loss if context.subset == 'val'")) == 2
    assert sorted(parsed) == ['{"subset":"train"}', '{"subset":"val"}', "{}"]


@pytest.mark.parametrize("few", [0, 1, 500])
def test_contexts_are_read_one_by_one_or_all_at_once(
    index: TablesOnly, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(dictionaries, "FEW", few)
    assert [dict(row.context) for row in engine_of(index).sequences("loss")] == [
        {"subset": "train"},
        {"subset": "val"},
    ] * 2


def test_rows_of_an_index_that_was_replaced_say_so(index: TablesOnly) -> None:
    (row, *_) = engine_of(index).runs("")
    index.path = "another"
    with pytest.raises(IndexUnavailableError, match="ask again"):
        row.params()


FUZZED = TablesOnly(
    [plain_run("a" * 24, {"h": {"lr": 0.1}}, [PlainSequence("loss", {"subset": "train"}, **summary(1.0))])]
)
ENGINE = engine_of(FUZZED)


@given(
    st.one_of(
        st.text(max_size=40),
        st.text(alphabet="abrun.lr params()[]{}'\"\\,=<>!+-*/%\n01e_#:if\0", max_size=60),
        queries,
        st.builds("{}{}{}".format, queries, st.text(max_size=3), conditions),
    )
)
def test_any_text_gives_rows_or_a_query_error(text: str) -> None:
    try:
        sequences = ENGINE.sequences(text)
        runs = ENGINE.runs(text)
    except QueryError:
        return
    assert all(isinstance(row, SequenceRow) for row in sequences)
    assert all(isinstance(row, RunRow) for row in runs)
    assert all(isinstance(hint, str) for hint in sequences.hints)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 45 + "params.h.lr > 0" + " and x or y)" * 45,
        "not " * 59 + "params.h.lr > 0",
        "params.h.lr" + " + params.h.lr" * 95 + " > 0",
        "params.h.lr" + ".lower()" * 95 + " == a",
        "len(" * 59 + "params.h.lr" + ")" * 59 + " == 1",
        " or ".join(f"(params.h.lr > {i} and run.name != 'x{i}')" for i in range(1_500)),
        " and ".join(f"not (params.p{i} == {i})" for i in range(900)),
        f"params.h.lr in ({', '.join(map(str, range(15_000)))})",
        f"run.hash in ({', '.join(repr(f'{i:024x}') for i in range(2_500))})",
    ],
    ids=range(9),
)
def test_large_queries_are_answered(text: str) -> None:
    ENGINE.runs(text)
    ENGINE.sequences(text)


@given(conditions)
def test_awkward_queries_near_the_end_of_the_stack_give_rows_or_a_query_error(text: str) -> None:
    def deeper(depth: int) -> None:
        if depth:
            deeper(depth - 1)
            return
        try:
            ENGINE.runs(text)
        except QueryError:
            pass

    deeper(300)


def test_recorded_params_are_found_as_a_scan_finds_them(repo_path: Path) -> None:
    values: list[Any] = [
        0, 1, True, None, "", "a", "a\0b", "\ud800", float("nan"), float("inf"), 2**53 + 1, 10**30, {}, [], [1, None],
        {"lr": 2}, {"x.y": 1}, "x" * 2_000,
    ]  # fmt: skip
    for value in values:
        with aim.Run(repo=str(repo_path)) as run:
            run["h"] = {"lr": value, "a.b": value}
            run["lr"] = value
    with aim.Repo(repo_path) as repo:
        states = [read_run(repo.layout.run_dir(run.hash), run.hash).state for run in repo.iter_runs()]
        assert len(states) == len(values)
        constants = ("0", "1", "True", '""', '"a"', '"a\\0b"', '"\\ud800"', "1e999", str(2**53 + 1), "1e30", "[]")
        fields = ("params.lr", "run.lr", "h.lr", 'params["a.b"]', "params.h.lr.lr", "params.x.y")
        texts = [f"{f} {op} {c}" for f in fields for op in ("==", "!=", "<", ">=") for c in constants]
        texts += [f"{f} {more}" for f in fields for more in ("is None", "is not None", "is True", "in (0, 'a')", "")]
        for text in texts:
            node = parse(text).condition
            assert node is not None
            test = compile_condition(node)
            wanted = {state.hash for state in states if test(PlainRun({}, state.params, []), None)}
            assert {row.hash for row in repo.engine.runs(text)} == wanted, text


@pytest.mark.parametrize(
    ("term", "joiner"),
    [
        ("params.lr != {}", " and "),
        ("params.lr * 2 != {}", " and "),
        ("metric.last != {}", " and "),
        ("run.hash != 'x{}'", " and "),
        ("not params.x{} is not None", " and "),
        ("params.lr > {} / 10 - 1000", " or "),
    ],
)
def test_queries_of_thousands_of_terms_are_answered(index: TablesOnly, term: str, joiner: str) -> None:
    text = joiner.join(term.format(number) for number in range(1, 1_501))
    assert len(engine_of(index).sequences(f"loss if {text}")) == 4


def test_a_statement_too_large_for_the_database_is_an_error_of_the_query(
    index: TablesOnly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aim.query.answering.engine.MAX_TERMS", 10_000)
    monkeypatch.setattr("aim.query.answering.narrow.MAX_TERMS", 10_000)
    with pytest.raises(QueryError, match="too large"):
        engine_of(index).runs(" and ".join(f"params.lr != {number}" for number in range(2_000)))


def test_several_threads_may_ask_at_once(repo_path: Path) -> None:
    for number in range(8):
        with aim.Run(repo=str(repo_path)) as run:
            run["n"] = number
            run.track_many("loss", range(number + 1))
    problems: list[BaseException] = []
    with aim.Repo(repo_path) as repo:

        def ask(number: int) -> None:
            try:
                for _ in range(10):
                    (metric,) = repo.query_metrics(f"loss if params.n == {number}")
                    assert metric.values.tolist() == list(range(number + 1))
                    assert metric.run["n"] == number
            except BaseException as error:
                problems.append(error)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not problems
