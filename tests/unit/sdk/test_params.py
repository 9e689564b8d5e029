"""What people configure a run with, as plain data."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime
import enum
import functools
import math
import pathlib
import types
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.schema.jsonvalues import from_json, to_json
from aim.sdk.recording.params import MAX_VALUES, to_plain


class Colour(enum.Enum):
    RED = "red"
    NESTED = ("a", 1)


class Level(enum.IntEnum):
    LOW = 1


class Split(str, enum.Enum):  # noqa: UP042 - what many programs have
    TRAIN = "train"


@dataclasses.dataclass
class Optimizer:
    kinds: ClassVar[list[str]] = ["sgd", "adam"]
    lr: float = 0.1
    betas: tuple[float, float] = (0.9, 0.999)


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    optimizer: Optimizer = dataclasses.field(default_factory=Optimizer)
    path: pathlib.Path = pathlib.Path("data")
    colour: Colour = Colour.RED
    secret: dataclasses.InitVar[str] = "not kept"

    def __post_init__(self, secret: str) -> None: ...


class Point(NamedTuple):
    x: int
    y: int


class AttrsLike:
    """As attrs makes classes."""

    __attrs_attrs__ = (types.SimpleNamespace(name="lr"), types.SimpleNamespace(name="layers"))

    def __init__(self) -> None:
        self.lr, self.layers = 0.1, [1, 2]


class PydanticLike:
    model_fields: ClassVar[dict[str, Any]] = {"lr": None}

    def model_dump(self) -> dict[str, Any]:
        return {"lr": 0.1}


class ItsOwnMapping(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        return {"lr": 0.1}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(["lr"])

    def __len__(self) -> int:
        return 1


class MappingThatDoesNotSaySo:
    """As ml_collections.ConfigDict is."""

    def keys(self) -> list[str]:
        return ["lr"]

    def __getitem__(self, key: str) -> Any:
        return ItsOwnMapping()[key]


def a_function() -> None: ...


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": {"b": [1, (2, 3)]}}, {"a": {"b": [1, [2, 3]]}}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.defaultdict(int, a=1), {"a": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (ItsOwnMapping(), {"lr": 0.1}),
        (MappingThatDoesNotSaySo(), {"lr": 0.1}),
        (argparse.Namespace(lr=0.1, sizes=[1]), {"lr": 0.1, "sizes": [1]}),
        (types.SimpleNamespace(lr=0.1), {"lr": 0.1}),
        (Config(), {"optimizer": {"lr": 0.1, "betas": [0.9, 0.999]}, "path": "data", "colour": "red"}),
        (AttrsLike(), {"lr": 0.1, "layers": [1, 2]}),
        (PydanticLike(), {"lr": 0.1}),
        (Point(1, 2), {"x": 1, "y": 2}),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", 1, "a"}), [1, "a", "b"]),
        ({"a": 1}.keys(), ["a"]),
        (Colour.RED, "red"),
        (Colour.NESTED, ["a", 1]),
        (Level.LOW, 1),
        (Split.TRAIN, "train"),
        (pathlib.PurePosixPath("/data/x"), "/data/x"),
        (b"text\xff", "text\\xff"),
        (Decimal("0.25"), 0.25),
        (Fraction(1, 4), 0.25),
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.int8(5), 5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(5), 5),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(["a", None], dtype=object), ["a", None]),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        (datetime.datetime(2020, 1, 2, 3, 4, tzinfo=datetime.UTC), "2020-01-02 03:04:00+00:00"),
        (np.dtype("float32"), "float32"),
        (np.float32, "numpy.float32"),
        (np.ndarray, "numpy.ndarray"),
        (Config, f"{Config.__module__}.Config"),
        (a_function, f"{a_function.__module__}.a_function"),
        (len, "builtins.len"),
        (None, None),
        (True, True),
        ("", ""),
        (2**70, 2**70),
        ({}, {}),
        ([], []),
    ],
)
def test_this_becomes_that_without_a_warning(value: Any, expected: Any) -> None:
    reports: list[str] = []
    plain = to_plain(value, reports.append)
    assert (plain, reports) == (expected, [])
    assert type(plain) is type(expected)
    assert from_json(to_json(plain)) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan"), Decimal("nan")])
def test_nan_and_infinities_are_kept(value: Any) -> None:
    plain = to_plain({"a": value})
    assert str(from_json(to_json(plain))["a"]) == str(float(value))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (1, "1"),
        (1.5, "1.5"),
        (None, "None"),
        (True, "True"),
        (("a", 1), "('a', 1)"),
        (Colour.RED, "red"),
        (Level.LOW, "1"),
        (Split.TRAIN, "train"),
        ("", ""),
        ("a.b", "a.b"),
        ("$float", "$float"),
        ("\0\n\ud800", "\0\n\ud800"),
    ],
)
def test_keys_become_text(key: Any, text: str) -> None:
    plain = to_plain({key: 1})
    assert from_json(to_json(plain)) == {text: 1}


class Broken:
    @property
    def shape(self) -> Any:
        raise RuntimeError("no shape before build()")

    def __repr__(self) -> str:
        return "<Broken>"


class WithoutRepr:
    def __repr__(self) -> str:
        raise RuntimeError


class Recursing:
    """A common mistake in __getattr__."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what pytest asks of a parameter
            raise AttributeError(name)
        return getattr(self, name + "_")

    def __repr__(self) -> str:
        return "<Recursing>"


@pytest.mark.parametrize(
    ("value", "text", "report"),
    [
        (object, "builtins.object", None),
        (np.zeros(1001), "<ndarray of shape (1001,), float64>", "over 1000 elements is kept as its shape and type"),
        (range(3), "range(0, 3)", "a param of type builtins.range is kept as its repr"),
        (functools.partial(int, "1"), "functools.partial(<class 'int'>, '1')", "functools.partial is kept as its repr"),
        (1j, "1j", "a param of type builtins.complex is kept as its repr"),
        (Broken(), "<Broken>", "Broken could not be read (RuntimeError: no shape before build())"),
        (WithoutRepr(), "<WithoutRepr, whose repr failed: RuntimeError>", "WithoutRepr is kept as its repr"),
        (Recursing(), "<Recursing>", "Recursing could not be read (RecursionError"),
        (Fraction(10**400), f"Fraction({10**400}, 1)", "could not be read (OverflowError"),
    ],
)
def test_anything_else_is_kept_as_its_repr_and_reported(value: Any, text: str, report: str | None) -> None:
    reports: list[str] = []
    assert to_plain({"before": 1, "it": value, "after": 2}, reports.append) == {"before": 1, "it": text, "after": 2}
    assert len(reports) == (report is not None)
    assert report is None or report in reports[0]


def test_long_repr_is_cut() -> None:
    assert len(to_plain(range(10**1000, 10**3000))) == 2_000


def test_huge_integer_is_kept_as_hexadecimal_text() -> None:
    reports: list[str] = []
    assert to_plain({"a": 2**20_000}, reports.append) == {"a": hex(2**20_000)}
    assert reports == ["an integer param of 20001 bits is kept as a hexadecimal string"]


def test_params_that_contain_themselves_end() -> None:
    reports: list[str] = []
    value: dict[str, Any] = {"a": 1}
    value["self"] = value
    value["list"] = [value]
    assert to_plain(value, reports.append) == {"a": 1, "self": "<recursion>", "list": ["<recursion>"]}
    assert set(reports) == {"params that contain themselves are kept as strings"}


def test_one_object_in_two_places_is_no_recursion() -> None:
    shared = {"lr": 0.1}
    assert to_plain({"a": shared, "b": [shared]}) == {"a": {"lr": 0.1}, "b": [{"lr": 0.1}]}


def test_endlessly_nested_params_end() -> None:
    value: Any = "leaf"
    for _ in range(5_000):
        value = {"a": value}
    reports: list[str] = []
    text = to_json(to_plain(value, reports.append))
    assert text.count("{") >= 60
    assert reports == ["params nested deeper than 60 levels are kept as strings"]


def test_params_that_hold_each_other_many_times_end() -> None:
    value: Any = "leaf"
    for _ in range(40):
        value = {"a": value, "b": value}
    reports: list[str] = []
    text = to_json(to_plain(value, reports.append))
    assert text.count(":") <= MAX_VALUES + 50  # those on the way back up say that they were left out
    assert set(reports) == {"params have more than 250,000 values; the rest is left out"}


def test_rest_of_a_long_list_is_left_out() -> None:
    plain = to_plain({"a": list(range(2 * MAX_VALUES)), "b": 1})
    assert plain["a"][-2:] == [MAX_VALUES - 3, "<left out>"]
    assert plain["b"] == "<left out>"


def test_params_of_many_values_are_kept_whole() -> None:
    value = {str(number): number for number in range(MAX_VALUES - 1)}
    assert to_plain(value) == value


def test_a_mapping_whose_reading_fails_does_not_take_others_with_it() -> None:
    class Lazy(ItsOwnMapping):
        def __getitem__(self, key: str) -> Any:
            raise KeyError(key)

        def __repr__(self) -> str:
            return "<Lazy>"

    assert to_plain({"a": 1, "lazy": Lazy()}) == {"a": 1, "lazy": "<Lazy>"}


@pytest.mark.adapter
@pytest.mark.requires("omegaconf")
def test_omegaconf_becomes_plain_with_interpolations_resolved() -> None:
    from omegaconf import OmegaConf

    config = OmegaConf.create({"lr": 0.1, "again": "${lr}", "list": [1, {"a": "???"}], "none": None})
    assert to_plain({"cfg": config}) == {"cfg": {"lr": 0.1, "again": 0.1, "list": [1, {"a": "???"}], "none": None}}
    reports: list[str] = []
    broken = OmegaConf.create({"lr": 0.1, "again": "${nowhere}"})
    assert to_plain(broken, reports.append) == {"lr": 0.1, "again": "${nowhere}"}
    assert "could not be resolved" in reports[0]


@pytest.mark.requires("ml_collections")
def test_config_dict_of_ml_collections_becomes_plain() -> None:
    import ml_collections

    reports: list[str] = []
    config = ml_collections.ConfigDict({"lr": 0.1, "model": {"layers": (1, 2)}})
    assert to_plain(config, reports.append) == {"lr": 0.1, "model": {"layers": [1, 2]}}
    assert reports == []


@pytest.mark.adapter
@pytest.mark.requires("torch")
def test_torch_values_become_plain() -> None:
    import torch

    reports: list[str] = []
    value = {"t": torch.tensor([1.0, 2.0], requires_grad=True), "s": torch.tensor(3), "n": torch.nn.Linear}
    assert to_plain(value, reports.append) == {
        "t": [1.0, 2.0],
        "s": 3,
        "n": "torch.nn.modules.linear.Linear",
    }
    assert reports == []
    assert to_plain(torch.float32, reports.append) == "torch.float32"
    assert to_plain(torch.device("cpu"), reports.append) == "cpu"


awkward = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.decimals()
    | st.text(st.characters(categories=None))
    | st.binary()
    | st.dates()
    | st.builds(Recursing)
    | st.builds(Broken)
)
hashable = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.tuples(st.integers(), st.text())


@given(
    st.recursive(
        awkward,
        lambda below: (
            st.lists(below, max_size=3)
            | st.dictionaries(hashable, below, max_size=3)
            | st.builds(types.SimpleNamespace, a=below)
            | st.tuples(below, below)
            | st.frozensets(hashable, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_anything_becomes_something_that_json_takes_and_gives_back(value: Any) -> None:
    plain = to_plain(value)
    text = to_json(plain)
    assert to_json(from_json(text)) == text
    assert to_json(to_plain(plain)) == text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({1: "a", "1": "b"}, {"1 (int)": "a", "1": "b"}),
        ({"1": "b", 1: "a"}, {"1": "b", "1 (int)": "a"}),
        ({True: 1, "True": 2}, {"True (bool)": 1, "True": 2}),
        ({None: 1, "None": 2}, {"None (NoneType)": 1, "None": 2}),
        ({Colour.RED: 1, "red": 2}, {"red (Colour)": 1, "red": 2}),
        ({1: 1, "1": 2, "1 (int)": 3}, {"1 (int) (int)": 1, "1": 2, "1 (int)": 3}),
        ({0.5: 1, Decimal("0.50"): 2}, {"0.5": 2}),
    ],
)
def test_keys_that_are_the_same_as_text_are_kept_apart_and_told(given: dict[Any, Any], kept: dict[str, Any]) -> None:
    told: list[str] = []
    assert list(to_plain({"weights": given}, told.append)["weights"].items()) == list(kept.items())
    assert len(told) == (len(given) > 1)


def test_keys_of_one_type_are_told_of_by_nobody() -> None:
    told: list[str] = []
    assert to_plain({1: "a", 2: "b", "c": {None: 1}}, told.append) == {"1": "a", "2": "b", "c": {"None": 1}}
    assert told == []
