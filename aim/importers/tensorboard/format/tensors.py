"""Numbers in the tensors of event files."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["scalar_of", "tensor_array"]

# DataType of tensor.proto: numpy type, and the field that holds values one by one
_TYPES: dict[int, tuple[str, str]] = {
    1: ("<f4", "float_val"),
    2: ("<f8", "double_val"),
    3: ("<i4", "int_val"),
    4: ("u1", "int_val"),
    5: ("<i2", "int_val"),
    6: ("i1", "int_val"),
    9: ("<i8", "int64_val"),
    10: ("?", "bool_val"),
    17: ("<u2", "int_val"),
    19: ("<f2", "half_val"),
    22: ("<u4", "uint32_val"),
    23: ("<u8", "uint64_val"),
}
_BFLOAT16, _HALF = 14, 19
_MOST_DIMENSIONS = 32
_MOST_PLACES = 1 << 40
"""Of a tensor, ignoring sizes of 0."""


def scalar_of(value: Any) -> float | None:
    """The number of a `Summary.Value` that holds exactly one; else None."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if not value.HasField("tensor"):
        return None
    array = tensor_array(value.tensor)
    return float(array.ravel()[0]) if array is not None and array.size == 1 else None


def tensor_array(tensor: Any) -> npt.NDArray[Any] | None:
    """A tensor of numbers as an array of its shape; None if it holds strings, its bytes do not match its shape, or the
    shape is invalid.

    As in TensorFlow, where there are fewer values than places the last one is repeated.
    """
    shape = tuple(dimension.size for dimension in tensor.tensor_shape.dim)
    if any(size < 0 for size in shape):
        return None
    if len(shape) > _MOST_DIMENSIONS or math.prod(size for size in shape if size) > _MOST_PLACES:
        return None  # numpy does not allow it, even where a size is 0
    count = math.prod(shape)
    if tensor.dtype == _BFLOAT16:
        halves = _values(tensor, "<u2", "half_val", count)
        return None if halves is None else (halves.astype("<u4") << 16).view("<f4").reshape(shape)
    if tensor.dtype not in _TYPES:
        return None
    kind, name = _TYPES[tensor.dtype]
    if tensor.dtype == _HALF:
        halves = _values(tensor, "<u2", name, count)
        return None if halves is None else halves.view("<f2").reshape(shape)
    found = _values(tensor, kind, name, count)
    return None if found is None else found.reshape(shape)


def _values(tensor: Any, kind: str, name: str, count: int) -> npt.NDArray[Any] | None:
    content = tensor.tensor_content
    if content:
        return np.frombuffer(content, dtype=kind) if len(content) == count * np.dtype(kind).itemsize else None
    values = np.array(getattr(tensor, name)).astype(kind)
    if len(values) == count:
        return values
    # a shape of a billion places with one value is a bomb, not a tensor
    if not 0 < len(values) < count <= 1 << 20:
        return None
    return np.concatenate([values, np.full(count - len(values), values[-1])])
