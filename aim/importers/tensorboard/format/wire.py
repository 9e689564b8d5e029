"""The layout of a scalar event: where in its bytes the time, the step, the tag and the value are.

Walks the protobuf wire format of one event, without any library, to learn a layout that millions of others share.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Layout", "find_layout"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOAT, _DOUBLE = 1, 2  # DataType of tensor.proto


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in the bytes of an event with one scalar. All others are the same in events of this layout."""

    time: int | None
    """Of eight bytes, a float64; None: absent, which means 0."""
    step: tuple[int, int] | None
    """Start and length of a varint; None means step 0."""
    tag: tuple[int, int]
    """Start and length of a UTF-8 string."""
    value: int
    value_type: str
    """``<f4`` or ``<f8``."""
    plugin: str
    """Name of the plugin that the event declares; empty if it declares none."""

    def varying(self) -> list[tuple[int, int]]:
        """(begin, end) of what differs from event to event, in order, without the tag."""
        places = [(self.value, self.value + int(self.value_type[-1]))]
        if self.time is not None:
            places.append((self.time, self.time + 8))
        if self.step is not None:
            places.append((self.step[0], sum(self.step)))
        return sorted(places)


class _Other(Exception):
    """Not a plain scalar event."""


def find_layout(data: bytes) -> Layout | None:
    """The layout of an event that holds one scalar and nothing else; None for any other bytes."""
    try:
        return _read_event(data)
    except (_Other, IndexError, UnicodeDecodeError):
        return None


def _read_event(data: bytes) -> Layout:
    time = step = summary = None
    for number, kind, begin, end in _fields(data, 0, len(data)):
        if (number, kind) == (1, _FIXED64) and time is None:
            time = begin
        elif (number, kind) == (2, _VARINT) and step is None:
            step = (begin, end - begin)
        elif (number, kind) == (5, _BYTES) and summary is None:
            summary = (begin, end)
        else:
            raise _Other
    if summary is None:
        raise _Other
    values = list(_fields(data, *summary))
    if len(values) != 1 or values[0][:2] != (1, _BYTES):
        raise _Other
    tag = found = None
    plugin = ""
    for number, kind, begin, end in _fields(data, *values[0][2:]):
        if (number, kind) == (1, _BYTES) and tag is None:
            tag = (begin, end - begin)
        elif (number, kind) == (2, _FIXED32) and found is None:
            found = (begin, "<f4")
        elif (number, kind) == (8, _BYTES) and found is None:
            found = _read_tensor(data, begin, end)
        elif (number, kind) == (9, _BYTES) and not plugin:
            plugin = _read_plugin(data, begin, end)
        else:
            raise _Other
    if tag is None or found is None or plugin not in ("", "scalars"):
        raise _Other
    return Layout(time, step, tag, *found, plugin)


def _read_tensor(data: bytes, begin: int, end: int) -> tuple[int, str]:
    kind_of_data = found = None
    for number, kind, first, last in _fields(data, begin, end):
        size = last - first
        if (number, kind) == (1, _VARINT) and size == 1 and kind_of_data is None:
            kind_of_data = data[first]
        elif (number, kind, size) == (2, _BYTES, 0):
            pass  # the shape of a scalar
        elif number == 4 and kind == _BYTES and size in (4, 8) and found is None:
            found = (first, _DOUBLE if size == 8 else _FLOAT)
        elif number == 5 and kind in (_FIXED32, _BYTES) and size == 4 and found is None:
            found = (first, _FLOAT)
        elif number == 6 and kind in (_FIXED64, _BYTES) and size == 8 and found is None:
            found = (first, _DOUBLE)
        else:
            raise _Other
    if found is None or found[1] != kind_of_data:
        raise _Other
    return found[0], "<f8" if kind_of_data == _DOUBLE else "<f4"


def _read_plugin(data: bytes, begin: int, end: int) -> str:
    for number, kind, first, last in _fields(data, begin, end):
        if (number, kind) == (1, _BYTES):
            for inner, inner_kind, a, b in _fields(data, first, last):
                if (inner, inner_kind) == (1, _BYTES):
                    return data[a:b].decode()
    return ""


def _fields(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, begin, end) of the contents of each field."""
    while begin < end:
        key, begin = _read_varint(data, begin)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            _, last = _read_varint(data, begin)
        elif kind == _FIXED64:
            last = begin + 8
        elif kind == _FIXED32:
            last = begin + 4
        elif kind == _BYTES:
            size, begin = _read_varint(data, begin)
            last = begin + size
        else:
            raise _Other
        if last > end:
            raise _Other
        yield number, kind, begin, last
        begin = last


def _read_varint(data: bytes, begin: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[begin]
        begin += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, begin
        shift += 7
        if shift > 63:
            raise _Other
