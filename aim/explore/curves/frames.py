"""The numeric frame ``TSF1``: columns of numbers with a JSON header, made to be viewed as typed arrays without a copy.

``TSF1`` | u32 header length, little-endian | the header, UTF-8 JSON padded with blanks so that the data begins at a
multiple of 8 | arrays, little-endian, each at a multiple of 8.

The header is ``{"sequences": [...], "arrays": [[offset, length, type]], "data_bytes": n, "complete": bool, ...}``;
an entry of a sequence refers to arrays by their number. Offsets are in bytes from the beginning of the data, lengths in
elements, types ``f8``, ``f4``, ``u4``. A frame's length is a multiple of 8, so frames may follow each other directly.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aim.explore.encoding import encode

__all__ = ["MAGIC", "MEDIA_TYPE", "FrameBuilder"]

MAGIC: Final = b"TSF1"
MEDIA_TYPE: Final = "application/x-tsf"

_LENGTH: Final = struct.Struct("<I")
_ALIGNMENT: Final = 8

FLOAT32_RANGE: Final = 1e-4
"""A float32 resolves 1 in 2**24. Values that span more than this part of their largest magnitude are so placed to
better than 1/1600 of the span: below a pixel. Others, e.g. Unix times, need float64."""
_FLOAT32_MAX: Final = float(np.finfo(np.float32).max)
_FLOAT32_TINY: Final = float(np.finfo(np.float32).tiny)


class FrameBuilder:
    """Collects the arrays of one frame."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._arrays: list[tuple[int, int, str]] = []
        self._size_bytes = 0
        self._shared: dict[tuple[str, bytes], int] = {}
        self._same: dict[int, tuple[npt.NDArray[Any], int]] = {}
        """By id: arrays that came before, kept so that their ids stay theirs."""

    @property
    def size_bytes(self) -> int:
        """Size of the data so far."""
        return self._size_bytes

    def add(self, column: npt.NDArray[Any], kind: str) -> int:
        """Append an array as `kind` ("f8", "f4" or "u4"); returns its number."""
        data = np.ascontiguousarray(column, dtype="<" + kind).tobytes()
        return self._append(data, len(column), kind)

    def add_x(self, x: npt.NDArray[Any]) -> int:
        """Append positions, once for all that are equal: whole numbers as u4 where they fit, else f8."""
        same = self._same.get(id(x))
        if same is not None:
            return same[1]
        kind = "u4" if _fits_u4(x) else "f8"
        data = np.ascontiguousarray(x, dtype="<" + kind).tobytes()
        number = self._shared.get((kind, data))
        if number is None:
            number = self._shared[kind, data] = self._append(data, len(x), kind)
        self._same[id(x)] = (x, number)
        return number

    def add_counts(self, counts: npt.NDArray[np.uint32]) -> int:
        """Append how many points the buckets hold, once for the same array."""
        same = self._same.get(id(counts))
        if same is None:
            same = self._same[id(counts)] = (counts, self.add(counts, "u4"))
        return same[1]

    def add_values(self, values: npt.NDArray[np.float64], *, exact: bool = False) -> int:
        """Append values, as f4 where the difference is below a pixel and `exact` does not forbid it."""
        return self.add(values, "f8" if exact or not _float32_will_do(values) else "f4")

    def _append(self, data: bytes, length: int, kind: str) -> int:
        self._arrays.append((self._size_bytes, length, kind))
        padding = -len(data) % _ALIGNMENT
        self._parts.append(data)
        if padding:
            self._parts.append(b"\0" * padding)
        self._size_bytes += len(data) + padding
        return len(self._arrays) - 1

    def encode(self, sequences: list[dict[str, Any]], *, complete: bool, **more: Any) -> bytes:
        """The frame.

        Args:
            sequences: Entries that refer to arrays by number.
            complete: Whether this is the last frame of the answer.
            **more: Further keys of the header.
        """
        header = {
            "sequences": sequences,
            "arrays": self._arrays,
            "data_bytes": self._size_bytes,
            "complete": complete,
            **more,
        }
        text = encode(header)
        text += b" " * (-(len(MAGIC) + _LENGTH.size + len(text)) % _ALIGNMENT)
        return b"".join([MAGIC, _LENGTH.pack(len(text)), text, *self._parts])


def _fits_u4(x: npt.NDArray[Any]) -> bool:
    if len(x) == 0:
        return False
    low, high = x.min(), x.max()
    if not (low >= 0 and high < 2**32):  # false for NaN
        return False
    return x.dtype.kind in "iu" or bool((x == np.floor(x)).all())


def _float32_will_do(values: npt.NDArray[np.float64]) -> bool:
    if len(values) == 0:
        return True
    low, high = float(values.min()), float(values.max())
    magnitude = max(abs(low), abs(high))
    if not magnitude <= _FLOAT32_MAX:  # true for NaN and infinities, too
        return False
    if low == high:
        return float(np.float32(low)) == low
    # Small numbers would be rounded more coarsely, or to 0, which a logarithmic axis shows.
    smallest = float(np.abs(values[values != 0.0]).min())
    return high - low > FLOAT32_RANGE * magnitude and smallest >= _FLOAT32_TINY
