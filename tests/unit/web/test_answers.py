"""JSON in answers: the fast reader gives what our own gives, and no number needs more than a browser has."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aim.explore.encoding import INT_KEY, encode, encode_file, read_json
from aim.schema.jsonvalues import MAX_DEPTH, from_json, to_json

SCALARS = (
    st.none() | st.booleans() | st.integers(min_value=-(10**400), max_value=10**400) | st.floats() | st.text()
    | st.just("\ud800")
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["$float", "$int"]), inner),
    max_leaves=10,
)


def told(value: Any) -> Any:
    """A form in which NaN is equal to itself, and neither 1 to 1.0 nor 0.0 to -0.0."""
    if isinstance(value, dict):
        return [(key, told(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [told(item) for item in value]
    return type(value), math.copysign(1, value) if value == 0 and isinstance(value, float) else 0, str(value)


@given(VALUES)
@example({"$float": "nan"})
@example([-0.0, 1e308, 5e-324, 10**4000])
def test_fast_reader_gives_what_ours_gives(value: Any) -> None:
    text = to_json(value)
    assert told(read_json(text)) == told(from_json(text))


def test_deepest_values_are_read_and_what_is_no_json_is_refused() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert read_json(text) == from_json(text)
    for wrong in ("", "{", "[1,]", "[" * 1000 + "]" * 1000):
        with pytest.raises(ValueError):
            read_json(wrong)


def as_a_page_reads(text: str) -> Any:
    """JSON as JavaScript reads it: every number is a float64; then the marks are taken off."""
    return unmarked(json.loads(text, parse_int=float))


def unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [unmarked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (key,) = value
        if key == "$float":
            return float(value[key])
        if key == INT_KEY:
            return int(value[key])
        if key.startswith("$$") and key.lstrip("$") in ("float", "int"):
            return {key[1:]: unmarked(value[key])}
    return {key: unmarked(item) for key, item in value.items()}


def rounded(value: Any) -> Any:
    """Integers that a float64 holds as such."""
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return float(value) if isinstance(value, int) and abs(value) <= 2**53 and not isinstance(value, bool) else value


@given(VALUES)
@example([2**53, -(2**53), 2**53 + 1, -(2**53) - 1, {"seed": 204395617283746192837461928374619}])
@example({"$int": "7"})
@example([{"$$int": 1}, "x:1234567890123456789,", {"-1234567890123456789": 1234567890123456.0}])
def test_a_page_reads_every_number_as_it_is(value: Any) -> None:
    assert told(as_a_page_reads(encode([value]).decode())) == told(rounded([value]))


def test_files_have_integers_as_programs_read_them() -> None:
    assert json.loads(encode_file([2**53 + 1, {"a": -(10**30)}])) == [2**53 + 1, {"a": -(10**30)}]
