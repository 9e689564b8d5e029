"""The binary records: layout only. ``docs/format.md`` describes them byte by byte."""

from __future__ import annotations

import struct
from typing import Final

__all__ = [
    "CONSOLE_FIELDS",
    "CONSOLE_RECORD",
    "CONSOLE_RECORD_BYTES",
    "NO_EPOCH",
    "POINT_FIELDS",
    "POINT_RECORD",
    "POINT_RECORD_BYTES",
    "RECORD_HEAD",
    "RESERVED_SEQUENCE_IDS",
    "STEP_MAX",
    "STEP_MIN",
]

POINT_RECORD: Final = struct.Struct("<Ifqdd")
"""sequence id u32, epoch f32 (NaN = none), step i64, time f64 (Unix seconds), value f64; little-endian."""

RECORD_HEAD: Final = struct.Struct("<Ifqd")
"""What the records of every stream begin with: sequence id, epoch, step, time."""

POINT_FIELDS: Final = [("sequence", "<u4"), ("epoch", "<f4"), ("step", "<i8"), ("time", "<f8"), ("value", "<f8")]
"""The same as a numpy dtype specification: ``np.dtype(POINT_FIELDS)``."""

POINT_RECORD_BYTES: Final = 32
NO_EPOCH: Final = float("nan")

RESERVED_SEQUENCE_IDS: Final = (0, 0xFFFFFFFF)
"""Never allocated, so that a hole of zeros (or of ones) in a damaged file is never a point."""

STEP_MIN: Final = -(2**63)
STEP_MAX: Final = 2**63 - 1

CONSOLE_RECORD: Final = struct.Struct("<QdII")
CONSOLE_FIELDS: Final = [("offset", "<u8"), ("time", "<f8"), ("stream", "<u4"), ("reserved", "<u4")]
CONSOLE_RECORD_BYTES: Final = 24

if POINT_RECORD.size != POINT_RECORD_BYTES or CONSOLE_RECORD.size != CONSOLE_RECORD_BYTES:  # pragma: no cover
    raise AssertionError("record layout")
