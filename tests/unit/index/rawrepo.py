"""Run directories written byte by byte, as docs/format.md has them: every state that a crash or a copy can leave."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from aim.schema.jsonvalues import to_json
from aim.storage.repo.layout import RepoLayout, stream_name

RECORD = struct.Struct("<Ifqdd")
T0 = 1_700_000_000.0
"""When everything begins."""

Point = tuple[int, int, float] | tuple[int, int, float, float] | tuple[int, int, float, float, float]
"""(sequence id, step, value[, time[, epoch]])"""


class RawRepo:
    """A repo in `root`, with the folders that writers expect."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.layout = RepoLayout(os.path.join(os.fspath(root), ".aim"))
        for folder in (self.layout.runs, self.layout.active, self.layout.closed):
            os.makedirs(folder, exist_ok=True)

    def writer(self, run: int | str = 1, ordinal: int = 1, **opened: Any) -> RawWriter:
        """A writer of a run that said `opened`; runs may be numbered."""
        writer = RawWriter(self, run_hash(run), f"{ordinal}-{ordinal:08x}")
        fields = {"format": 1, "role": "train", "attempt": 1, "rank": 0, "experiment": "default", "name": f"run {run}"}
        writer.event("opened", **{**fields, **opened})
        return writer

    def simple_run(self, run: int | str, values: Sequence[float] = (3.0, 1.0, 2.0), **params: Any) -> RawWriter:
        """An ended run with one sequence ``loss``, ``subset="train"``."""
        writer = self.writer(run)
        if params:
            writer.event("params", path=["hparams"], value=params)
        writer.sequence(1, "loss", subset="train")
        writer.points([(1, step, value) for step, value in enumerate(values)])
        writer.close()
        return writer


def run_hash(run: int | str) -> str:
    """The hash of a numbered run."""
    return run if isinstance(run, str) else f"{run:024x}"


class RawWriter:
    """One writer's files and marker."""

    def __init__(self, repo: RawRepo, run: str, writer: str) -> None:
        self.layout, self.run, self.writer = repo.layout, run, writer
        self.directory = self.layout.run_dir(run)
        os.makedirs(self.directory, exist_ok=True)
        self.part = 1
        self.now = T0 + int(writer.partition("-")[0])

    @property
    def events_path(self) -> str:
        return os.path.join(self.directory, stream_name(self.writer, "events"))

    @property
    def points_path(self) -> str:
        return os.path.join(self.directory, stream_name(self.writer, "points", self.part))

    @property
    def marker_path(self) -> str:
        return self.layout.marker_path(self.run, self.writer)

    def event(self, kind: str, **fields: Any) -> None:
        """Append an event."""
        self.now += 0.001
        self.raw_events(to_json({"type": kind, "time": self.now, **fields}).encode() + b"\n")

    def raw_events(self, data: bytes) -> None:
        with open(self.events_path, "ab") as file:
            file.write(data)

    def sequence(self, number: int, name: str, **context: Any) -> None:
        """Declare a sequence."""
        self.event("sequence", id=number, name=name, context=context)

    def points(self, points: Iterable[Point]) -> None:
        """Append points."""
        records = []
        for number, step, value, *rest in points:
            time = rest[0] if rest else T0 + step
            epoch = rest[1] if len(rest) > 1 else float("nan")
            records.append(RECORD.pack(number, epoch, step, time, value))
        self.raw_points(b"".join(records))

    def raw_points(self, data: bytes) -> None:
        with open(self.points_path, "ab") as file:
            file.write(data)

    def open_marker(self, **fields: Any) -> None:
        """Make the marker in ``active/``; without fields it is one of another host, alive for all one knows."""
        described = {"host": "elsewhere", "boot": "other", "pid_ns": "other", "pid": 1, "start": "1", "opened_at": T0}
        with open(self.marker_path, "wb") as file:
            file.write(to_json({**described, **fields}).ljust(511).encode() + b"\n")

    def retire_marker(self, day: str = "2023-11-14") -> None:
        """Move the marker to ``closed/``, or make one there."""
        folder = os.path.join(self.layout.closed, day)
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(self.marker_path):
            self.open_marker()
        os.replace(self.marker_path, os.path.join(folder, os.path.basename(self.marker_path)))

    def close(self, reason: str = "finished", *, marker: bool = True, **fields: Any) -> None:
        """Say that it ended."""
        self.event("closed", reason=reason, exit_code=0, **fields)
        if marker:
            self.retire_marker()
