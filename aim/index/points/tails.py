"""The unfolded records of open streams, kept in memory and extended by what comes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aim.index.points.grouping import POINT_DTYPE
from aim.schema.records import POINT_RECORD_BYTES
from aim.schema.source import Source

__all__ = ["OpenStream", "Tail", "TailCache"]

_CACHE_BYTES: Final = 64 * 1024 * 1024
_UNSORTED: Final = 1024
"""So many records, or an eighth of all, are looked through rather than sorted."""

Records = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream with an unfolded rest."""

    id: int
    """Of the ``stream`` table; a stream that was replaced has another."""
    run_id: int
    key: str
    folded: int
    seen: int
    run_hash: str
    origin: str


class _Buffer:
    """Room for records, filled from the front; what is in it stays as it is."""

    __slots__ = ("filled", "records")

    def __init__(self, capacity: int) -> None:
        self.records: Records = np.empty(capacity, POINT_DTYPE)
        self.filled = 0


class _Order:
    """Where in the first `count` records of a buffer those of each declared id are."""

    __slots__ = ("_bounds", "_ids", "_order", "count")

    def __init__(self, ids: npt.NDArray[np.unsignedinteger]) -> None:
        self.count = len(ids)
        self._order = np.argsort(ids, kind="stable")
        self._ids, starts = np.unique(ids[self._order], return_index=True)
        self._bounds = np.append(starts, len(ids))

    @property
    def size_bytes(self) -> int:
        return self._order.nbytes

    def of(self, declared: int) -> npt.NDArray[np.intp]:
        """Ascending positions."""
        at = int(np.searchsorted(self._ids, declared))
        if at == len(self._ids) or self._ids[at] != declared:
            return self._order[:0]
        return self._order[self._bounds[at] : self._bounds[at + 1]]


class Tail:
    """The unfolded records of one stream up to some moment, found by declared id. Never changes.

    Args:
        records: In the order of the stream.
    """

    __slots__ = ("_buffer", "_count", "_order")

    def __init__(self, records: Records) -> None:
        self._fill(_Buffer(_room_for(len(records))), 0, records, _Order(records["sequence"][:0]))

    def _fill(self, buffer: _Buffer, begin: int, records: Records, order: _Order) -> None:
        self._buffer, self._count = buffer, begin + len(records)
        buffer.records[begin : self._count] = records
        buffer.filled = self._count
        if self._count - order.count > max(_UNSORTED, order.count // 8):
            order = _Order(buffer.records["sequence"][: self._count])
        self._order = order

    def __len__(self) -> int:
        return self._count

    @property
    def size_bytes(self) -> int:
        """How much memory it takes, with the room for more."""
        return self._buffer.records.nbytes + self._order.size_bytes

    def extended(self, records: Records) -> Tail:
        """This tail and what came after it; the memory is shared where possible. Not for several threads at once."""
        buffer = self._buffer
        if buffer.filled != self._count or len(buffer.records) < self._count + len(records):
            buffer = _Buffer(_room_for(self._count + len(records)))
            buffer.records[: self._count] = self._buffer.records[: self._count]
        longer = Tail.__new__(Tail)
        longer._fill(buffer, self._count, records, self._order)
        return longer

    def find(self, declared: Sequence[int]) -> npt.NDArray[np.intp]:
        """Where the records with these ids are, in the order of the stream."""
        begin = self._order.count
        late = self._buffer.records["sequence"][begin : self._count]
        found = [
            positions
            for number in declared
            for positions in (self._order.of(number), begin + np.flatnonzero(late == number))
            if len(positions)
        ]
        positions = np.concatenate(found) if found else np.empty(0, np.intp)
        return np.sort(positions) if len(declared) > 1 else positions

    def read(self, field: str, positions: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        """One field of the records at these places. Field by field: numpy copies whole records one by one."""
        column: npt.NDArray[Any] = self._buffer.records[field][positions]
        return column


def _room_for(count: int) -> int:
    """How many records a buffer is made for, so that it is seldom replaced."""
    return max(32, 1 << (count + count // 8).bit_length())


class TailCache:
    """Unfolded records by stream, the last used ones kept. Safe to use from several threads.

    Args:
        sources: By name.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[int, int, Tail]] = OrderedDict()
        self._size_bytes = 0

    def keep_only(self, open_ids: Collection[int]) -> None:
        """Drop what was kept of streams without an unfolded rest: runs that ended are not asked for again."""
        with self._lock:
            for number in self._kept.keys() - open_ids:
                self._size_bytes -= self._kept.pop(number)[2].size_bytes

    @property
    def size_bytes(self) -> int:
        """How much is kept."""
        return self._size_bytes

    def get(self, stream: OpenStream) -> Tail:
        """The unfolded records of a stream; none where it went away."""
        with self._lock:
            folded, seen, known = self._kept.get(stream.id, (0, 0, None))
            if known is not None and (folded, seen) == (stream.folded, stream.seen):
                self._kept.move_to_end(stream.id)
                return known
        # Only of a tail that is all there is known where it ends.
        is_grown = known is not None and folded == stream.folded and seen < stream.seen
        if known is not None and is_grown and len(known) * POINT_RECORD_BYTES == seen - folded:
            records = self._read(stream, seen)
        else:
            known, records = None, self._read(stream, stream.folded)
        with self._lock:
            tail = Tail(records) if known is None else known.extended(records)
            old = self._kept.pop(stream.id, None)
            self._size_bytes += tail.size_bytes - (old[2].size_bytes if old is not None else 0)
            self._kept[stream.id] = (stream.folded, stream.seen, tail)
            while self._size_bytes > _CACHE_BYTES and len(self._kept) > 1:
                _, (_, _, dropped) = self._kept.popitem(last=False)
                self._size_bytes -= dropped.size_bytes
        return tail

    def _read(self, stream: OpenStream, start: int) -> Records:
        source = self._sources.get(stream.origin)
        try:
            if source is not None:
                records: Records = source.read_points(stream.run_hash, stream.key, start, stream.seen)
                return records
        except OSError:
            pass
        return np.empty(0, POINT_DTYPE)
