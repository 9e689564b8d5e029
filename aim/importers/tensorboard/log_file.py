"""One event file as a stream of the index's own point records.

The index addresses points by offsets into 32-byte records, so the scalars of an event file are presented as such, in
the order of the file. The places of the pieces in the file are remembered, and decoded again on request.
"""

from __future__ import annotations

import bisect
import hashlib
import threading
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aim.importers.tensorboard.format.event_file import Piece, read_event_file
from aim.importers.tensorboard.format.findings import Findings
from aim.importers.tensorboard.format.hparams import Hparams
from aim.importers.tensorboard.format.point_records import POINT_DTYPE, PointRecords, longest_silence, time_span
from aim.importers.tensorboard.logdir import RunFile
from aim.importers.tensorboard.restarts import Restarts
from aim.schema.records import POINT_RECORD_BYTES

__all__ = ["LogFile"]

_RHYTHM: Final = 10  # points per tag: after one epoch it is not known yet how long the next one takes
_HEAD_BYTES: Final = 64  # enough to notice that a file was replaced


class LogFile:
    """What is known of one event file. Thread-safe.

    Attributes:
        findings: What it holds that is not shown.
        restarts: Which of its points no longer count because a writer restarted.
        first_time, last_time: Of its points, Unix seconds; None while no point has a plausible time.
        keeps_silences: Whether to measure `longest_silence_s`, which matters only for a file that may grow.
        longest_silence_s: Between two consecutive points, by their own times; 0.0 while unknown.
        has_events: Whether any record could be read.
    """

    def __init__(self, file: RunFile, memory: object = None) -> None:
        """`memory`: what :meth:`memory` returned in an earlier process; it counts if the file is unchanged."""
        self._lock = threading.RLock()
        self.file = file
        self.keeps_silences = False
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
                self._mark = str(findings[1]) if len(findings) > 1 else ""

    def _forget(self, later: int | None = None) -> None:
        self._known_count = None
        self._offset = 0
        self._count = 0
        self._head = b""
        self._plugins: dict[str, str] = {}
        self._starts: list[tuple[int, int, int]] = []  # (points before, offset, records before) of each piece
        self._recent: tuple[int, list[npt.NDArray[np.void]]] = (0, [])
        self._records = PointRecords()
        self.hparams = Hparams()
        self.findings = Findings()
        self.restarts = Restarts(later=later)
        self._mark = ""
        self.first_time: float | None = None
        self.last_time: float | None = None
        self.longest_silence_s = 0.0
        self.has_events = False

    @property
    def tags(self) -> dict[str, int]:
        """Tag to sequence id, from 1, in the order of their first points."""
        return self._records.tags

    @property
    def is_loaded(self) -> bool:
        """Whether this process has read it."""
        return self._known_count is None

    @property
    def is_rhythmic(self) -> bool:
        """Whether it was written often enough for `longest_silence_s` to say how often that is."""
        return self.keeps_silences and self._count >= _RHYTHM * max(1, len(self.tags))

    @property
    def size_bytes(self) -> int:
        """Of the records that its points are presented as."""
        count = self._known_count if self._known_count is not None else self._count
        return count * POINT_RECORD_BYTES

    @property
    def revision(self) -> int:
        """A number that grows with every new fact about the run: a tag, a hyper-parameter."""
        return len(self.tags) + self.hparams.revision

    def update(self, file: RunFile, *, load: bool = False) -> None:
        """Read what was appended since, or everything if the file was replaced.

        Args:
            file: Its current state.
            load: Read it even if an earlier process has read all of it.

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
                self._forget()  # reading it finds all of that again
            elif is_same and self._offset:
                return
            head = self._file_head(_HEAD_BYTES)
            if file.size_bytes < self._offset or not head.startswith(self._head):
                self._forget(self.restarts.later)
            self.file, self._head = file, head
            self._read_on()

    def drop_from(self, step: int | None) -> None:
        """Points with this step or a higher one no longer count: a writer restarted there in a later file.

        Raises:
            OSError: the file cannot be read.
        """
        with self._lock:
            before = self.restarts.later
            if step == before or self._known_count is not None:
                return
            if before is not None or (step is not None and self.restarts.reaches(step)):
                self._read_again(step)
            else:
                self.restarts.later = step

    def _read_again(self, later: int | None) -> None:
        own, head = self.restarts.own, self._head
        self._forget()
        self._head = head
        self.restarts = Restarts(own, later)
        self._read_on()

    def _read_on(self) -> None:
        self.findings.waits_for_bytes = 0
        begin = self._offset
        is_late = False
        for piece in read_event_file(self.file.path, self._offset, plugins=self._plugins):
            if piece.records or piece.damage:
                self._starts.append((self._count, begin, self.restarts.begin))
            is_late = self.restarts.take(piece) or is_late
            records = self._records.of(piece)
            self._keep(records)
            self._count += len(records)
            self._offset = begin = piece.offset
            self._take(piece)
        self._mark = self.restarts.mark
        if is_late:
            self._read_again(self.restarts.later)

    def _take(self, piece: Piece) -> None:
        self.findings.take(piece)
        self.has_events = self.has_events or piece.records > 0
        for summary in piece.summaries:
            if not self.hparams.take(summary):
                self.findings.leave_out(summary)
        if span := time_span(points.times for points in piece.points.values()):
            first, last = span
            if self.keeps_silences:
                silence = longest_silence((points.times for points in piece.points.values()), self.last_time)
                self.longest_silence_s = max(self.longest_silence_s, silence)
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
        """Free the memory of records that were kept for an early request."""
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
        begin, offset, number = self._starts[max(index, 0)] if self._starts else (0, 0, 0)
        restarts = Restarts(self.restarts.own, self.restarts.later)
        blocks = []
        count = begin
        for piece in read_event_file(self.file.path, offset, plugins=dict(self._plugins)):
            restarts.drop(piece, number)
            number += piece.records
            records = self._records.of(piece)
            blocks.append(records)
            count += len(records)
            if count >= last:
                break
        return begin, blocks

    def read_head(self, size: int) -> bytes:
        """The first bytes of the file, after a digest of dropped points; empty if it cannot be read."""
        with self._lock:
            mark = hashlib.sha256(self._mark.encode()).digest()[:8] if self._mark else b""
            head = self._file_head(size)
            return (mark + head)[:size] if head else b""

    def _file_head(self, size: int) -> bytes:
        try:
            with open(self.file.path, "rb", buffering=0) as file:
                return file.read(size)
        except OSError:
            return b""

    def memory(self) -> list[Any]:
        """What a later process needs in order not to read this file again, as plain JSON."""
        file = self.file
        stamp = [file.inode, file.size_bytes, file.modified_ns, self.size_bytes // POINT_RECORD_BYTES]
        return [*stamp, self.findings.as_json(), self._mark] if self.findings or self._mark else stamp


_KEPT_BYTES: Final = 8 * 1024 * 1024
"""Records kept per file: the latest of a growing one, all of a short one, since the index asks for them next."""
