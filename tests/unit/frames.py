"""Reads what `aim.explore.curves.frames` writes."""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aim.explore.curves.frames import MAGIC
from aim.schema.jsonvalues import from_json

__all__ = ["decode_frames"]

LENGTH: Final = struct.Struct("<I")


def decode_frames(data: bytes) -> list[tuple[dict[str, Any], list[npt.NDArray[Any]]]]:
    """Read frames that follow each other: the header and the arrays of each, as the UI does.

    Raises:
        ValueError: these are not frames.
    """
    frames: list[tuple[dict[str, Any], list[npt.NDArray[Any]]]] = []
    at = 0
    while at < len(data):
        if data[at : at + 4] != MAGIC or len(data) < at + 8:
            raise ValueError(f"no frame at byte {at}")
        (length,) = LENGTH.unpack_from(data, at + 4)
        begin = at + 8 + length
        header = from_json(data[at + 8 : begin].decode("utf-8"))
        arrays = [
            np.frombuffer(data, dtype="<" + kind, count=count, offset=begin + offset)
            for offset, count, kind in header["arrays"]
        ]
        frames.append((header, arrays))
        at = begin + header["data_bytes"]
    return frames
