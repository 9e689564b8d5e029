"""JSON as the event files hold it: every plain value comes back as it was."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.schema.jsonvalues import MAX_DEPTH, escape_floats, from_json, to_json, unescape_floats

# Lone surrogates and control characters included: a file name or a damaged text may hold them.
texts = st.text(st.characters(categories=None))
scalars = st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | texts
keys = texts | st.sampled_from(["$float", "$$float", "$", "$$$float", "float"])
plain_values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=4) | st.dictionaries(keys, below, max_size=4), max_leaves=25
)


def is_same(one: Any, other: Any) -> bool:
    """Equal in type too, NaN equal to NaN, and 0.0 different from -0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (one != one and other != other)
    return bool(one == other)


@given(plain_values)
def test_any_plain_value_comes_back_as_it_was(value: Any) -> None:
    assert is_same(from_json(to_json(value)), value)


@given(plain_values)
def test_text_is_one_line_of_ascii(value: Any) -> None:
    text = to_json(value)
    assert text.isascii()
    assert "\n" not in text
    assert "\r" not in text


@given(plain_values)
def test_unescaping_undoes_escaping(value: Any) -> None:
    assert is_same(unescape_floats(escape_floats(value)), value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), '{"$float":"nan"}'),
        (float("inf"), '{"$float":"inf"}'),
        (-float("inf"), '{"$float":"-inf"}'),
        ([1.5, float("nan")], '[1.5,{"$float":"nan"}]'),
        ({"a": float("inf")}, '{"a":{"$float":"inf"}}'),
        ({"$float": "nan"}, '{"$$float":"nan"}'),
        ({"$$float": 1}, '{"$$$float":1}'),
        ({"$float": "nan", "b": 1}, '{"$float":"nan","b":1}'),
        ("ü\n\ud800", '"\\u00fc\\n\\ud800"'),
        (-0.0, "-0.0"),
    ],
)
def test_awkward_values_have_this_text(value: Any, text: str) -> None:
    assert to_json(value) == text
    assert is_same(from_json(text), value)


def test_tuple_is_written_as_a_list() -> None:
    assert to_json((1, (float("nan"),))) == '[1,[{"$float":"nan"}]]'


def test_escaped_float_that_is_none_is_no_json_of_ours() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        from_json('{"$float":"quick"}')


def test_escape_key_with_something_else_than_text_is_left_alone() -> None:
    assert from_json('{"$float":5}') == {"$float": 5}


def nested(levels: int, leaf: Any) -> Any:
    for level in range(levels):
        leaf = {"a": leaf} if level % 2 else [leaf]
    return leaf


def test_data_is_kept_down_to_the_deepest_level_allowed() -> None:
    value = nested(MAX_DEPTH, 1)
    assert from_json(to_json(value)) == value


@pytest.mark.parametrize("leaf", [1, float("nan"), {"$float": 1}])
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 10_000, sys.getrecursionlimit() * 100])
def test_deeper_data_is_refused_and_not_a_recursion_error(levels: int, leaf: Any) -> None:
    with pytest.raises(ValueError, match="nested deeper"):
        to_json(nested(levels, leaf))


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 200_000])
def test_deeper_text_is_refused_and_not_a_recursion_error(levels: int) -> None:
    with pytest.raises(ValueError, match="nested deeper"):
        from_json('{"a":' + "[" * levels + "]" * levels + "}")


def test_brackets_inside_text_are_no_levels() -> None:
    value = {"brackets": '"[{\\' * 1_000, "list": [[]] * 1_000}
    assert from_json(to_json(value)) == value


def test_data_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError, match="contains itself"):
        to_json(value)


@given(st.text(max_size=60) | st.text('{}[]",:$float0123456789.eE+- \\nuatrsinfyIN', max_size=60))
def test_any_text_is_read_or_refused_with_a_value_error(text: str) -> None:
    try:
        value = from_json(text)
    except ValueError:
        return
    assert is_same(from_json(to_json(value)), value)
