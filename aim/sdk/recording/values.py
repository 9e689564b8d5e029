"""From what frameworks hand us to a float, a step, an epoch. Imports no framework: it asks the value itself."""

from __future__ import annotations

import operator
from typing import Any, Final

from aim.errors import InvalidValueError
from aim.schema.records import STEP_MAX, STEP_MIN

__all__ = ["EPOCH_MAX", "EXACT_INTEGER_MAX", "to_epoch", "to_float", "to_step"]

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
        raise InvalidValueError(f"a metric value is a real number, not {type(value).__name__} ({_shown(value)})")
    number = _unwrapped(value)
    if isinstance(number, (str, bytes, complex)) or number is None:
        raise InvalidValueError(f"a metric value is a real number, not {type(number).__name__} ({_shown(number)})")
    try:
        return float(number)
    except Exception as error:  # whatever a framework raises here (a tracer, a symbolic tensor) means: no number
        raise InvalidValueError(
            f"a metric value is a real number; {type(value).__name__} gave none: {_first_line(error)}"
        ) from None


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except Exception:  # of objects that fail at everything, and of integers that Python refuses to print
        return f"a {type(value).__name__} that cannot be shown"


def _first_line(error: Exception) -> str:
    """Frameworks explain at length."""
    lines = str(error).splitlines()
    return lines[0][:200].rstrip(". ") if lines else type(error).__name__


def _unwrapped(value: Any) -> Any:
    """What a scalar of numpy, torch, TensorFlow or JAX holds; the value itself if it is none of these."""
    shape = getattr(value, "shape", None)
    if shape is None:
        return value
    try:
        size = 1
        for length in shape:
            size *= int(length)
    except Exception:
        raise InvalidValueError(
            f"a metric value is one real number, not a {type(value).__name__} of shape {shape}"
        ) from None
    if size != 1:
        raise InvalidValueError(
            f"a metric value is one real number, not a {type(value).__name__} of shape {tuple(shape)}"
        )
    if getattr(getattr(value, "dtype", None), "kind", "") in _KINDS_OF_TIME:
        raise InvalidValueError(f"a metric value is a real number, not a {value.dtype}; convert it to seconds")
    for method in ("item", "numpy"):  # numpy, torch and JAX have item; TensorFlow has numpy
        convert = getattr(value, method, None)
        if callable(convert):
            try:
                converted = convert()
            except Exception as error:
                raise InvalidValueError(
                    f"{type(value).__name__} gives no value here: {_first_line(error)}. "
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
        InvalidValueError: it is no integer, or none of 64 bits.
    """
    try:
        number = operator.index(step)
    except Exception:  # TypeError of what is no integer; frameworks raise others too
        try:
            as_float = to_float(step)
        except InvalidValueError:
            as_float = float("nan")
        if not as_float.is_integer():
            raise InvalidValueError(f"a step is an integer, not {_shown(step)}") from None
        number = int(as_float)
    if not STEP_MIN <= number <= STEP_MAX:
        raise InvalidValueError(f"a step has 64 bits, too few for an integer of {number.bit_length()}")
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
        raise InvalidValueError(f"an epoch is a finite number, not {_shown(epoch)}")
    return number
