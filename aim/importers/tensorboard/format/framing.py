"""Records of event files: length, masked CRC of the length, data, masked CRC of the data. All little-endian.

Millions of short records are found without a Python step for each: the lengths in an event file repeat, since a
training loop logs the same tags again and again, so numpy follows a repetition for as long as it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

import numpy as np
import numpy.typing as npt

from aim.importers.tensorboard.format.crc import differing_crcs, mask_all, masked_crc

__all__ = ["FOOTER_SIZE", "HEADER_SIZE", "Frames", "find_frames", "find_next_record", "gather"]

HEADER_SIZE = 12
FOOTER_SIZE = 4
_OVERHEAD = HEADER_SIZE + FOOTER_SIZE

_LENGTH = Struct("<Q")
_ALONE = 256  # records walked one by one before looking for a repetition
_LONGEST_PERIOD = _ALONE // 2
_TABLED = 1 << 14  # lengths whose checksum is looked up in a table
_LEAST_REPEATS = 16  # fewer are not worth the calls


@dataclass(frozen=True, slots=True)
class Frames:
    """Consecutive records from a place in a buffer on."""

    starts: npt.NDArray[np.int64]
    """(n,) where the data of each starts."""
    lengths: npt.NDArray[np.int64]
    """(n,) bytes of data."""
    end: int
    """Where the next record starts, or would start."""
    is_torn: bool
    """The next record is incomplete: the rest may come later."""
    is_damaged: bool
    """There is no record at `end`: the length does not match its checksum."""


def find_frames(buffer: npt.NDArray[np.uint8], start: int = 0) -> Frames:
    """The whole records from `start` on. Checks the lengths' checksums, not the data's.

    Args:
        buffer: (n,) bytes, contiguous.
        start: Where a record starts.
    """
    blocks, end = _follow(buffer, start)
    starts = np.concatenate([np.zeros(0, np.int64), *(starts for starts, _ in blocks)])
    lengths = np.concatenate([np.zeros(0, np.int64), *(lengths for _, lengths in blocks)])
    good = _first_false(_length_is_true(buffer, starts, lengths))
    if good < len(starts):
        return Frames(starts[:good], lengths[:good], int(starts[good]) - HEADER_SIZE, False, True)
    left = len(buffer) - end
    is_damaged = left >= HEADER_SIZE and not _is_true_header(buffer, end)
    return Frames(starts, lengths, end, left > 0 and not is_damaged, is_damaged)


def find_next_record(buffer: npt.NDArray[np.uint8], start: int) -> int:
    """Where the next valid record starts, be it whole or valid as far as it goes; the last bytes if there is none.

    The result is a place to continue from, with this buffer or a longer one.
    """
    last = len(buffer) - HEADER_SIZE
    for begin in range(start, last + 1, 1 << 20):
        count = min(1 << 20, last + 1 - begin)
        if not buffer[begin : begin + count + HEADER_SIZE - 1].any():
            continue  # zeros, which are not a header: a full disk or a power cut leaves them
        headers = np.lib.stride_tricks.as_strided(buffer[begin:], (count, HEADER_SIZE), (1, 1), writeable=False)
        # no record of a real file is as long as 16 MiB times 256
        likely = np.flatnonzero(~headers[:, 4:8].any(axis=1))
        true = likely[_headers_are_true(headers[likely])]
        for offset in true.tolist():
            place: int = begin + offset
            (length,) = _LENGTH.unpack_from(buffer.data, place)
            data = place + HEADER_SIZE
            if data + length + FOOTER_SIZE > len(buffer):
                return place
            if masked_crc(buffer.data[data : data + length]) == _u32(buffer, data + length):
                return place
    return max(start, last + 1)


def _follow(
    buffer: npt.NDArray[np.uint8], start: int
) -> tuple[list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]], int]:
    """The chain of records from `start`, only by their lengths, in blocks of (starts, lengths); and where it ends."""
    blocks = []
    position = start
    while True:
        walked, position = _walk(buffer, position, _ALONE)
        if walked:
            lengths = np.array(walked, dtype=np.int64)
            begins = position - np.cumsum((lengths + _OVERHEAD)[::-1])[::-1]
            blocks.append((begins + HEADER_SIZE, lengths))
        if len(walked) < _ALONE:
            return blocks, position
        period = _find_period(walked)
        if period:
            starts, lengths, position = _repeat(buffer, position, walked[-period:])
            if len(starts):
                blocks.append((starts, lengths))


def _walk(buffer: npt.NDArray[np.uint8], position: int, most: int) -> tuple[list[int], int]:
    """Lengths of at most `most` whole records, and where the next one starts."""
    view = buffer.data
    unpack = _LENGTH.unpack_from
    size = len(buffer)
    lengths: list[int] = []
    while len(lengths) < most and position + HEADER_SIZE <= size:
        (length,) = unpack(view, position)
        following = position + length + _OVERHEAD
        if following > size:
            break
        lengths.append(length)
        position = following
    return lengths, position


def _find_period(lengths: list[int]) -> int:
    """The shortest repetition that the last lengths show twice; 0 if none."""
    last = lengths[-1]
    for period in range(1, _LONGEST_PERIOD + 1):
        if lengths[-1 - period] == last and lengths[-period:] == lengths[-2 * period : -period]:
            return period
    return 0


def _repeat(
    buffer: npt.NDArray[np.uint8], position: int, pattern: list[int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Follow a repetition of lengths for as long as it holds: each record's length proves where the next starts."""
    lengths = np.array(pattern, dtype=np.int64)
    within = np.concatenate([[0], np.cumsum(lengths + _OVERHEAD)])
    stride = int(within[-1])
    repeats = (len(buffer) - position) // stride
    # in growing stretches: a short repetition costs no pass over the whole buffer
    held = 0
    stretch = _LEAST_REPEATS
    while held < repeats:
        count = min(stretch, repeats - held)
        good = count
        for offset, length in zip(within[:-1].tolist(), pattern, strict=True):
            begin = position + held * stride + offset
            column = np.ndarray((good,), dtype="<u8", buffer=buffer, offset=begin, strides=(stride,))
            good = _first_false(column == length)
            if not good:
                break
        held += good
        if good < count:
            break
        stretch *= 4
    first = position + stride * np.arange(held, dtype=np.int64)
    starts = (first[:, None] + (within[:-1] + HEADER_SIZE)).ravel()
    return starts, np.tile(lengths, held), position + held * stride


def _length_is_true(
    buffer: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    # with a table of the short lengths: sorting a million of them would take longer than everything else
    short = np.minimum(lengths, _TABLED)
    present = np.flatnonzero(np.bincount(short, minlength=1))
    table = np.zeros(_TABLED + 1, dtype=np.uint32)
    table[present] = [masked_crc(_LENGTH.pack(length)) for length in present.tolist()]
    expected = table[short]
    for which in np.flatnonzero(short == _TABLED).tolist():
        expected[which] = masked_crc(_LENGTH.pack(int(lengths[which])))
    true: npt.NDArray[np.bool_] = gather(buffer, starts - 4, 4).view("<u4").ravel() == expected
    return true


def _headers_are_true(headers: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    stored = np.ascontiguousarray(headers[:, 8:]).view("<u4").ravel()
    lengths = np.ascontiguousarray(headers[:, :8])
    true: npt.NDArray[np.bool_] = mask_all(differing_crcs(lengths, np.zeros(8, np.uint8), range(4))) == stored
    return true


def _is_true_header(buffer: npt.NDArray[np.uint8], place: int) -> bool:
    return masked_crc(buffer.data[place : place + 8]) == _u32(buffer, place + 8)


def gather(buffer: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.uint8]:
    """(n, length) bytes of the buffer from each start on, copied."""
    places = max(0, len(buffer) - length + 1)
    windows = np.ndarray((places,), dtype=f"V{length}", buffer=buffer, strides=(1,))
    return windows[starts].view(np.uint8).reshape(len(starts), length)


def _u32(buffer: npt.NDArray[np.uint8], place: int) -> int:
    return int.from_bytes(buffer[place : place + 4].tobytes(), "little")


def _first_false(values: npt.NDArray[np.bool_]) -> int:
    """Index of the first false value, or how many there are."""
    if not len(values):
        return 0
    index = int(values.argmin())
    return index if not values[index] else len(values)
