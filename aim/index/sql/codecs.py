"""Columns of a chunk as bytes, and back, bit for bit. Pure functions of arrays.

A column begins with four bytes: codec u8, width u8, count u16, little-endian like all that follows::

    CONSTANT  one word
    DELTA     first word, base word, then count - 1 residuals of `width` bytes (0 to 7):
              word[i + 1] = word[i] + base + residual[i], modulo 2**64. Width 0 is start and stride.
    FLOAT32   count float32, each standing exactly for its float64 (never for a column of float32)
    RAW       count words
    RUNS      the length of each run of equal words, u16, then the word of each: epochs, mostly

and ends with four more: the CRC-32C of all before it. So a byte that changed on the disk is noticed when it is read,
and the index is rebuilt, where otherwise a wrong value would be shown.

A word is 8 bytes (int64, or the bit pattern of a float64) or, in a column of float32, 4 bytes; DELTA is for 8-byte
words only, RUNS for 4-byte words only. The smallest is taken. There is no general compressor on purpose: it would cost
more than drawing does.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

import google_crc32c
import numpy as np
import numpy.typing as npt

__all__ = [
    "CHUNK_POINTS",
    "ColumnError",
    "decode_float32",
    "decode_float64",
    "decode_int64",
    "encode_float32",
    "encode_float64",
    "encode_int64",
]

CHUNK_POINTS: Final = 2_000
"""Most points of a chunk: 16,000 bytes of raw values fit a 16 KiB page of SQLite; 2,048 points would spill over."""

_CONSTANT, _DELTA, _FLOAT32, _RAW, _RUNS = 1, 2, 3, 4, 5
_HEADER: Final = struct.Struct("<BBH")
_FIRST_AND_BASE: Final = struct.Struct("<qq")
_WORD_8: Final = struct.Struct("<q")
_BODY: Final = _HEADER.size
_CHECKSUM: Final = struct.Struct("<I")
_CHECKED: Final = 0x48674BC7
"""The CRC-32C of any bytes followed by their own CRC-32C."""

_WIDTH_LIMITS: Final = np.array([0] + [(1 << (8 * w)) - 1 for w in range(1, 8)], dtype=np.uint64)

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]


class ColumnError(Exception):
    """The bytes are not a column: the index is damaged."""


def encode_int64(data: Int64, bounds: Sequence[int]) -> list[bytes]:
    """Encode the pieces ``data[bounds[i]:bounds[i + 1]]``, each of 1 to 65,535 values.

    Args:
        data: int64, contiguous.
        bounds: Ascending; the first is 0 and the last is ``len(data)``.
    """
    return _encode_words(np.ascontiguousarray(data, dtype="<i8"), bounds, None)


def encode_float64(data: Float64, bounds: Sequence[int]) -> list[bytes]:
    """Encode pieces of float64, see :func:`encode_int64`; NaN payloads and the sign of zero are kept."""
    data = np.ascontiguousarray(data, dtype="<f8")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        narrow = data.astype("<f4")
        exact = narrow.astype("<f8").view("<i8") == data.view("<i8")
    return _encode_words(data.view("<i8"), bounds, (narrow, exact))


def encode_float32(data: Float32, bounds: Sequence[int]) -> list[bytes]:
    """Encode pieces of float32, see :func:`encode_int64`."""
    data = np.ascontiguousarray(data, dtype="<f4")
    starts, counts = _pieces(bounds)
    if len(starts) == 0:
        return []
    words = data.view("<i4")
    begins_run = np.ones(len(words), np.bool_)
    np.not_equal(words[1:], words[:-1], out=begins_run[1:])
    begins_run[starts] = True
    runs = np.flatnonzero(begins_run)
    lengths = np.diff(runs, append=len(words)).astype("<u2")
    edges = np.searchsorted(runs, np.asarray(bounds, np.intp)).tolist()
    raw = data.tobytes()
    columns = []
    for i, (start, count) in enumerate(zip(starts.tolist(), counts.tolist(), strict=True)):
        first, end = edges[i], edges[i + 1]
        if end - first == 1:
            columns.append(_HEADER.pack(_CONSTANT, 4, count) + raw[4 * start : 4 * start + 4])
        elif 6 * (end - first) < 4 * count:
            head = _HEADER.pack(_RUNS, 4, count)
            columns.append(head + lengths[first:end].tobytes() + words[runs[first:end]].tobytes())
        else:
            columns.append(_HEADER.pack(_RAW, 4, count) + raw[4 * start : 4 * (start + count)])
    return _with_checksums(columns)


def _pieces(bounds: Sequence[int]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    edges = np.asarray(bounds, dtype=np.intp)
    counts = np.diff(edges)
    if len(counts) and (counts.min() < 1 or counts.max() > 0xFFFF):
        raise ValueError("a piece has 1 to 65,535 values")
    return edges[:-1], counts


def _encode_words(
    words: Int64, bounds: Sequence[int], floats: tuple[Float32, npt.NDArray[np.bool_]] | None
) -> list[bytes]:
    starts, counts = _pieces(bounds)
    if len(starts) == 0:
        return []
    deltas = np.zeros_like(words)
    np.subtract(words[1:], words[:-1], out=deltas[:-1])  # wraps around, and so does the sum that takes it back
    base, widths = _delta_widths(deltas, starts, counts)
    sizes = np.where(widths < 8, 16 + (counts - 1) * widths, 8 * counts + 1)
    codecs = np.where(sizes < 8 * counts, _DELTA, _RAW)
    if floats is not None:
        narrow, exact = floats
        takes_float32 = np.logical_and.reduceat(exact, starts) & (4 * counts < np.minimum(sizes, 8 * counts))
        codecs[takes_float32] = _FLOAT32
        narrow_bytes = narrow.tobytes() if takes_float32.any() else b""
    codecs[(widths == 0) & (base == 0)] = _CONSTANT
    residuals = (deltas - np.repeat(base, counts)).view(np.uint8).reshape(-1, 8) if (codecs == _DELTA).any() else None
    raw = words.tobytes()
    columns = []
    for start, count, codec, width, step in zip(
        starts.tolist(), counts.tolist(), codecs.tolist(), widths.tolist(), base.tolist(), strict=True
    ):
        if codec == _RAW:
            columns.append(_HEADER.pack(_RAW, 8, count) + raw[8 * start : 8 * (start + count)])
        elif codec == _FLOAT32:
            columns.append(_HEADER.pack(_FLOAT32, 4, count) + narrow_bytes[4 * start : 4 * (start + count)])
        elif codec == _CONSTANT:
            columns.append(_HEADER.pack(_CONSTANT, 8, count) + raw[8 * start : 8 * start + 8])
        else:
            head = _HEADER.pack(_DELTA, width, count) + raw[8 * start : 8 * start + 8] + _WORD_8.pack(step)
            if width and residuals is not None:
                head += residuals[start : start + count - 1, :width].tobytes()
            columns.append(head)
    return _with_checksums(columns)


def _with_checksums(columns: list[bytes]) -> list[bytes]:
    checksum, pack = google_crc32c.value, _CHECKSUM.pack
    return [column + pack(checksum(column)) for column in columns]


def _delta_widths(
    deltas: Int64, starts: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]
) -> tuple[Int64, npt.NDArray[np.intp]]:
    """For each piece the least delta, and the bytes that the others need above it (8: no gain)."""
    # pairs (start, end - 1): every second result of reduceat is one piece without the step to the next piece;
    # the last element of `deltas` is a filler, so every position is valid
    pairs = np.stack([starts, starts + counts - 1], axis=1).ravel()
    low = np.minimum.reduceat(deltas, pairs)[::2]
    high = np.maximum.reduceat(deltas, pairs)[::2]
    single = counts == 1  # there reduceat gives the element itself, which is the step to the next piece
    low = np.where(single, 0, low)
    high = np.where(single, 0, high)
    span = (high - low).view(np.uint64)
    return low, np.searchsorted(_WIDTH_LIMITS, span, side="left")


def decode_int64(columns: Sequence[bytes]) -> Int64:
    """Decode columns of int64 and join them.

    Raises:
        ColumnError: one of them is not a column, or not the one that was written.
    """
    return _decode(columns, _fill_int64, np.dtype(np.int64))


def decode_float64(columns: Sequence[bytes]) -> Float64:
    """Decode columns of float64 and join them; errors as :func:`decode_int64`."""
    return _decode(columns, _fill_float64, np.dtype(np.float64))


def decode_float32(columns: Sequence[bytes]) -> Float32:
    """Decode columns of float32 and join them; errors as :func:`decode_int64`."""
    return _decode(columns, _fill_float32, np.dtype(np.float32))


def _decode(
    columns: Sequence[bytes], fill: Callable[[bytes, npt.NDArray[Any]], None], dtype: np.dtype[Any]
) -> npt.NDArray[Any]:
    # every column is decoded where it belongs: memory that is touched for the first time costs more than decoding
    checksum = google_crc32c.value
    try:
        if any(checksum(column) != _CHECKED for column in columns):
            raise ValueError("its checksum is wrong")
        counts = [_HEADER.unpack_from(column)[2] for column in columns]
        joined: npt.NDArray[Any] = np.empty(sum(counts), dtype)
        if len(columns) == 1:
            fill(columns[0], joined)
        else:
            end = 0
            for column, count in zip(columns, counts, strict=True):
                begin, end = end, end + count
                fill(column, joined[begin:end])
    except (ValueError, TypeError, IndexError, struct.error) as error:
        raise ColumnError(f"a column of the index cannot be read: {error}") from error
    return joined


def _fill_int64(column: bytes, out: npt.NDArray[Any]) -> None:
    codec, width, count = _HEADER.unpack_from(column)
    if codec == _DELTA:
        _fill_deltas(column, width, out)
    elif codec == _RAW:
        out[:] = np.frombuffer(column, "<i8", count, _BODY)
    elif codec == _CONSTANT:
        out[:] = _WORD_8.unpack_from(column, _BODY)[0]
    else:
        raise ValueError(f"codec {codec}")


def _fill_float64(column: bytes, out: npt.NDArray[Any]) -> None:
    codec, width, count = _HEADER.unpack_from(column)
    if codec == _RAW:
        out[:] = np.frombuffer(column, "<f8", count, _BODY)
    elif codec == _FLOAT32:
        out[:] = np.frombuffer(column, "<f4", count, _BODY)
    elif codec == _DELTA:
        _fill_deltas(column, width, out.view(np.int64))
    elif codec == _CONSTANT:
        out.view(np.int64)[:] = _WORD_8.unpack_from(column, _BODY)[0]  # as bits: a NaN keeps its payload
    else:
        raise ValueError(f"codec {codec}")


def _fill_float32(column: bytes, out: npt.NDArray[Any]) -> None:
    codec, _, count = _HEADER.unpack_from(column)
    if codec == _RAW:
        out[:] = np.frombuffer(column, "<f4", count, _BODY)
    elif codec == _CONSTANT:
        out.view(np.int32)[:] = np.frombuffer(column, "<i4", 1, _BODY)
    elif codec == _RUNS:
        runs = (len(column) - _BODY - _CHECKSUM.size) // 6
        lengths = np.frombuffer(column, "<u2", runs, _BODY)
        if int(lengths.sum()) != count:
            raise ValueError(f"runs of {lengths.sum()} values in place of {count}")
        out.view(np.int32)[:] = np.repeat(np.frombuffer(column, "<i4", runs, _BODY + 2 * runs), lengths)
    else:
        raise ValueError(f"codec {codec}")


def _fill_deltas(column: bytes, width: int, out: npt.NDArray[Any]) -> None:
    first, base = _FIRST_AND_BASE.unpack_from(column, _BODY)
    if width > 7:
        raise ValueError(f"residuals of {width} bytes")
    out[0] = first
    if width == 0:
        out[1:] = base
    else:
        # Residuals are read eight bytes at a time at every `width` bytes and the rest masked away. The checksum and the
        # padding let the last one be read so too.
        others = len(out) - 1
        if len(column) < _BODY + 16 + others * width + _CHECKSUM.size:
            raise ValueError(f"{len(column)} bytes for {others + 1} values")
        padded = column[_BODY + 16 :] + b"\0\0\0\0"
        windows = np.ndarray((others,), "<i8", padded, 0, (width,))
        np.bitwise_and(windows, (1 << (8 * width)) - 1, out=out[1:])
        out[1:] += base
    np.cumsum(out, out=out)
