"""CRC-32C as event files use it: masked, and for many records of one shape at once.

A CRC is linear: the checksums of two messages of one length that differ in a few bytes differ by the exclusive or of
what each differing byte contributes, which depends on the byte and on how many bytes follow it. So the checksums of a
million records that differ from one of them in a dozen bytes cost a dozen table look-ups each, done by numpy.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import google_crc32c
import numpy as np
import numpy.typing as npt

__all__ = ["differing_crcs", "mask", "mask_all", "masked_crc"]

_POLYNOMIAL = 0x82F63B78  # of Castagnoli, bits reversed
_MASK_DELTA = 0xA282EAD8  # of the record format: a checksum over data that holds checksums would be weak


def masked_crc(data: bytes | memoryview) -> int:
    """The masked CRC-32C of some bytes."""
    return mask(google_crc32c.value(bytes(data)))


def mask(crc: int) -> int:
    """A CRC-32C as it is in the file: rotated by 15 bits, plus a constant."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def mask_all(crcs: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """:func:`mask` of each."""
    masked: npt.NDArray[np.uint32] = ((crcs >> np.uint32(15)) | (crcs << np.uint32(17))) + np.uint32(_MASK_DELTA)
    return masked


def differing_crcs(
    rows: npt.NDArray[np.uint8], template: npt.NDArray[np.uint8], positions: Iterable[int]
) -> npt.NDArray[np.uint32]:
    """The CRC-32C of each row.

    Args:
        rows: (n, length) bytes; equal to `template` at all but `positions`.
        template: (length,) bytes.
        positions: Where rows may differ from it.
    """
    length = len(template)
    crcs = np.full(len(rows), google_crc32c.value(template.tobytes()), dtype=np.uint32)
    for position in positions:
        table = _contribution(length - 1 - position)
        # contribution of (byte xor template byte), with the exclusive or taken once per table entry, not per row
        turned = table[np.arange(256) ^ int(template[position])]
        crcs ^= turned[rows[:, position]]
    return crcs


@cache
def _contribution(following: int) -> npt.NDArray[np.uint32]:
    """What each value of a byte adds to the checksum when `following` bytes come after it."""
    if following == 0:
        table = np.arange(256, dtype=np.uint32)
        for _ in range(8):
            table = np.where(table & 1, (table >> np.uint32(1)) ^ np.uint32(_POLYNOMIAL), table >> np.uint32(1))
        return table.astype(np.uint32)
    # from the nearest multiple of 64, so that the recursion is not as deep as a record is long
    begin = (following - 1) // 64 * 64
    return _follow(_contribution(begin), following - begin)


def _follow(table: npt.NDArray[np.uint32], zeros: int) -> npt.NDArray[np.uint32]:
    last = _contribution(0)
    for _ in range(zeros):
        table = (table >> np.uint32(8)) ^ last[table & np.uint32(0xFF)]
    return table
