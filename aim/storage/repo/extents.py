"""Reading a file without its holes: a file of a terabyte may hold only a few bytes of data."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Final

__all__ = ["data_blocks", "next_extent", "read_at"]

_SEEK_DATA: Final[int | None] = getattr(os, "SEEK_DATA", None)
_SEEK_HOLE: Final[int | None] = getattr(os, "SEEK_HOLE", None)


def next_extent(fd: int, start: int, stop: int) -> tuple[int, int]:
    """The next part from `start` on that may not be a hole: (begin, end), both `stop` if there is none.

    Without support for holes by the system or the file system, everything is data. Moves the position of `fd`.
    """
    if _SEEK_DATA is None or _SEEK_HOLE is None:
        return start, stop
    try:
        begin = os.lseek(fd, start, _SEEK_DATA)
        end = os.lseek(fd, begin, _SEEK_HOLE)
    except OSError as error:
        # ENXIO: nothing but a hole up to the end of the file
        return (stop, stop) if error.errno == errno.ENXIO else (start, stop)
    return min(begin, stop), min(end, stop)


def data_blocks(fd: int, start: int, stop: int, *, block_bytes: int, align: int = 1) -> Iterator[tuple[int, bytes]]:
    """The parts of a file between two offsets that are not holes, as (offset, bytes), in order.

    Args:
        fd: Open for reading; its position is moved.
        start, stop: Byte offsets, `start` a multiple of `align`.
        block_bytes: How long a piece may be, a multiple of `align`.
        align: Each piece begins, and all but the last of the file end, at a multiple of this many bytes.

    Raises:
        OSError: the file cannot be read.
    """
    offset = start
    while offset < stop:
        begin, end = next_extent(fd, offset, stop)
        begin -= begin % align
        end = min(end + -end % align, stop)
        while begin < end:
            data = read_at(fd, begin, min(block_bytes, end - begin))
            if not data:
                return
            yield begin, data
            begin += len(data)
        offset = end


def read_at(fd: int, offset: int, length: int) -> bytes:
    """Up to `length` bytes from `offset` on; fewer where the file ends. Moves the position of `fd`."""
    os.lseek(fd, offset, os.SEEK_SET)
    parts: list[bytes] = []
    while length > 0:
        data = os.read(fd, length)
        if not data:
            break
        parts.append(data)
        length -= len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)
