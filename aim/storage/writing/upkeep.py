"""What others did to the files of a writer while it recorded: removed, moved, replaced or changed them.

Each is noticed by size, device and inode, counted and reported once, and recording continues in another file.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

from aim.errors import AimError
from aim.schema.records import RECORD_HEAD
from aim.storage.repo.files import exists, is_folder, read_bytes
from aim.storage.repo.repo_files import create_repo
from aim.storage.writing.event_queue import MAX_WAITING_BYTES
from aim.storage.writing.kinds import EVENTS
from aim.storage.writing.stream import AppendStream, FileState

if TYPE_CHECKING:
    from aim.storage.writing.writer import RunWriter

__all__ = ["WRITE_FAILED", "look_after_files"]

WRITE_FAILED: Final = OSError(errno.EIO, "write failed")

_DAMAGED: Final = (FileState.REPLACED, FileState.CHANGED)


def look_after_files(writer: RunWriter) -> None:
    """Compare the files of a writer with what it wrote to them, and repair, count and report where they differ.

    The caller holds the writer's lock.
    """
    states = [(stream, stream.look()) for stream in (*writer.record_streams, writer.events)]
    found = {state for _, state in states}
    if FileState.REMOVED in found:
        _restore_directory(writer)
        return
    for stream, state in states:
        if state in _DAMAGED:
            if stream is writer.events:
                _leave_damaged_events(writer, state)
            else:
                _leave_damaged_records(writer, stream, state)
    writer.is_moved = FileState.MOVED in found
    if writer.is_moved:
        is_deleted = is_folder(writer.layout.root, writer.layout.trash_dir(writer.run_hash))
        writer.warn_once(
            "moved",
            f"{writer.run_dir} was {'moved to the trash' if is_deleted else 'moved or renamed'} while the run was "
            f"recording, and is not found there any more. Recording continues where it is now, and nothing is lost",
        )
    if any(stream.has_made_room for stream in writer.streams):
        _report_room(writer)


def _leave_damaged_records(writer: RunWriter, stream: AppendStream, state: FileState) -> None:
    """Records were replaced or cut, or have foreign bytes among them: continue in the next part."""
    damaged = stream.path
    known = {sequence.id: sequence for sequence in writer.sequences.values()}

    def is_record(record: bytes) -> bool:
        number, _, step, _ = RECORD_HEAD.unpack_from(record)
        return number in known and step < known[number].high

    lost, found = stream.leave_damaged(state, is_record)
    writer.losses.lost_points += lost
    if lost:
        writer.losses.causes["damaged"] += lost
    refused = len(found) - (stream.append(found) if found else 0)
    if refused:
        writer.disk_failed(stream.error or WRITE_FAILED, points=stream.records_in(refused))
    _report_damage(writer, damaged, state, f"{lost:,} points are counted as lost", stream.path)


def _leave_damaged_events(writer: RunWriter, state: FileState) -> None:
    """The same of events, of which those that are missing are written again."""
    events = writer.events
    damaged, written = events.path, events.written_bytes
    end, lost = _queue_missing_events(writer)
    events.leave_at(end, max(0, written - end) if lost else 0)
    consequence = f"what is missing is written again, {lost:,} events are counted as lost"
    _report_damage(writer, damaged, state, consequence, events.path)
    writer.flush_events()


def _report_damage(writer: RunWriter, path: str, state: FileState, consequence: str, next_path: str) -> None:
    how = "replaced by another file" if state is FileState.REPLACED else "changed by another program"
    writer.warn_once(
        "damaged",
        f"{path} was {how} while the run was recording: {consequence}. The run continues in "
        f"{os.path.basename(next_path)} beside it",
    )


def _queue_missing_events(writer: RunWriter) -> tuple[int, int]:
    """Queue the events that are not in our files any more; see :meth:`EventQueue.refill` for what it returns."""
    files = {part: _events_in(writer, part) for part in writer.events.sizes()}
    present_part = files.pop(writer.events.part, b"")
    sequences = list(writer.sequences.values())
    end, lost = writer.queue.refill(files.values(), present_part, sequences, writer.declaration)
    writer.losses.lost_events += lost
    if lost:
        writer.losses.causes["damaged"] += lost
    writer.written_losses = None
    return end, lost


def _events_in(writer: RunWriter, part: int) -> bytes:
    """What is in one of our events files, b"" if it is gone."""
    try:
        most = writer.events.sizes()[part] + MAX_WAITING_BYTES  # beyond that nothing is ours
        return read_bytes(writer.layout.root, writer.stream_path(EVENTS, part), most)
    except OSError:
        return b""


def _restore_directory(writer: RunWriter) -> None:
    """The run directory or a file of ours in it was removed: start over, count and report what is gone."""
    has_directory = is_folder(writer.layout.root, writer.run_dir)
    streams = (*writer.record_streams, writer.events)
    removed = [stream.path for stream in streams if stream.look() is FileState.REMOVED]
    had_points = any(stream.path in removed for stream in writer.record_streams)
    gone = sum(stream.records_in(stream.forget_removed()) for stream in writer.record_streams)
    writer.events.forget_removed()
    writer.losses.lost_points += gone
    if gone:
        writer.losses.causes["removed"] += gone
    _queue_missing_events(writer)
    if not exists(writer.layout.root, writer.layout.version_path):  # the whole repo was removed
        try:
            create_repo(writer.layout.root)
        except AimError:  # reported below, when the directory cannot be created either
            pass
    writer.is_placed = False
    writer.flush_events()
    what = " and ".join(removed) if has_directory and removed else writer.run_dir
    points = f"{gone:,} points written before are counted as lost"
    if not gone:
        points = "no point is lost" if has_directory and not had_points else "it held no points"
    writer.warn_once(
        "removed", f"{what} was removed while the run was recording; it is created again with the params, and {points}"
    )


def _report_room(writer: RunWriter) -> None:
    for stream in writer.streams:
        stream.has_made_room = False
    writer.warn_once(
        "descriptors",
        "this process has as many files open as it may: Aim closed some of its own and opens them again when they "
        "are needed. Nothing is lost; raise the limit (ulimit -n), or close runs that are over",
    )
