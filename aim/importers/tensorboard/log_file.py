"""One event file as a stream of the index's own point records.

The index addresses points by offsets into 32-byte records, so the scalars of an event file are presented as such, in
the order of the file. Where a stretch of them stands in the file is remembered, and decoded again when it is asked for.
"""

from __future__ import annotations

import bisect
import threading
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aim.importers.tensorboard.event_file import Piece, read_event_file
from aim.importers.tensorboard.findings import Findings
from aim.importers.tensorboard.hparams import Hparams
from aim.importers.tensorboard.logdir import RunFile
from aim.importers.tensorboard.point_records import POINT_DTYPE, PointRecords, time_span
from aim.schema.records import POINT_RECORD_BYTES

__all__ = ["LogFile"]

_HEAD_BYTES: Final = 64  # tell that a file was replaced by another


class LogFile:
    """What is known of one event file. Thread-safe.

    Attributes:
        findings: What it holds that is not shown.
        has_restart: The writer said that it began anew at some step.
        first_time, last_time: Of its points, Unix seconds; None while none has a time that can be one.
    """

    def __init__(self, file: RunFile, memory: object = None) -> None:
        """`memory`: what :meth:`memory` said in an earlier process; it counts if the file is as it was."""
        self._lock = threading.RLock()
        self.file = file
        self._known_count: int | None = None
        self._forget()
        match memory:
            case [int() as inode, int() as size_bytes, int() as modified_ns, int() as count, *findings] if (
                inode,
                size_bytes,
                modified_ns,
            ) == (file.inode, file.size_bytes, file.modified_ns):
                self._known_count = count
                self.findings = Findings.from_json(findings[0]) if findings else Findings()

    def _forget(self) -> None:
        self._known_count = None
        self._offset = 0
        self._count = 0
        self._head = b""
        self._plugins: dict[str, str] = {}
        self._starts: list[tuple[int, int]] = []  # (points before, offset in the file) of each piece
        self._recent: tuple[int, list[npt.NDArray[np.void]]] = (0, [])
        self._records = PointRecords()
        self.hparams = Hparams()
        self.findings = Findings()
        self.has_restart = False
        self.first_time: float | None = None
        self.last_time: float | None = None

    @property
    def tags(self) -> dict[str, int]:
        """Tag to sequence id, from 1, in the order of their first points."""
        return self._records.tags

    @property
    def is_loaded(self) -> bool:
        """Whether what it says was read by this process."""
        return self._known_count is None

    @property
    def size_bytes(self) -> int:
        """Of the records that its points are presented as."""
        count = self._known_count if self._known_count is not None else self._count
        return count * POINT_RECORD_BYTES

    @property
    def said(self) -> int:
        """A number that grows when it says something new of the run: a tag, a hyper-parameter."""
        return len(self.tags) + self.hparams.said

    def update(self, file: RunFile, *, load: bool = False) -> None:
        """Read what was appended since, or everything if the file was replaced.

        Args:
            file: How it stands now.
            load: Read it even if an earlier process knew all of it.

        Raises:
            OSError: it cannot be read.
        """
        with self._lock:
            is_same = (file.inode, file.size_bytes, file.modified_ns) == (
                self.file.inode, self.file.size_bytes, self.file.modified_ns,
            )  # fmt: skip
            if self._known_count is not None:
                if is_same and not load:
                    return
                self._forget()  # what is known of it comes again as it is read
            elif is_same and self._offset:
                return
            head = self.read_head(_HEAD_BYTES)
            if file.size_bytes < self._offset or not head.startswith(self._head):
                self._forget()
            self.file, self._head = file, head
            self._read_on()

    def _read_on(self) -> None:
        self.findings.waits_for_bytes = 0
        begin = self._offset
        for piece in read_event_file(self.file.path, self._offset, plugins=self._plugins):
            if piece.records or piece.damage:
                self._starts.append((self._count, begin))
            records = self._records.of(piece)
            self._keep(records)
            self._count += len(records)
            self._offset = begin = piece.offset
            self._take(piece)

    def _take(self, piece: Piece) -> None:
        self.findings.take(piece)
        self.has_restart = self.has_restart or bool(piece.restarts)
        for summary in piece.summaries:
            if not self.hparams.take(summary):
                self.findings.leave_out(summary)
        if span := time_span(points.times for points in piece.points.values()):
            first, last = span
            self.first_time = first if self.first_time is None else min(first, self.first_time)
            self.last_time = last if self.last_time is None else max(last, self.last_time)

    def _keep(self, records: npt.NDArray[np.void]) -> None:
        first, blocks = self._recent
        if self._count == first + sum(map(len, blocks)):
            blocks.append(records)
        else:
            first, blocks = self._count, [records]
        while len(blocks) > 1 and sum(block.nbytes for block in blocks) > _KEPT_BYTES:
            first += len(blocks.pop(0))
        self._recent = (first, blocks)

    def forget_records(self) -> None:
        """Free the memory of records that were kept for being asked for soon."""
        with self._lock:
            self._recent = (self._count, [])

    def read(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """Records between two byte offsets, short where there are no more.

        Raises:
            OSError: the file cannot be read.
        """
        with self._lock:
            if self._known_count is not None:
                self.update(self.file, load=True)
            first, last = start // POINT_RECORD_BYTES, min(stop // POINT_RECORD_BYTES, self._count)
            begin, blocks = self._recent
            if first < begin:
                begin, blocks = self._decode_again(first, last)
            records = np.concatenate([np.empty(0, POINT_DTYPE), *blocks]) if len(blocks) != 1 else blocks[0]
            return records[first - begin : last - begin]

    def _decode_again(self, first: int, last: int) -> tuple[int, list[npt.NDArray[np.void]]]:
        index = bisect.bisect_right(self._starts, (first, 1 << 62)) - 1
        begin, offset = self._starts[max(index, 0)] if self._starts else (0, 0)
        blocks = []
        count = begin
        for piece in read_event_file(self.file.path, offset, plugins=dict(self._plugins)):
            records = self._records.of(piece)
            blocks.append(records)
            count += len(records)
            if count >= last:
                break
        return begin, blocks

    def read_head(self, size: int) -> bytes:
        """The first bytes of the file; none if it cannot be read."""
        try:
            with open(self.file.path, "rb", buffering=0) as file:
                return file.read(size)
        except OSError:
            return b""

    def memory(self) -> list[Any]:
        """What a later process needs to know that it has read all of this file, as plain JSON."""
        file = self.file
        stamp = [file.inode, file.size_bytes, file.modified_ns, self.size_bytes // POINT_RECORD_BYTES]
        return [*stamp, self.findings.as_json()] if self.findings else stamp


_KEPT_BYTES: Final = 8 * 1024 * 1024
"""Records kept a file: of a growing one its latest, of a short one all, for the index asks right after the count."""
