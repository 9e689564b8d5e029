"""Fills the tables of the index from plain runs, and answers queries by a scan over them: the meaning of AimQL."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Connection, StaticPool, create_engine, insert

from aim.index.sql import tables as t
from aim.index.sql.params import classify, flatten_params, path_row
from aim.index.sql.sqlite import SQLite
from aim.query.answering.rows import RUN_COLUMNS, RunDetails
from aim.query.language.evaluate import compile_condition, selects
from aim.query.language.parse import parse
from aim.schema.jsonvalues import to_json
from aim.schema.names import canonical_context
from tests.unit.query.language import NAMES, PlainSequence, nested_params

NOW = 10_000.0


@dataclass
class Live:
    value: str
    ended_at: float | None = None


@dataclass
class Run:
    """A run as these tests make it; also the view of it that a scan gives to the evaluator."""

    columns: dict[str, Any]
    nested: dict[str, Any]
    found: list[PlainSequence]
    live: Live | None = None
    id: int = 0

    @property
    def hash(self) -> str:
        return str(self.columns["hash"])

    def field(self, name: str) -> Any:
        if name == "metrics":
            return list(dict.fromkeys(s.name for s in self.found))
        row = [self.columns.get(column) for column in RUN_COLUMNS]
        details = RunDetails(row, self.live if self.columns["ended_at"] is None else None, NOW)
        if name == "hash":
            return self.hash
        return getattr(details, {"archived": "is_archived", "active": "is_active"}.get(name, name))

    def params(self) -> dict[str, Any]:
        return self.nested

    def sequences(self) -> list[PlainSequence]:
        return self.found


@dataclass
class TablesOnly:
    """Stands for the index: the same tables, filled from `runs`."""

    runs: list[Run]
    statements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"isolation_level": None})
        t.metadata.create_all(self._engine)
        with self._engine.connect() as connection:
            for statement in t.VIEWS.values():
                connection.exec_driver_sql(statement)
            _fill(connection, self.runs)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection

    dialect = SQLite()

    def live_status(self, run_hash: str) -> Live | None:
        return next(run.live for run in self.runs if run.hash == run_hash)

    path = "tables"

    def with_repair(self, work: Callable[[], Any]) -> Any:
        return work()

    def close(self) -> None:
        self._engine.dispose()


def _fill(connection: Connection, runs: list[Run]) -> None:
    paths: dict[str, int] = {}
    names: dict[str, int] = {}
    contexts: dict[str, int] = {}
    for number, run in enumerate(runs, start=1):
        run.id = number
        connection.execute(insert(t.run).values(id=number, **run.columns))
        connection.execute(insert(t.run_params).values(run_id=number, params=to_json(run.nested)))
        for tag in json.loads(run.columns["tags"]):
            connection.execute(insert(t.run_tag).values(run_id=number, tag=tag))
        for path, value in flatten_params(run.nested):
            key, full, tail = path_row(path)
            if key not in paths:
                paths[key] = len(paths) + 1
                connection.execute(insert(t.path).values(id=paths[key], path=key, full=full, tail=tail))
            kind, num, txt = classify(value)
            row = {"run_id": number, "path_id": paths[key], "kind": int(kind), "num": num, "txt": txt}
            connection.execute(insert(t.param).values(**row))
        for sequence in run.found:
            text = canonical_context(sequence.context)
            if sequence.name not in names:
                names[sequence.name] = len(names) + 1
                connection.execute(insert(t.metric_name).values(id=names[sequence.name], name=sequence.name))
            if text not in contexts:
                contexts[text] = len(contexts) + 1
                connection.execute(insert(t.context).values(id=contexts[text], context=text))
            summary = {name: sequence.field(name) for name in SUMMARY}
            for name in ("first", "last"):
                summary[name] = None if math.isnan(summary[name]) else summary[name]
            connection.execute(
                insert(t.any_sequence).values(
                    run_id=number, name_id=names[sequence.name], context_id=contexts[text], writers=1,
                    min_step=0, max_step=0, **summary,
                )
            )  # fmt: skip


SUMMARY = (
    "first", "last", "min", "max", "count", "first_step", "last_step", "first_time", "last_time", "last_epoch",
    "nan_count", "inf_count", "hidden_points",
)  # fmt: skip

numbers = st.sampled_from((0.0, 1.0, 0.5, -1.0, 2.0, float("inf"), -float("inf"), 1e30))
labels = st.sampled_from(("", "a", "b", "adam", "brave-fox", "é", "1"))


@st.composite
def sequences(draw: st.DrawFn) -> PlainSequence:
    maybe = st.one_of(st.none(), numbers)
    with_nan = st.one_of(st.just(float("nan")), numbers)
    context = draw(
        st.sampled_from(
            (
                {},
                {"subset": "train"},
                {"subset": "val"},
                {"subset": "val", "k": 1},
                {"k": True},
                {"k": [1, "a"]},
                {"subset": 1},
            )
        )
    )
    whole = st.integers(0, 3)
    return PlainSequence(
        draw(st.sampled_from((*NAMES, "epoch/loss"))),
        context,
        **{name: draw(with_nan) for name in ("first", "last")},
        **{name: draw(maybe) for name in ("min", "max", "first_time", "last_time", "last_epoch")},
        **{
            name: draw(whole)
            for name in ("count", "first_step", "last_step", "nan_count", "inf_count", "hidden_points")
        },
    )


def plain_run(run_hash: str, params: dict[str, Any], found: list[PlainSequence], **columns: Any) -> Run:
    """A run that ended, with nothing special about it."""
    plain = {
        "hash": run_hash, "origin": "runs", "source": "aim", "experiment": "default", "name": "", "description": "",
        "is_archived": False, "created_at": 1.0, "ended_at": 2.0, "end_reason": "finished", "error_type": None,
        "error_message": None, "attempt": 1, "hidden_points": 0, "lost_points": 0, "lost_events": 0, "rejected": 0,
        "unsynced": 0,
        "causes": "{}", "tags": "[]", "notes": 0, "version": 1, "is_open": False, "next_scan_at": None,
        "scan_interval_s": None, "file_identity": None,
    }  # fmt: skip
    return Run({**plain, **columns}, params, found)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    ended = draw(st.booleans())
    created_at = draw(st.one_of(st.none(), st.sampled_from((0.0, 1_000.0, 9_999.0))))
    status = draw(st.sampled_from(("finished", "failed", "interrupted", "crashed")))
    columns = {
        "source": draw(st.sampled_from(("aim", "tensorboard"))),
        **{name: draw(labels) for name in ("experiment", "name", "description")},
        **{name: draw(st.one_of(st.none(), labels)) for name in ("error_type", "error_message")},
        "is_archived": draw(st.booleans()),
        "created_at": created_at,
        "ended_at": draw(st.sampled_from((1.0, 2_000.0, 9_999.5))) if ended else None,
        "end_reason": status if ended else None,
        "attempt": draw(st.integers(1, 3)),
        "hidden_points": draw(st.integers(0, 2)),
        "lost_points": draw(st.integers(0, 2)),
        "rejected": draw(st.integers(0, 2)),
        "tags": json.dumps(draw(st.lists(st.sampled_from(("a", "b", "é")), unique=True))),
        "is_open": not ended,
    }
    live = None
    if not ended:
        live = draw(
            st.sampled_from((None, Live("running"), Live("stalled"), Live("crashed", 5_000.0), Live("finished", 1.0)))
        )
    found = draw(st.lists(sequences(), max_size=4, unique_by=lambda s: (s.name, canonical_context(s.context))))
    run_hash = draw(st.integers(0, 2**96 - 1)).to_bytes(12, "big").hex()
    run = plain_run(run_hash, draw(nested_params), found, **columns)
    run.live = live
    return run


repos = st.lists(runs(), max_size=4, unique_by=lambda run: run.hash)


def scan_sequences(text: str, repo: list[Run]) -> list[tuple[str, str, str]]:
    """The answer by looking at every sequence."""
    query = parse(text, now=NOW)
    test = None if query.condition is None else compile_condition(query.condition)
    return [
        (run.hash, sequence.name, canonical_context(sequence.context))
        for run in repo
        for sequence in run.found
        if (query.mentions_archived or not run.field("archived"))
        and selects(query.selected, sequence.name, run.field("source"))
        and (test is None or test(run, sequence))
    ]


def scan_runs(text: str, repo: list[Run]) -> list[str]:
    """The answer by looking at every run."""
    query = parse(text, now=NOW)
    if query.mentions_sequences:
        return [run_hash for run_hash, _, _ in scan_sequences(text, repo)]
    test = None if query.condition is None else compile_condition(query.condition)
    return [
        run.hash
        for run in repo
        if (query.mentions_archived or not run.field("archived")) and (test is None or test(run, None))
    ]


def as_context(context: Mapping[str, Any]) -> str:
    """The canonical text of a context."""
    return canonical_context(context)
