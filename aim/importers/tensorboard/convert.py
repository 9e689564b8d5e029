"""TensorBoard logs into run directories: ``aim convert tensorboard``.

Points keep their step, wall time and value, runs their names. The run remembers what was imported, so that the same
call later imports only what is new.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from aim.errors import InvalidValueError
from aim.importers.tensorboard.format.crc import masked_crc
from aim.importers.tensorboard.format.event_file import Piece, read_event_file
from aim.importers.tensorboard.format.findings import count_not_shown, described, waiting
from aim.importers.tensorboard.format.framing import HEADER_SIZE
from aim.importers.tensorboard.format.hparams import Hparams
from aim.importers.tensorboard.format.point_records import PointRecords, time_span
from aim.importers.tensorboard.logdir import LogFolder, LogRun, RunFile, find_runs, walk_logs
from aim.importers.tensorboard.source import SOURCE_NAME, metric_name
from aim.schema.subsets import SUBSETS
from aim.sdk.recording.imported import ImportedRun, find_target, import_lock

__all__ = ["ImportReport", "import_logdir"]

_HEAD_BYTES = 4096


@dataclass(slots=True)
class ImportReport:
    """What an import did."""

    runs: int = 0
    """Runs with anything new."""
    runs_seen: int = 0
    """Runs found."""
    points: int = 0
    """Points that are new."""
    skipped: Counter[str] = field(default_factory=Counter)
    """What is neither scalar nor hyper-parameter and was not imported: kind, in the plural, to how many."""
    problems: list[str] = field(default_factory=list)
    """What could not be read or was skipped, one per line."""


def import_logdir(
    logdir: str | os.PathLike[str],
    repo: str | os.PathLike[str] | None = None,
    *,
    is_flat: bool = False,
    experiment: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Copy the scalars and hyper-parameters of TensorBoard logs into a repo. A second call adds only what is new.

    Args:
        logdir: All directories with event files below it are runs, see docs/tensorboard.md.
        repo: As for :class:`aim.Session`.
        is_flat: Directories named ``train``, ``val`` ... are separate runs.
        experiment: The experiment of the runs; None: one named after the folder.
        dry_run: Only count what would be new.
        progress: Called with (files done, files in total).

    Raises:
        InvalidValueError: `logdir` is not a directory, or the repo holds it in the other form (`is_flat`).
        RepoError: the repo cannot be written to, or another import into it is running.

    Example:
        >>> report = import_logdir("logs", experiment="old runs")
        >>> print(report.runs, report.points)
    """
    folder_path = os.path.abspath(os.path.expanduser(os.fspath(logdir)))
    if not os.path.isdir(folder_path):
        raise InvalidValueError(f"TensorBoard log folder {folder_path!r:.300} is not a directory")
    layout = find_target(repo, dry_run=dry_run)

    def open_run(found: LogRun) -> ImportedRun:
        return ImportedRun(
            layout, found.import_hash, name=found.name, experiment=experiment or found.experiment, source=SOURCE_NAME
        )

    with contextlib.nullcontext() if dry_run else import_lock(layout):
        return _import_all(walk_logs(folder_path), open_run, is_flat=is_flat, dry_run=dry_run, progress=progress)


def _import_all(
    folder: LogFolder,
    open_run: Callable[[LogRun], ImportedRun],
    *,
    is_flat: bool,
    dry_run: bool,
    progress: Callable[[int, int], None] | None,
) -> ImportReport:
    report = ImportReport()
    report.problems += [f"{path}: cannot be read: {reason}" for path, reason in folder.unreadable.items()]
    runs = sorted(find_runs([folder], is_flat=is_flat).values(), key=lambda run: run.directory)
    _refuse_other_form(folder, runs, open_run, is_flat=is_flat)
    total = sum(len(run.files) for run in runs)
    done = 0
    for found in runs:
        report.runs_seen += 1
        run = open_run(found)
        points_before, was_new = report.points, run.is_new
        attempts: dict[str, int] = {}  # by directory: a writer restarts what is in its own
        for file in found.files:
            directory = os.path.dirname(file.path)
            may_restart = directory in attempts
            attempt = attempts.setdefault(directory, 1)
            try:
                attempts[directory] += _import_file(run, file, attempt, may_restart, report, dry_run=dry_run)
            except OSError as error:
                report.problems.append(f"{error.filename or file.path}: cannot be read: {error.strerror or error}")
            done += 1
            if progress is not None:
                progress(done, total)
        report.runs += report.points > points_before or (was_new and not run.is_new)
    return report


def _refuse_other_form(
    folder: LogFolder, runs: Iterable[LogRun], open_run: Callable[[LogRun], ImportedRun], *, is_flat: bool
) -> None:
    """Points that were imported into one run would be imported again into others."""
    becomes = {file.path: run.import_hash for run in runs for file in run.files}
    for other in find_runs([folder], is_flat=not is_flat).values():
        files = [file for file in other.files if becomes.get(file.path) != other.import_hash]
        if not files:
            continue
        earlier = open_run(other)
        if any(earlier.holds(_stream(file)) for file in files):
            was, now = ("without", "with") if is_flat else ("with", "without")
            raise InvalidValueError(
                f"{other.directory!r:.300} was imported {was} --flat before (run {other.import_hash}); {now} it its "
                f"points would be imported twice. Import it {was} --flat, into another repo, or delete that import"
            )


def _stream(file: RunFile) -> str:
    # A file stays the same stream when another directory of the same subset appears beside its own.
    return os.path.normpath(file.key)


def _stream_in(run: ImportedRun, file: RunFile) -> tuple[str, str]:
    """The stream of a file in a run, and its subset.

    A file that was first imported into a run named ``train`` stays in it when ``val`` appears beside it, and the other
    way round: otherwise its points would be imported again.
    """
    stream = _stream(file)
    if run.is_new or run.holds(stream):
        return stream, file.subset
    name = os.path.basename(stream)
    if name != stream:
        return (name, "") if file.subset and run.holds(name) else (stream, file.subset)
    folder = os.path.basename(os.path.dirname(file.path))
    other = os.path.join(folder, name)
    return (other, SUBSETS[folder.lower()]) if folder.lower() in SUBSETS and run.holds(other) else (stream, file.subset)


def _import_file(
    run: ImportedRun, file: RunFile, attempt: int, may_restart: bool, report: ImportReport, *, dry_run: bool
) -> int:
    """Import what is new in one file; 1 if it starts another attempt, else 0."""
    if not file.size_bytes:
        report.problems.append(f"{file.path}: is empty")
    stream, subset = _stream_in(run, file)
    begin = run.watermark(stream, _mark(file.path))
    is_restart = may_restart and _is_restart(file.path)
    attempt += is_restart
    if file.size_bytes <= begin.offset and not begin.skip:
        return int(is_restart)
    context = {"subset": subset} if subset else None
    points = PointRecords()
    hparams = Hparams()
    skip, offset, last_time = begin.skip, begin.offset, None
    writer = None
    sequences = {}
    try:
        for piece in read_event_file(file.path, begin.offset):
            _count(piece, file, report, hparams)
            records = points.of(piece)
            records, skip = records[skip:], max(0, skip - len(records))
            offset = piece.offset
            report.points += len(records)
            if dry_run or offset == begin.offset:  # no whole record: nothing to remember
                continue
            if writer is None:
                writer = run.open_stream(stream, begin, attempt=attempt, started_at=_start(records, file))
            for tag, number in points.tags.items():
                if number not in sequences:
                    sequences[number] = writer.sequence(metric_name(tag), context)
            if len(records):
                ids = np.zeros(max(sequences) + 1, np.uint32)
                ids[list(sequences)] = [sequence.id for sequence in sequences.values()]
                records["sequence"] = ids[records["sequence"]]
                writer.write(records.tobytes(), list(sequences.values()))
                span = time_span([records["time"]])
                last_time = span[1] if span else last_time
        if writer is not None:
            if hparams.values:
                writer.set_params({"hparams": hparams.values})
            writer.done(offset, last_time if last_time is not None else _modified(file))
    except BaseException:
        if writer is not None:
            writer.give_up()
        raise
    return int(is_restart)


def _count(piece: Piece, file: RunFile, report: ImportReport, hparams: Hparams) -> None:
    report.problems += [described(file.path, damage) for damage in piece.damage]
    if piece.waits_for_bytes:
        report.problems.append(waiting(file.path, piece.waits_for_bytes))
    report.skipped.update(piece.not_shown)
    for summary in piece.summaries:
        if not hparams.take(summary):
            count_not_shown(report.skipped, summary)


def _mark(path: str) -> str:
    """Identifies the start of a file, which does not change while it grows."""
    with open(path, "rb") as file:
        head = file.read(HEADER_SIZE)
        length, crc = int.from_bytes(head[:8], "little"), int.from_bytes(head[8:], "little")
        if masked_crc(head[:8]) == crc:
            # the first record only: it exists as soon as anything does
            head += file.read(min(length + 8, _HEAD_BYTES) + 8 - HEADER_SIZE)
    return hashlib.sha256(head).hexdigest()[:16]


def _is_restart(path: str) -> bool:
    """Whether a file starts by invalidating earlier points from some step on."""
    piece = next(iter(read_event_file(path, piece_bytes=_HEAD_BYTES)), None)
    return piece is not None and bool(piece.restarts)


def _start(records: np.ndarray[tuple[int], np.dtype[np.void]], file: RunFile) -> float:
    span = time_span([records["time"]])
    return span[0] if span else _modified(file)


def _modified(file: RunFile) -> float:
    return file.modified_ns / 1e9
