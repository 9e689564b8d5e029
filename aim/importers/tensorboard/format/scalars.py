"""Scalar events by the hundred thousand: decoded by numpy, all of one layout at once.

The events of one file have a handful of layouts: a length, a number of bytes for the step, a length of the tag. One
event of each is walked byte by byte (:mod:`aim.importers.tensorboard.format.wire`); the others that equal it in all
bytes except time, step, tag and value are read, and their checksums verified, as columns of a matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aim.importers.tensorboard.format.crc import differing_crcs, mask_all
from aim.importers.tensorboard.format.framing import FOOTER_SIZE, gather
from aim.importers.tensorboard.format.wire import Layout, find_layout

__all__ = ["ScalarBlock", "Scalars", "read_scalars"]

_LONGEST = 1024  # bytes of an event with one scalar, tag and description included; longer ones are read the general way
_LAYOUTS = 64  # walked events of one length; a file with more has no layout worth learning
_ROWS = 1 << 16  # a matrix of this many rows fits in the caches


@dataclass(frozen=True, slots=True)
class ScalarBlock:
    """Points of one tag, in the order of the file within this block."""

    tag: str
    ordinals: npt.NDArray[np.int64]
    """(n,) which of the given records."""
    times: npt.NDArray[np.float64]
    """(n,) Unix seconds."""
    steps: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    is_declared: bool
    """The event declares a scalar itself; otherwise the first event of the tag counts."""


@dataclass(frozen=True, slots=True)
class Scalars:
    """What :func:`read_scalars` found."""

    blocks: list[ScalarBlock]
    others: npt.NDArray[np.int64]
    """(n,) records that are not plain scalars, to be read the general way; their checksums are not verified."""
    damaged: npt.NDArray[np.int64]
    """(n,) records whose data does not match its checksum."""


def read_scalars(
    buffer: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> Scalars:
    """Decode all plain scalar events among the records at `starts`."""
    blocks: list[ScalarBlock] = []
    others: list[npt.NDArray[np.int64]] = [np.flatnonzero(lengths > _LONGEST)]
    damaged: list[npt.NDArray[np.int64]] = []
    short = np.minimum(lengths, _LONGEST + 1)
    for length in np.flatnonzero(np.bincount(short, minlength=_LONGEST + 2)[: _LONGEST + 1]).tolist():
        members = np.flatnonzero(short == length)
        layouts: list[_Known] = []
        for begin in range(0, len(members), _ROWS):
            ordinals = members[begin : begin + _ROWS]
            rows = gather(buffer, starts[ordinals], length + FOOTER_SIZE)
            _read_rows(rows, ordinals, layouts, blocks, others, damaged)
    return Scalars(blocks, np.sort(np.concatenate(others)), np.sort(_joined(damaged)))


@dataclass(slots=True)
class _Known:
    """A layout and an event that has it."""

    layout: Layout
    template: npt.NDArray[np.uint8]

    def constant(self) -> Iterator[tuple[int, int]]:
        """(begin, end) of the bytes that must equal the template's."""
        begin = 0
        tag, size = self.layout.tag
        for first, last in sorted([*self.layout.varying(), (tag, tag + size)]):
            if begin < first:
                yield begin, first
            begin = last
        if begin < len(self.template):
            yield begin, len(self.template)

    def fits(self, rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """(n,) which rows have this layout."""
        fit = np.ones(len(rows), dtype=np.bool_)
        for begin, end in self.constant():
            for position in range(begin, end):
                fit &= rows[:, position] == self.template[position]
        if self.layout.step is not None:
            begin, size = self.layout.step
            for position in range(begin, begin + size - 1):
                fit &= rows[:, position] >= 0x80
            fit &= rows[:, begin + size - 1] < 0x80
        return fit


def _read_rows(
    rows: npt.NDArray[np.uint8],
    ordinals: npt.NDArray[np.int64],
    layouts: list[_Known],
    blocks: list[ScalarBlock],
    others: list[npt.NDArray[np.int64]],
    damaged: list[npt.NDArray[np.int64]],
) -> None:
    length = rows.shape[1] - FOOTER_SIZE
    known = iter(list(layouts))
    while len(rows):
        current = next(known, None)
        if current is None:
            data = rows[0, :length]
            layout = find_layout(data.tobytes()) if len(layouts) < _LAYOUTS else None
            if layout is None:
                if len(layouts) >= _LAYOUTS:
                    others.append(ordinals)
                    return
                others.append(ordinals[:1])
                rows, ordinals = rows[1:], ordinals[1:]
                continue
            current = _Known(layout, data.copy())
            layouts.append(current)
        fit = current.fits(rows)
        if fit.all():
            _decode(rows, ordinals, current, blocks, damaged)
            return
        if fit.any():
            _decode(rows[fit], ordinals[fit], current, blocks, damaged)
            rows, ordinals = rows[~fit], ordinals[~fit]


def _decode(
    rows: npt.NDArray[np.uint8],
    ordinals: npt.NDArray[np.int64],
    known: _Known,
    blocks: list[ScalarBlock],
    damaged: list[npt.NDArray[np.int64]],
) -> None:
    layout = known.layout
    length = len(known.template)
    begin, size = layout.tag
    tags, which = _group(rows[:, begin : begin + size])
    stored = np.ascontiguousarray(rows[:, length:]).view("<u4").ravel()
    data = rows[:, :length]
    positions = [position for first, last in layout.varying() for position in range(first, last)]
    if len(tags) > 1:
        # the share of the tag is the same for all rows with it
        heads = np.repeat(known.template[None], len(tags), axis=0)
        heads[:, begin : begin + size] = tags
        shares = differing_crcs(heads, known.template, range(begin, begin + size))
        crcs = (
            differing_crcs(data, known.template, positions)
            ^ shares[which]
            ^ differing_crcs(known.template[None], known.template, ())
        )
    else:
        heads = known.template.copy()
        heads[begin : begin + size] = tags[0]
        crcs = differing_crcs(data, heads, positions)
    good = mask_all(crcs) == stored
    if not good.all():
        damaged.append(ordinals[~good])
        data, ordinals, which = data[good], ordinals[good], which[good]
    times = _column(data, layout.time, "<f8") if layout.time is not None else np.zeros(len(data))
    steps = _varints(data, *layout.step) if layout.step is not None else np.zeros(len(data), np.int64)
    with np.errstate(invalid="ignore"):  # a signalling NaN, of a damaged or hostile writer
        values = _column(data, layout.value, layout.value_type).astype(np.float64)
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(tags)))
    for index, tag in enumerate(tags):
        chosen = order[ends[index - 1] if index else 0 : ends[index]]
        block = ScalarBlock(
            tag.tobytes().decode("utf-8", "replace"),
            ordinals[chosen],
            times[chosen],
            steps[chosen],
            values[chosen],
            bool(layout.plugin),
        )
        if len(block.ordinals):
            blocks.append(block)


def _group(texts: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The different rows, and which of them each row is."""
    count, size = texts.shape
    if size == 0 or (texts[0] == texts).all():
        return texts[:1], np.zeros(count, np.int64)
    padded = np.zeros((count, -(-size // 8) * 8), np.uint8)
    padded[:, :size] = texts
    words = padded.view("<u8")
    if words.shape[1] == 1:
        keys = words.ravel()
    else:
        keys = np.ascontiguousarray(words).view(f"V{words.shape[1] * 8}").ravel()
    # tags alternate: the few of the first rows are found by comparison, without sorting
    which = np.full(count, -1, np.int64)
    found: list[int] = []
    for row in range(min(count, 64)):
        if which[row] < 0:
            which[keys == keys[row]] = len(found)
            found.append(row)
    left = np.flatnonzero(which < 0)
    if len(left):
        _, first, inverse = np.unique(texts[left], axis=0, return_index=True, return_inverse=True)
        which[left] = inverse.ravel() + len(found)
        found.extend(left[first].tolist())
    return texts[found], which


def _column(data: npt.NDArray[np.uint8], begin: int, kind: str) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = np.ascontiguousarray(data[:, begin : begin + int(kind[-1])]).view(kind).ravel()
    return found


def _varints(data: npt.NDArray[np.uint8], begin: int, size: int) -> npt.NDArray[np.int64]:
    values = np.zeros(len(data), np.uint64)
    for index in range(size):
        values |= (data[:, begin + index] & np.uint8(0x7F)).astype(np.uint64) << np.uint64(7 * index)
    return values.view(np.int64)


def _joined(parts: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *parts])
