"""What counts as a metric value, a step and an epoch."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.errors import InvalidValueError
from aim.sdk.recording.values import to_epoch, to_float, to_step


class HasFloat:
    def __float__(self) -> float:
        return 2.5


class HasFloatAndAnItemOfItsOwn(HasFloat):
    def item(self, key: str) -> str:
        return key


class HasIndex:
    def __index__(self) -> int:
        return 7


class Meter:
    shape = ()

    def item(self) -> float:
        return 4.5


class TensorOfAnotherFramework:
    """As TensorFlow has it: no item, but numpy()."""

    shape = (1,)

    def numpy(self) -> Any:
        return np.array([0.5], dtype=np.float32)


class Raises:
    def __float__(self) -> float:
        raise ZeroDivisionError("no value yet")

    __index__ = __repr__ = __str__ = __float__  # type: ignore[assignment]


class TracerLike:
    """Inside compiled code there is a shape but no value."""

    shape = ()

    def item(self) -> float:
        raise RuntimeError("abstract tracer value")


REAL_DTYPES = "?bBhHiIlLqQefdg"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, 1.5),
        (3, 3.0),
        (True, 1.0),
        (2**53 + 1, float(2**53)),
        (-(2**1000), -float(2**1000)),
        (Decimal("0.25"), 0.25),
        (Fraction(1, 4), 0.25),
        (HasFloat(), 2.5),
        (HasFloatAndAnItemOfItsOwn(), 2.5),
        (HasIndex(), 7.0),
        (Meter(), 4.5),
        (TensorOfAnotherFramework(), 0.5),
        (np.array(0.5), 0.5),
        (np.array([0.5]), 0.5),
        (np.array([[[0.5]]]), 0.5),
        (np.array(Fraction(1, 2), dtype=object), 0.5),
        (np.ma.masked_array([0.5]), 0.5),
    ],
)
def test_real_number_is_read(value: Any, expected: float) -> None:
    number = to_float(value)
    assert type(number) is float
    assert number == expected


@pytest.mark.parametrize("code", REAL_DTYPES)
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_numpy_scalars_and_arrays_of_one_element_are_read_whatever_their_dtype(
    code: str, shape: tuple[int, ...]
) -> None:
    array = np.ones(shape, dtype=code)
    assert to_float(array) == 1.0
    assert to_float(array.dtype.type(1)) == 1.0


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, np.float16("nan"), np.float32("inf"), Decimal("-inf")]
)
def test_nan_and_infinities_are_kept(value: Any) -> None:
    assert str(to_float(value)) == str(float(value))


@pytest.mark.requires("ml_dtypes")
@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4"])
def test_small_dtypes_of_accelerators_are_read(name: str) -> None:
    import ml_dtypes

    dtype = getattr(ml_dtypes, name)
    assert to_float(dtype(1.5 if "float" in name else 1)) == (1.5 if "float" in name else 1.0)
    assert to_float(np.array([2], dtype=dtype)) == 2.0


@pytest.mark.adapter
@pytest.mark.requires("torch")
def test_torch_tensors_of_one_element_are_read() -> None:
    import torch

    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.bool, torch.uint8):
        assert to_float(torch.ones((), dtype=dtype)) == 1.0
        assert to_float(torch.ones((1, 1), dtype=dtype)) == 1.0
    assert to_float(torch.tensor(0.5, requires_grad=True)) == 0.5
    assert to_float(torch.nn.Parameter(torch.tensor(0.5))) == 0.5
    with pytest.raises(InvalidValueError, match=r"not a Tensor of shape \(2,\)"):
        to_float(torch.ones(2))
    with pytest.raises(InvalidValueError, match="has no value here"):
        to_float(torch.ones((), device="meta"))
    with pytest.raises(InvalidValueError, match="not complex"):
        to_float(torch.ones((), dtype=torch.complex64))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0.5", r"a real number, not str \('0.5'\)"),
        (b"1", "not bytes"),
        (bytearray(b"1"), "not bytearray"),
        (None, "not NoneType"),
        (1j, "not complex"),
        (np.complex64(1), "not complex"),
        (np.complex128(1), "not complex"),
        (np.str_("1"), "not str"),
        (np.array("1"), "not str"),
        (np.array(None), "not NoneType"),
        ([1.0], "list could not be converted"),
        ({}, "dict could not be converted"),
        (object(), "object could not be converted"),
        (float, "type could not be converted"),
        (Raises(), "Raises could not be converted: no value yet"),
        (np.array([1.0, 2.0]), r"not a ndarray of shape \(2,\)"),
        (np.empty((0,)), r"not a ndarray of shape \(0,\)"),
        (np.ones((2, 0, 3)), r"not a ndarray of shape \(2, 0, 3\)"),
        (np.datetime64("2020-01-01"), r"not a datetime64\[D\]; convert it to seconds"),
        (np.timedelta64(5, "ns"), r"not a timedelta64\[ns\]; convert it to seconds"),
        (np.array((1, 2.0), dtype="i4,f8"), "could not be converted"),
        (np.float32, "one real number, not a type of shape"),
        (TracerLike(), "TracerLike has no value here: abstract tracer value. Inside compiled code"),
        (10**400, "an integer of 1329 bits is too large for a float64"),
        (Fraction(10**400), "Fraction could not be converted"),
        (Decimal("sNaN"), "Decimal could not be converted"),
    ],
)
def test_what_is_no_single_real_number_is_refused_with_what_it_is(value: Any, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        to_float(value)


@given(st.floats() | st.integers(-(2**1000), 2**1000) | st.booleans() | st.fractions())
def test_any_number_is_what_python_makes_of_it(value: Any) -> None:
    assert to_float(value) == float(value) or value != value


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (5, 5),
        (-5, -5),
        (True, 1),
        (5.0, 5),
        (np.int32(5), 5),
        (np.uint64(5), 5),
        (np.float32(5), 5),
        (np.array([5.0]), 5),
        (Decimal(5), 5),
        (HasIndex(), 7),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
    ],
)
def test_step_is_a_whole_number_of_64_bits(step: Any, expected: int) -> None:
    number = to_step(step)
    assert type(number) is int
    assert number == expected


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (1.5, "a step must be an integer, not 1.5"),
        ("3", "a step must be an integer, not '3'"),
        (math.nan, "not nan"),
        (math.inf, "not inf"),
        (None, "not None"),
        (np.arange(2), "not array"),
        (2**63, "signed 64-bit integer, not one of 65 bits"),
        (-(2**63) - 1, "signed 64-bit integer, not one of 65 bits"),
        pytest.param(10**10_000, "signed 64-bit integer, not one of 33221 bits", id="huge"),
        (1e300, "signed 64-bit integer"),
    ],
)
def test_what_is_no_step_is_refused(step: Any, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        to_step(step)


@pytest.mark.parametrize(("epoch", "expected"), [(0, 0.0), (1.5, 1.5), (np.float16(2), 2.0), (True, 1.0), (-1, -1.0)])
def test_epoch_is_a_finite_number(epoch: Any, expected: float) -> None:
    assert to_epoch(epoch) == expected


@pytest.mark.parametrize("epoch", ["1", math.nan, math.inf, 1e39, -1e39, pytest.param(10**5_000, id="huge"), None, [1]])
def test_what_is_no_epoch_is_refused(epoch: Any) -> None:
    with pytest.raises(InvalidValueError, match="an epoch must be a finite number, not"):
        to_epoch(epoch)
