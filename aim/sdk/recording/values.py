"""From what frameworks pass to a float, a step, an epoch, a list. Imports no framework: it asks the value itself."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aim.errors import InvalidValueError
from aim.schema.records import STEP_MAX, STEP_MIN

__all__ = [
    "EPOCH_MAX",
    "EXACT_INTEGER_MAX",
    "to_epoch",
    "to_float",
    "to_list",
    "to_list_of",
    "to_step",
    "to_unix_time",
]

EXACT_INTEGER_MAX: Final = 2**53
"""Integers beyond lose digits as float64."""

_KINDS_OF_TIME: Final = ("M", "m")
"""numpy's datetime64 and timedelta64: as integers they would count whatever unit they happen to have."""


def to_float(value: Any) -> float:
    """The real number in `value`.

    Accepts Python, numpy, torch, TensorFlow and JAX scalars of any real dtype (bool and bfloat16 too), arrays of one
    element, Decimal, Fraction, and what else has ``__float__``.

    Raises:
        InvalidValueError: it is not a single real number.
    """
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            raise InvalidValueError(f"an integer of {value.bit_length()} bits is too large for a float64") from None
    if isinstance(value, (str, bytes, bytearray, complex)) or value is None:
        raise InvalidValueError(f"a metric value must be a real number, not {type(value).__name__} ({_shown(value)})")
    number = _unwrapped(value)
    if isinstance(number, (str, bytes, complex)) or number is None:
        raise InvalidValueError(f"a metric value must be a real number, not {type(number).__name__} ({_shown(number)})")
    try:
        return float(number)
    except Exception as error:  # whatever a framework raises here (a tracer, a symbolic tensor): it is not a number
        raise InvalidValueError(
            f"a metric value must be a real number; {type(value).__name__} could not be converted: {_first_line(error)}"
        ) from None


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except Exception:  # of objects whose repr fails, and of integers that Python refuses to print
        return f"a {type(value).__name__} that cannot be shown"


def _first_line(error: Exception) -> str:
    """Frameworks explain at length."""
    lines = str(error).splitlines()
    return lines[0][:200].rstrip(". ") if lines else type(error).__name__


def _unwrapped(value: Any) -> Any:
    """What a scalar of numpy, torch, TensorFlow or JAX holds; the value itself if it is not one of these."""
    shape = getattr(value, "shape", None)
    if shape is None:
        return value
    try:
        size = 1
        for length in shape:
            size *= int(length)
    except Exception:
        raise InvalidValueError(
            f"a metric value must be one real number, not a {type(value).__name__} of shape {shape}"
        ) from None
    if size != 1:
        raise InvalidValueError(
            f"a metric value must be one real number, not a {type(value).__name__} of shape {tuple(shape)}"
        )
    if getattr(getattr(value, "dtype", None), "kind", "") in _KINDS_OF_TIME:
        raise InvalidValueError(f"a metric value must be a real number, not a {value.dtype}; convert it to seconds")
    for method in ("item", "numpy"):  # numpy, torch and JAX have item; TensorFlow has numpy
        convert = getattr(value, method, None)
        if callable(convert):
            try:
                converted = convert()
            except Exception as error:
                raise InvalidValueError(
                    f"{type(value).__name__} has no value here: {_first_line(error)}. "
                    "Inside compiled code, return it and track it outside"
                ) from None
            if (
                hasattr(converted, "shape")
                and type(converted) is not type(value)
                and callable(getattr(converted, "item", None))
            ):
                return converted.item()
            return converted
    return value


def to_step(step: Any) -> int:
    """The integer in `step`; a float counts if it is whole.

    Raises:
        InvalidValueError: it is not an integer, or not one of 64 bits.
    """
    try:
        number = operator.index(step)
    except Exception:  # TypeError if it is not an integer; frameworks raise others too
        try:
            as_float = to_float(step)
        except InvalidValueError:
            as_float = float("nan")
        if not as_float.is_integer():
            raise InvalidValueError(f"a step must be an integer, not {_shown(step)}") from None
        number = int(as_float)
    if not STEP_MIN <= number <= STEP_MAX:
        raise InvalidValueError(f"a step must be a signed 64-bit integer, not one of {number.bit_length() + 1} bits")
    return int(number)


EPOCH_MAX: Final = 3.4028234663852886e38
"""Epochs are kept as float32."""


def to_epoch(epoch: Any) -> float:
    """The number in `epoch`, kept to seven significant digits.

    Raises:
        InvalidValueError: it is not one finite real number.
    """
    try:
        number = to_float(epoch)
    except InvalidValueError:
        number = float("nan")
    if not abs(number) <= EPOCH_MAX:
        raise InvalidValueError(f"an epoch must be a finite number, not {_shown(epoch)}")
    return number


def to_unix_time(time: Any) -> float:
    """The time in `time`, Unix seconds.

    Raises:
        InvalidValueError: it is not one finite real number.
    """
    number = to_float(time)
    if not math.isfinite(number):
        raise InvalidValueError(f"a time must be a finite number of seconds, not {time!r:.80}")
    return number


def to_list(values: Any) -> list[Any]:
    """The items of a list, array or tensor of shape (n,).

    Raises:
        InvalidValueError: it is not one, or has another shape.
    """
    convert = getattr(values, "tolist", None)  # numpy, torch (and pandas): one call instead of one per value
    if callable(convert):
        listed = convert()
    elif callable(getattr(values, "numpy", None)):
        listed = values.numpy().tolist()
    elif isinstance(values, Iterable) and not isinstance(values, (str, bytes, Mapping)):
        listed = list(values)
    else:
        raise InvalidValueError(f"track_many takes a sequence or array of numbers, not {type(values).__name__}")
    if not isinstance(listed, list) or (listed and isinstance(listed[0], list)):
        raise InvalidValueError("track_many takes one-dimensional values")
    return listed


def to_list_of(count: int, what: str, values: Any) -> list[Any] | None:
    """The same for `values` that belong to `count` others; None stays None.

    Raises:
        InvalidValueError: it has another length, or is not an array of shape (n,).
    """
    if values is None:
        return None
    listed = to_list(values)
    if len(listed) != count:
        raise InvalidValueError(f"{len(listed)} {what} for {count} values: give one for each, or none")
    return listed
