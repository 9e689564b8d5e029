"""New records of many streams at once: grouped by sequence, summed up, encoded as chunks. Pure functions of arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aim.index.sql import codecs
from aim.schema.records import POINT_FIELDS

__all__ = [
    "POINT_DTYPE",
    "EncodedChunk",
    "Groups",
    "Slots",
    "Summary",
    "epochs_to_float64",
    "lookup_table",
    "summarise",
]

POINT_DTYPE = np.dtype(POINT_FIELDS)

Records = npt.NDArray[np.void]
Positions = npt.NDArray[np.intp]
Slots = npt.NDArray[np.int32]

_MAX_LOOKUP_ID = 10_000_000
"""A declared id beyond this (more sequences than any run has) is treated as not declared."""


def lookup_table(slots: Mapping[int, int]) -> Slots:
    """An array that maps declared ids to slots and everything else, its last element included, to -1."""
    ids = [number for number in slots if 0 < number <= _MAX_LOOKUP_ID]
    table = np.full(max(ids, default=0) + 2, -1, np.int32)
    table[ids] = [slots[number] for number in ids]
    return table


@dataclass(frozen=True, slots=True)
class Summary:
    """What the ``sequence`` table says of some points, in the order they are shown. NaN means NULL."""

    count: int
    first: float
    last: float
    low: float
    high: float
    nan_count: int
    inf_count: int
    first_step: int
    last_step: int
    min_step: int
    max_step: int
    first_time: float
    last_time: float
    last_epoch: float

    def row(self) -> tuple[Any, ...]:
        """The values in the order of the columns."""
        return (
            self.count, self.first, self.last, self.low, self.high, self.nan_count, self.inf_count,
            self.first_step, self.last_step, self.min_step, self.max_step,
            self.first_time, self.last_time, self.last_epoch,
        )  # fmt: skip

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Summary:
        """The inverse of :meth:`row`, from what SQL gives back."""
        values: list[Any] = [math.nan if value is None else value for value in row]
        return cls(*values)

    def then(self, later: Summary) -> Summary:
        """The summary of these points followed by those of `later`."""
        return Summary(
            self.count + later.count,
            self.first,
            later.last,
            float(np.fmin(self.low, later.low)),
            float(np.fmax(self.high, later.high)),
            self.nan_count + later.nan_count,
            self.inf_count + later.inf_count,
            self.first_step,
            later.last_step,
            min(self.min_step, later.min_step),
            max(self.max_step, later.max_step),
            self.first_time,
            later.last_time,
            later.last_epoch,
        )


@dataclass(frozen=True, slots=True)
class EncodedChunk:
    """One row of ``chunk`` and of ``chunk_time``; `number` counts the chunks of this slot in this fold from 0."""

    slot: int
    number: int
    values: bytes
    steps: bytes
    epochs: bytes
    times: bytes


class Groups:
    """Records of several streams, sorted by slot; the records of one slot stay in order.

    Args:
        parts: For each stream its records and, as long, the slot of each. Slots count from 0 over all streams.
        slot_count: How many slots there are.
    """

    def __init__(self, parts: Sequence[tuple[Records, Slots]], slot_count: int) -> None:
        if not parts:
            parts = [(np.empty(0, POINT_DTYPE), np.empty(0, np.int32))]
        records = parts[0][0] if len(parts) == 1 else np.concatenate([records for records, _ in parts])
        slots = parts[0][1] if len(parts) == 1 else np.concatenate([slots for _, slots in parts])
        if slot_count <= 0xFFFF:
            slots = slots.astype(np.uint16)  # sorted by radix, several times as fast
        order = np.argsort(slots, kind="stable")
        counts = np.bincount(slots, minlength=slot_count)
        self.slots: Positions = np.flatnonzero(counts)
        """The slots that have records, ascending."""
        self.counts: Positions = counts[self.slots]
        self.starts: Positions = np.cumsum(self.counts) - self.counts
        self.values = records["value"][order]
        self.steps = records["step"][order]
        self.times = records["time"][order]
        self.epochs = records["epoch"][order]

    def summaries(self) -> list[list[Any]]:
        """The columns of :class:`Summary`, each with one element a slot of `slots`."""
        if len(self.slots) == 0:
            return [[] for _ in range(14)]
        starts, ends = self.starts, self.starts + self.counts - 1
        values = self.values
        finite = np.isfinite(values)
        if finite.all():
            low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
            nan_counts = inf_counts = np.zeros(len(starts), np.int64)
        else:
            low, high = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
            is_nan = np.isnan(values)
            nan_counts = np.add.reduceat(is_nan.astype(np.int64), starts)
            inf_counts = np.add.reduceat((~finite & ~is_nan).astype(np.int64), starts)
        steps = self.steps
        columns = [
            self.counts, values[starts], values[ends], low, high, nan_counts, inf_counts,
            steps[starts], steps[ends], np.minimum.reduceat(steps, starts), np.maximum.reduceat(steps, starts),
            self.times[starts], self.times[ends], epochs_to_float64(self.epochs[ends]),
        ]  # fmt: skip
        return [column.tolist() for column in columns]

    def is_time_ordered(self, number: int) -> bool:
        """Whether the records of ``slots[number]`` are in the order of their times."""
        start = int(self.starts[number])
        times = self.times[start : start + int(self.counts[number])]
        return bool((times[1:] >= times[:-1]).all())

    def chunks(self, is_wanted: npt.NDArray[np.bool_]) -> Iterator[EncodedChunk]:
        """Encode the points of some slots.

        Args:
            is_wanted: For each slot of `slots`.
        """
        if not is_wanted.any():
            return
        slots, counts = self.slots[is_wanted], self.counts[is_wanted]
        columns = (self.values, self.steps, self.epochs, self.times)
        if not is_wanted.all():
            chosen = np.repeat(is_wanted, self.counts)
            columns = tuple(column[chosen] for column in columns)  # type: ignore[assignment]
        owners: list[tuple[int, int]] = []
        bounds = [0]
        for slot, count in zip(slots.tolist(), counts.tolist(), strict=True):
            begin = bounds[-1]
            for number, start in enumerate(range(0, count, codecs.CHUNK_POINTS)):
                owners.append((slot, number))
                bounds.append(begin + min(start + codecs.CHUNK_POINTS, count))
        encoded = zip(
            owners,
            codecs.encode_float64(columns[0], bounds),
            codecs.encode_int64(columns[1], bounds),
            codecs.encode_float32(columns[2], bounds),
            codecs.encode_float64(columns[3], bounds),
            strict=True,
        )
        for (slot, number), values, steps, epochs, times in encoded:
            yield EncodedChunk(slot, number, values, steps, epochs, times)


def summarise(
    values: npt.NDArray[np.float64],
    steps: npt.NDArray[np.int64],
    times: npt.NDArray[np.float64],
    epochs: npt.NDArray[np.float64],
) -> Summary:
    """The summary of at least one point."""
    is_nan = np.isnan(values)
    known = values[~is_nan]
    return Summary(
        len(values),
        float(values[0]),
        float(values[-1]),
        float(known.min()) if len(known) else float("nan"),
        float(known.max()) if len(known) else float("nan"),
        int(is_nan.sum()),
        int(np.isinf(values).sum()),
        int(steps[0]),
        int(steps[-1]),
        int(steps.min()),
        int(steps.max()),
        float(times[0]),
        float(times[-1]),
        float(epochs[-1]),
    )


def epochs_to_float64(epochs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Epochs as they were meant: the shortest decimal that each float32 represents (0.1, not 0.10000000149)."""
    wide = epochs.astype(np.float64)
    with np.errstate(invalid="ignore"):
        is_small_whole = (wide == np.rint(wide)) & (np.abs(wide) < 2**24)
    others = np.flatnonzero(~is_small_whole & ~np.isnan(wide))
    if len(others):
        distinct, which = np.unique(epochs[others], return_inverse=True)
        wide[others] = np.array([float(str(epoch)) for epoch in distinct])[which]
    return wide
