"""Any name, context, params and values come back as they were recorded: from the files, and through Repo."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import aim
from aim.schema.names import canonical_context
from tests.examples import examples
from tests.unit.sdk.reading import read_back

any_text = st.text(st.characters(categories=None), max_size=20)
printable = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=20)
labels = printable.filter(lambda text: text == text.strip())
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | any_text
contexts = st.dictionaries(
    printable.filter(lambda key: key not in ("value", "name", "step", "epoch")),
    scalars | st.lists(scalars, max_size=2).map(tuple),
    max_size=3,
)
params = st.dictionaries(
    any_text,
    st.recursive(
        scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(any_text, below, max_size=3), max_leaves=8
    ),
    max_size=4,
)
epochs = st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False) | st.integers(0, 1000)
points = st.tuples(st.floats(), st.none() | st.integers(-(2**62), 2**62), epochs)
tracked = st.lists(st.tuples(printable, contexts, points), max_size=6)


@pytest.fixture(scope="module")
def repo_paths(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    return lambda: tmp_path_factory.mktemp("repo")


def bits(value: float) -> bytes:
    """All NaN are one, 0.0 and -0.0 are two."""
    return struct.pack("<d", math.nan if value != value else value)


def in_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


AWKWARD = {
    "": "",
    "\0": "\0",
    "\ud800": ["\ud800", "\ud800\udc00"],
    "$float": {"$float": "nan"},
    "a.b": {"a": {"b": 1}, "a.b": 2},
    "numbers": [math.nan, math.inf, -math.inf, -0.0, 2**63, -(2**70), 5e-324, 1.7976931348623157e308, True],
    "empty": [{}, [], None],
    "sql": "'; DROP TABLE run; --",
    "lines": "\n\r\u2028\u2029\x85\x1c",
}
AWKWARD_POINTS = [
    ("../../etc/passwd", {"k": "\0"}, (-0.0, None, None)),
    ("loss", {"a": math.nan, "b": (1, True, 1.0, None)}, (math.nan, 2**62, 0.1)),
    ("loss", {"a": math.nan, "b": (1, True, 1.0, None)}, (math.inf, None, 3)),
    ("loss", {"\U0001f600": "\ud800"}, (5e-324, -5, None)),
    ("$float", {"$float": "nan"}, (-math.inf, 0, None)),
]


@given(params=params, tracked=tracked, experiment=labels, tags=st.lists(labels, max_size=3), description=any_text)
@example(params=AWKWARD, tracked=AWKWARD_POINTS, experiment="../x", tags=["'", "\\"], description="\0\ud800\n")
def test_what_was_recorded_is_what_the_files_tell(
    repo_paths: Callable[[], Path],
    params: dict[str, Any],
    tracked: list[Any],
    experiment: str,
    tags: list[str],
    description: str,
) -> None:
    path = repo_paths()
    with aim.Run(repo=path, experiment=experiment) as run:
        run["p"] = params
        run.description = description
        for tag in tags:
            run.add_tag(tag)
        for name, context, (value, step, epoch) in tracked:
            run.track(value, name, step, epoch, context=context)
    found = read_back(path)
    assert in_json(found.params["p"]) == in_json(params)
    assert (found.state.experiment, found.state.tags) == (experiment, list(dict.fromkeys(tags)))
    assert found.state.description == description
    highest: dict[tuple[str, str], int] = {}
    assert len(found.points) == len(tracked)
    for (name, context, (value, step, epoch)), point in zip(tracked, found.points, strict=True):
        key = (name, canonical_context(context))
        if step is None:
            step = highest.get(key, -1) + 1
        highest[key] = max(step, highest.get(key, -1))
        assert point[:2] == key
        assert point[3] == step
        assert bits(point[5]) == bits(value)
        assert point[2] == (None if epoch is None else float(str(np.float32(epoch))))


@examples(quick=12, long=100)  # each opens an index
@given(params=params, tracked=tracked, experiment=labels, tags=st.lists(labels, max_size=3), description=any_text)
@example(params=AWKWARD, tracked=AWKWARD_POINTS, experiment="../x", tags=["'", "\\"], description="\0\ud800\n")
def test_what_was_recorded_is_what_the_repo_answers(
    repo_paths: Callable[[], Path],
    params: dict[str, Any],
    tracked: list[Any],
    experiment: str,
    tags: list[str],
    description: str,
) -> None:
    path = repo_paths()
    expected: dict[tuple[str, str], list[bytes]] = {}
    with aim.Run(repo=path, experiment=experiment) as run:
        run["p"] = params
        run.description = description
        for tag in tags:
            run.add_tag(tag)
        for name, context, (value, _, _) in tracked:
            run.track(value, name, context=context)
            expected.setdefault((name, canonical_context(context)), []).append(bits(value))
    with aim.Repo(path) as repo:
        (stored,) = repo.iter_runs()
        assert (stored.hash, stored.experiment, stored.status) == (run.hash, experiment, "finished")
        assert in_json(stored["p"]) == in_json(params)
        assert list(stored.tags) == list(dict.fromkeys(tags))
        if not re.search("[\0\ud800-\udfff]", description):  # what databases do not take is shown escaped
            assert stored.description == description
        found = {
            (metric.name, canonical_context(metric.context)): [bits(value) for value in np.asarray(metric.values)]
            for metric in repo.query_metrics()
        }
    assert found == expected
