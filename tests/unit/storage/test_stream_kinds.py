"""A writer takes care of every kind of stream: here of one more than there is today."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from aim.schema.records import NO_EPOCH
from aim.storage.reading.events import read_events
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing import writer as module
from aim.storage.writing.kinds import EVENTS, POINTS, StreamKind
from aim.storage.writing.stream import AppendStream
from aim.storage.writing.sync import Syncer
from aim.storage.writing.writer import RunWriter

HASH = "0123456789abcdef01234567"
OBJECTS = StreamKind("objects", 64)
RECORD = struct.Struct("<Ifqd40x")


@pytest.fixture
def layout(tmp_path: Path) -> RepoLayout:
    return create_repo(str(tmp_path / ".aim"))


@pytest.fixture
def writer(layout: RepoLayout, monkeypatch: pytest.MonkeyPatch) -> RunWriter:
    monkeypatch.setattr(module, "STREAM_KINDS", (EVENTS, POINTS, OBJECTS))
    return RunWriter(layout, HASH)


def objects_of(writer: RunWriter) -> AppendStream:
    (stream,) = [stream for stream in writer.streams if stream.kind is OBJECTS]
    return stream


def append(writer: RunWriter, steps: range) -> None:
    sequence = writer.sequence("x", None, holds="image")
    records = [RECORD.pack(sequence.id, NO_EPOCH, step, 1.0) for step in steps]
    sequence.skip_to(steps.stop)
    writer.append_records(b"".join(records), [sequence], objects_of(writer))


def steps_in(path: str) -> list[int]:
    return [step for _, _, step, _ in RECORD.iter_unpack(Path(path).read_bytes())]


def ended(writer: RunWriter) -> dict[str, object]:
    return next(event for event in read_events(writer.events.path)[0] if event["type"] == "closed")


def test_its_size_is_in_the_closed_event(writer: RunWriter) -> None:
    append(writer, range(3))
    writer.append_point(writer.sequence("loss", None), None, NO_EPOCH, 1.0)
    path = objects_of(writer).path
    assert path.endswith(f"{writer.id}.objects")
    writer.close("finished")
    assert steps_in(path) == [0, 1, 2]
    sizes = ended(writer)["sizes"]
    assert isinstance(sizes, dict)
    assert (sizes["objects"], sizes["points"]) == (192, 32)
    assert all(stream.fd < 0 for stream in writer.streams)


def test_damage_is_counted_and_recording_continues_in_its_next_part(writer: RunWriter) -> None:
    append(writer, range(4))
    stream = objects_of(writer)
    first = stream.path
    os.truncate(first, 2 * 64 + 10)
    append(writer, range(4, 6))
    writer.check()
    append(writer, range(6, 7))
    writer.close("finished")
    assert writer.losses.lost_points == 2
    assert writer.losses.causes == {"damaged": 2}
    assert steps_in(first) == [0, 1]
    assert steps_in(stream.path) == [4, 5, 6]
    assert stream.path.endswith(".2.objects")


def test_removal_is_counted(writer: RunWriter) -> None:
    append(writer, range(5))
    os.unlink(objects_of(writer).path)
    writer.check()
    append(writer, range(5, 7))
    writer.close("finished")
    assert (writer.losses.lost_points, writer.losses.causes) == (5, {"removed": 5})
    assert steps_in(objects_of(writer).path) == [5, 6]


def test_records_whose_declaration_cannot_be_written_are_lost_as_points(
    writer: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(writer, range(1))
    real = AppendStream.append
    monkeypatch.setattr(AppendStream, "append", lambda self, data: 0 if self is writer.events else real(self, data))
    undeclared = writer.sequence("y", None, holds="image")
    known = writer.sequence("x", None, holds="image")
    records = [
        RECORD.pack(each.id, NO_EPOCH, step, 1.0) for step, each in enumerate((undeclared, known, undeclared), 1)
    ]
    writer.append_records(b"".join(records), [undeclared, known], objects_of(writer))
    monkeypatch.undo()
    writer.close("finished")
    assert writer.losses.lost_points == 2
    assert steps_in(objects_of(writer).path) == [0, 2]


def test_sync_covers_it_and_counts_what_it_could_not_cover(writer: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    syncer = Syncer()
    append(writer, range(3))
    stream = objects_of(writer)
    syncer.sync(writer)
    assert stream.synced_bytes == 192
    append(writer, range(3, 5))

    def fails(fd: int) -> None:
        raise OSError(5, "no disk")

    monkeypatch.setattr("aim.storage.writing.sync._fsync", fails)
    syncer.sync(writer)
    assert writer.losses.unsynced == 2
    writer.close("finished")


def test_forked_child_holds_none_of_it(writer: RunWriter) -> None:
    append(writer, range(1))
    stream = objects_of(writer)
    writer.forget()  # what a child does
    assert stream.fd < 0
    assert stream.lock is writer.lock
