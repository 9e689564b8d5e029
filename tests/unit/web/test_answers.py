"""JSON in answers: the fast reader gives what our own gives."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aim.schema.jsonvalues import MAX_DEPTH, from_json, to_json
from aim.web.answers import read_json

SCALARS = (
    st.none() | st.booleans() | st.integers(min_value=-(10**400), max_value=10**400) | st.floats() | st.text()
    | st.just("\ud800")
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("$float"), inner), max_leaves=10
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
