"""Points of a run as numpy arrays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aim.schema.records import POINT_FIELDS, POINT_RECORD_BYTES
from aim.storage.reading.streams import open_stream
from aim.storage.repo import files
from aim.storage.repo.extents import read_at

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["read_points"]


def read_points(path: str, start: int, stop: int, base: files.Base | None = None) -> npt.NDArray[np.void]:
    """Read the whole records between the byte offsets `start` and `stop` as a structured array of POINT_FIELDS.

    Raises:
        ValueError: `start` is not a multiple of the record size.
    """
    import numpy as np

    if start % POINT_RECORD_BYTES:
        raise ValueError(f"{path}: {start} is not the offset of a record")
    fd = open_stream(path, base)
    try:
        data = read_at(fd, start, stop - start)
    finally:
        os.close(fd)
    return np.frombuffer(data, dtype=np.dtype(POINT_FIELDS), count=len(data) // POINT_RECORD_BYTES)
