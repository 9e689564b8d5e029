"""Runs and sequences as plain data, and a hypothesis grammar of queries and values, for the tests of AimQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from aim.query.language.evaluate import compile_condition, selects
from aim.query.language.parse import parse


class PlainSequence:
    """A sequence as conditions see it."""

    def __init__(self, name: str, context: Mapping[str, Any] | None = None, **fields: Any) -> None:
        self.name = name
        self.context = context or {}
        self._fields = fields

    def field(self, name: str) -> Any:
        return self._fields.get(name)


class PlainRun:
    """A run as conditions see it."""

    def __init__(self, fields: dict[str, Any], params: dict[str, Any], sequences: list[PlainSequence]) -> None:
        self._fields = fields
        self._params = params
        self._sequences = sequences

    def field(self, name: str) -> Any:
        return self._fields.get(name)

    def params(self) -> dict[str, Any]:
        return self._params

    def sequences(self) -> list[PlainSequence]:
        return self._sequences


def holds(
    text: str, *, params: dict[str, Any] | None = None, metric: PlainSequence | None = None, **fields: Any
) -> bool:
    """Whether a query takes the one run (and sequence) described."""
    query = parse(text, now=1_000_000.0)
    run = PlainRun(fields, params or {}, [] if metric is None else [metric])
    if query.selected and not (metric and selects(query.selected, metric.name, fields.get("source", "aim"))):
        return False
    return query.condition is None or compile_condition(query.condition)(run, metric)


# -- queries from the grammar

PATHS = ("lr", "h.lr", "opt", "a.b", "a", "deep.x.y", "layers", "flag", "none", "missing", "text", "empty", "big")
NAMES = ("loss", "accuracy", "train/loss", "F1 (macro)")
SUBSETS = ("train", "val", "test")

numbers = st.one_of(
    st.sampled_from((0, 1, 2, -1, 0.001, 0.5, 1.5, 2**53, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 1e30, 1e-320)),
    st.integers(-5, 5),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
texts = st.sampled_from(
    ("", "adam", "sgd", "Adam", "a", "z", "é", "\0", "a\0b", "\ud800", "\U0001f600", "\uffff", "1", "x" * 1_001)
)


def _number_text(value: float) -> str:
    return repr(value) if value >= 0 else f"({value!r})"


constants = st.one_of(
    numbers.map(_number_text),
    texts.map(repr),
    st.sampled_from(
        ("True", "False", "None", "1e999", "(-1e999)", "2 ** -1", "now()", "1 / 0", "(-None)", "2 ** 9999")
    ),
)
param_refs = st.sampled_from([f"params.{p}" for p in PATHS] + [f"run.{p}" for p in PATHS] + ["h.lr", "run.params.lr"])
run_refs = st.sampled_from(
    ("run.name", "run.hash", "run.experiment", "experiment", "run.archived", "run.active", "run.status",
     "run.created_at", "run.ended_at", "run.duration", "run.description", "run.tags", "run.attempt", "run.metrics",
     "run.lost_points", "run.hidden_points",
     "run.error_type", "run.error_message", "run.source",
     'run.metrics["loss"].last', 'run.metrics["loss", {"subset": "train"}].min', "run.loss.last", "run.loss.val.max",
     'run["train/loss"].count')
)  # fmt: skip
metric_refs = st.sampled_from(
    ("metric.name", "metric.last", "metric.first", "metric.min", "metric.max", "metric.count", "metric.last_step",
     "metric.first_step", "metric.nan_count", "metric.inf_count", "metric.last_epoch", "context.subset",
     "context.k", "context")
)  # fmt: skip
references = st.one_of(param_refs, param_refs, run_refs, metric_refs)


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(
            "{}({})".format,
            st.sampled_from(("len", "abs", "isnan", "isinf", "any", "all", "sorted", "round", "sum")),
            inner,
        ),
        st.builds("{}({}, {})".format, st.sampled_from(("min", "max")), inner, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(("+", "-", "*", "/", "//", "%", "**")), inner),
        st.builds("(-{})".format, inner),
        st.builds("{}[{}]".format, param_refs, st.integers(-2, 2)),
        st.builds("({}).{}()".format, inner, st.sampled_from(("lower", "upper"))),
    )


values = st.recursive(st.one_of(references, references, constants), _calls, max_leaves=3)
members = st.lists(constants, max_size=4).map(lambda items: f"({', '.join(items)}{',' if items else ''})")
text_methods = st.sampled_from(("startswith", "endswith", "contains"))
orders = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))

leaves = st.one_of(
    st.builds("{} {} {}".format, references, orders, constants),
    st.builds("{} {} {}".format, constants, orders, references),
    st.builds("{} {} {}".format, values, orders, values),
    st.builds("{} {} {} {} {}".format, constants, orders, references, orders, constants),
    st.builds("{} {} {}".format, references, st.sampled_from(("in", "not in")), members),
    st.builds("{} {} {}".format, constants, st.sampled_from(("in", "not in")), references),
    st.builds("{} {} {}".format, values, st.sampled_from(("is", "is not")), st.sampled_from(("None", "True", "False"))),
    st.builds("({}).{}({})".format, references, text_methods, texts.map(repr)),
    st.builds("metric.name == {!r}".format, st.sampled_from(NAMES)),
    st.builds("context.subset == {}".format, st.sampled_from(SUBSETS)),
    st.builds("{} in run.tags".format, st.sampled_from(("'a'", "'b'", "1"))),
    st.builds("{} in run.metrics".format, st.sampled_from(("'loss'", "'none'"))),
    references,
)  # fmt: skip
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=5,
)
selections = st.lists(
    st.sampled_from(("loss", "accuracy", "train/loss", '"F1 (macro)"', "tf:loss", "missing")), min_size=1, max_size=3
).map(", ".join)
queries = st.one_of(
    conditions,
    conditions.map(lambda text: f"{text} and {text}"),
    st.builds("{} and {}".format, conditions, conditions),
    st.builds("{} if {}".format, selections, conditions),
    selections,
    st.just(""),
)

# -- params of runs

leaf_values = st.one_of(
    numbers, texts, st.booleans(), st.none(), st.just(float("nan")), st.just(float("inf")), st.just(-float("inf")),
    st.just({}),
    st.lists(st.one_of(st.integers(-2, 2), st.sampled_from(("a", "adam", None, float("nan")))), max_size=3),
)  # fmt: skip
keys = st.sampled_from(
    ("lr", "opt", "a", "b", "a.b", "x", "y", "x.y", "layers", "flag", "none", "text", "empty", "big", "loss", "last")
)
nested_params = st.dictionaries(
    st.one_of(keys, st.sampled_from(("h", "deep", "loss"))),
    st.one_of(
        leaf_values,
        st.dictionaries(keys, st.one_of(leaf_values, st.dictionaries(keys, leaf_values, max_size=3)), max_size=4),
    ),
    max_size=5,
)
