"""The point record: what is in a file today is there for good."""

from __future__ import annotations

import math

import numpy as np

from aim.schema.records import NO_EPOCH, POINT_FIELDS, POINT_RECORD, POINT_RECORD_BYTES


def test_record_is_laid_out_as_documented() -> None:
    data = POINT_RECORD.pack(7, 1.5, -2, 1700000000.25, 0.1)
    assert data.hex() == "070000000000c03ffeffffffffffffff00001040fc54d9419a9999999999b93f"
    assert len(data) == POINT_RECORD_BYTES == 32


def test_numpy_reads_what_struct_packs() -> None:
    data = POINT_RECORD.pack(7, NO_EPOCH, 2**63 - 1, 1700000000.25, float("-inf"))
    (record,) = np.frombuffer(data, dtype=np.dtype(POINT_FIELDS))
    number, epoch, step, time, value = record.item()
    assert (number, step, time, value) == (7, 2**63 - 1, 1700000000.25, float("-inf"))
    assert math.isnan(epoch)
