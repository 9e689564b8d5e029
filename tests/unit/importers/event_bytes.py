"""Event files made by hand, byte by byte as the format says, for tests of the reader."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import google_crc32c

from aim.importers.tensorboard.format.proto import event_class

__all__ = ["event", "record", "scalar", "write_records"]


def record(data: bytes) -> bytes:
    """The bytes of one record."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _masked(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def event(**fields: Any) -> Any:
    """An `Event` message."""
    return event_class()(**fields)


def scalar(tag: str, value: float, step: int, time: float = 1.0e9, form: str = "simple") -> bytes:
    """The bytes of an event with one scalar, as one of the known writers puts it."""
    found = event(wall_time=time, step=step)
    logged = found.summary.value.add(tag=tag)
    if form == "simple":
        logged.simple_value = value
    elif form == "content":  # tf.summary
        logged.tensor.dtype = 1
        logged.tensor.tensor_shape.SetInParent()
        logged.tensor.tensor_content = struct.pack("<f", value)
        logged.metadata.plugin_data.plugin_name = "scalars"
    elif form == "float_val":  # torch, new_style
        logged.tensor.dtype = 1
        logged.tensor.float_val.append(value)
        logged.metadata.plugin_data.plugin_name = "scalars"
    elif form == "double_val":
        logged.tensor.dtype = 2
        logged.tensor.double_val.append(value)
        logged.metadata.plugin_data.plugin_name = "scalars"
    else:  # shape (1,): not plain, read the general way
        logged.tensor.dtype = 9
        logged.tensor.tensor_shape.dim.add(size=1)
        logged.tensor.int64_val.append(int(value))
    data: bytes = found.SerializeToString()
    return data


def write_records(path: Any, records: Iterable[bytes]) -> None:
    """Write a file of records."""
    path.write_bytes(b"".join(map(record, records)))
