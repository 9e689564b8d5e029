"""Names, contexts and hashes: what is allowed, and that a context has one text."""

from __future__ import annotations

import enum
import math
import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.errors import InvalidValueError
from aim.schema.names import (
    MAX_CONTEXT_CHARS,
    MAX_NAME_CHARS,
    canonical_context,
    check_label,
    check_metric_name,
    has_unusable_characters,
    is_run_hash,
    is_writer_id,
    parse_context,
)

printable = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=40)
context_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
contexts = st.dictionaries(printable, context_scalars | st.lists(context_scalars, max_size=3), max_size=4)


class Split(str, enum.Enum):  # noqa: UP042 - what many programs have, and its str() says "Split.TRAIN"
    TRAIN = "train"


class Loud(str):
    def __str__(self) -> str:
        return self.upper()


class Level(enum.IntEnum):
    LOW = 1


class Phase(enum.Enum):
    WARM_UP = "warm-up"


@given(contexts)
def test_context_read_from_its_text_has_the_same_text(context: dict[str, Any]) -> None:
    text = canonical_context(context)
    assert canonical_context(parse_context(text)) == text


@given(contexts, st.randoms())
def test_order_of_the_keys_does_not_matter(context: dict[str, Any], random: Any) -> None:
    items = list(context.items())
    random.shuffle(items)
    assert canonical_context(dict(items)) == canonical_context(context)


def test_values_of_different_type_make_different_contexts() -> None:
    values: list[Any] = [1, 1.0, True, "1", [1], [1.0], [True], None, "None", "true", 0, False, 0.0, "", [], [[]]]
    texts = {canonical_context({"k": value}) for value in values}
    assert len(texts) == len(values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1, "a"), [1, "a"]),
        (0.0, -0.0),
        (float("nan"), -float("nan")),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(3), 3),
        (Split.TRAIN, "train"),
        (Loud("train"), "train"),
        (Level.LOW, 1),
        (Phase.WARM_UP, "warm-up"),
        ((Phase.WARM_UP, np.int8(1)), ["warm-up", 1]),
    ],
)
def test_values_that_mean_the_same_make_one_context(one: Any, other: Any) -> None:
    assert canonical_context({"k": one}) == canonical_context({"k": other})


@pytest.mark.parametrize("context", [None, {}])
def test_no_context_is_the_empty_one(context: dict[str, Any] | None) -> None:
    assert canonical_context(context) == "{}"


def test_nan_in_a_context_comes_back() -> None:
    assert math.isnan(parse_context(canonical_context({"k": float("nan")}))["k"])


def test_key_that_looks_like_our_escape_comes_back() -> None:
    assert parse_context(canonical_context({"$float": "nan"})) == {"$float": "nan"}


def test_key_that_is_an_enum_is_its_text() -> None:
    assert canonical_context({Split.TRAIN: 1}) == '{"train":1}'


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({1: "a"}, "key 1 is not"),
        ({"": "a"}, "key '' is not"),
        ({"a\n": "a"}, "not a non-empty str without control characters"),
        ({"a\ud800": 1}, "not a non-empty str without control characters"),
        ({"k": {}}, "context k={} is a dict"),
        ({"k": {1}}, "is a set"),
        ({"k": b"a"}, "is a bytes"),
        ({"k": 1j}, "is a complex"),
        ({"k": object()}, "is a object"),
        ({"k": np.arange(2)}, "is a ndarray"),
        ({"k": np.complex64(1)}, "is a complex"),
        ({"k": 10**5_000}, "integer of 16610 bits"),
        ({"k": endless()}, "nested deeper than"),
        ({"k": "x" * (MAX_CONTEXT_CHARS + 1)}, "at most 4000 are kept"),
        ("train", "a context must be a dict, not str"),
        ([("subset", "train")], "a context must be a dict, not list"),
    ],
)
def test_what_is_no_context_is_refused(context: Any, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        canonical_context(context)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"a"'])
def test_text_that_is_no_context_is_read_as_none(text: str) -> None:
    assert parse_context(text) == {}


@given(printable)
def test_any_printable_text_names_a_metric(name: str) -> None:
    assert check_metric_name(name) == name


@pytest.mark.parametrize(
    "name", ["loss", "train/loss", "F1 (macro)", " x ", "../../etc/passwd", "손실", "a.b", "$", "x" * 1000]
)
def test_usual_and_odd_names_are_taken(name: str) -> None:
    assert check_metric_name(name) == name


@pytest.mark.parametrize("name", ["", "\n", "a\0", "a\tb", "\x85", "\ud800", "x" * (MAX_NAME_CHARS + 1)])
def test_text_that_cannot_be_read_as_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="cannot name a metric"):
        check_metric_name(name)


IN_ANY_SCRIPT = {
    "a joiner of Persian": "می\u200cروم",
    "a joiner of emoji": "\N{WOMAN}\u200d\N{MICROSCOPE}",
    "an ideographic space": "精度\u3000値",
    "a no-break space": "taux\u00a0%",
    "a soft hyphen": "Verlust\u00adfunktion",
    "marks": "e\u0301",
    "a private character": "\ue000",
    "a character of a later Unicode": "\U0001fbff\u0378",
}


@pytest.mark.parametrize("name", IN_ANY_SCRIPT.values(), ids=IN_ANY_SCRIPT)
def test_a_name_may_be_written_in_any_script(name: str) -> None:
    assert check_metric_name(name) == name
    assert check_label(name, "a tag") == name
    assert parse_context(canonical_context({name: name})) == {name: name}


@given(st.text(min_size=1, max_size=20))
def test_only_control_characters_and_lone_surrogates_are_refused(name: str) -> None:
    has_them = any(unicodedata.category(c) in ("Cc", "Cs") for c in name)
    assert has_unusable_characters(name) == has_them


@pytest.mark.parametrize("name", [None, 5, b"loss", ["loss"], object()])
def test_what_is_no_text_is_no_metric_name(name: object) -> None:
    with pytest.raises(InvalidValueError, match="a metric name must be a str, not"):
        check_metric_name(name)


def test_name_given_as_enum_becomes_plain_text() -> None:
    assert type(check_metric_name(Split.TRAIN)) is str
    assert type(check_label(Split.TRAIN, "a tag")) is str


@pytest.mark.parametrize("text", ["", " ", " a", "a ", "a\nb", "\0", "x" * (MAX_NAME_CHARS + 1)])
def test_label_has_no_control_characters_and_no_blanks_around(text: str) -> None:
    with pytest.raises(InvalidValueError, match="cannot be a run name"):
        check_label(text, "a run name")


def test_label_that_is_no_text_is_refused_with_what_it_is() -> None:
    with pytest.raises(InvalidValueError, match=r"a tag must be a str, not int \(5\)"):
        check_label(5, "a tag")


@pytest.mark.parametrize("text", ["0" * 24, "0123456789abcdef01234567"])
def test_run_hash_is_24_lower_case_hex_digits(text: str) -> None:
    assert is_run_hash(text)


@pytest.mark.parametrize(
    "text", ["", "0" * 23, "0" * 25, "0" * 24 + "\n", "A" * 24, "g" * 24, "../" * 8, "٠" * 24, None, 5, b"0" * 24]
)
def test_everything_else_is_no_run_hash(text: object) -> None:
    assert not is_run_hash(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1-ab12cd34", True),
        ("999999-ab12cd34ab12cd34", True),
        ("1-ab12cd3", False),
        ("1-AB12CD34", False),
        ("1-ab12cd34\n", False),
        ("1234567-ab12cd34", False),
        ("x-ab12cd34", False),
        ("1/../ab12cd34", False),
        (None, False),
    ],
)
def test_writer_id_is_ordinal_and_hex(text: object, expected: bool) -> None:
    assert is_writer_id(text) is expected
