"""TensorBoard logs as a source of the index: read in place, nothing is copied into run directories."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aim.importers.tensorboard.logdir import LogFolder, LogRun, RunFile, find_runs, walk_logs
from aim.schema.names import MAX_NAME_CHARS, canonical_context, has_unusable_characters
from aim.schema.runstate import LossLedger, RunState, SequenceDeclaration, WriterState
from aim.schema.source import RunReading, Scan, SourceReport
from aim.schema.statuses import ACTIVE, UNCERTAIN

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from aim.importers.tensorboard.format.findings import Findings
    from aim.importers.tensorboard.log_file import LogFile

__all__ = ["SOURCE_NAME", "TensorBoardSource"]

SOURCE_NAME: Final = "tensorboard"

RUNNING_S: Final = 180.0
"""A run whose files grew this recently counts as running: writers hold back for two minutes (``flush_secs``)."""
LIVE_S: Final = 900.0
"""One whose files did not grow for this long has ended. Event files do not say so, and an evaluation takes minutes."""
_PATIENCE: Final = 3.0
"""A run that was never silent for long has ended sooner: after this many times its longest silence."""

_COARSE_S: Final = 2.0  # resolution of the times of files: FAT has even seconds

_WALK_SHARE: Final = 20
_WALK_LEAST_S: Final = 1.0
"""Folders are walked for new files after this many seconds, and this many times the duration of the last walk."""

_SUMMARY_KEY: Final = "#summary"
"""The stream of everything in the files except points. No file has this name: it lacks ``tfevents``."""


_Stamps = tuple[tuple[str, int, int], ...]
"""(path, size, ns of its change) of the files of a run."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a run stands, see :class:`aim.schema.source.RunStanding`."""

    value: str
    ended_at: float | None
    error_type: str = ""
    error_message: str = ""
    pauses_s: float = 0.0

    @property
    def is_active(self) -> bool:
        return self.value in ACTIVE


@dataclass(frozen=True, slots=True)
class _Stream:
    """See :class:`aim.schema.source.StreamListing`."""

    key: str
    kind: str
    size_bytes: int
    part: int = 1

    @property
    def writer(self) -> str:
        return self.key


class TensorBoardSource:
    """The event files below some folders. See :class:`aim.schema.source.Source`.

    Args:
        folders: They are searched at all levels.
        is_flat: Directories named ``train``, ``val`` ... are separate runs.
        clock: Returns the time, Unix seconds.
    """

    name = SOURCE_NAME

    def __init__(
        self,
        folders: Iterable[str | os.PathLike[str]],
        *,
        is_flat: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folders = tuple(os.path.abspath(os.fspath(folder)) for folder in folders)
        self._is_flat = is_flat
        self._clock = clock
        self._lock = threading.RLock()
        self._runs: dict[str, LogRun] = {}
        self._walks: list[LogFolder] = []
        self._files: dict[tuple[str, str], LogFile] = {}
        self._remembered: dict[str, Any] = {}
        self._memory: dict[str, Any] = {}
        self._walked_at = float("-inf")
        self._walk_took_s = 0.0
        self._now = 0.0
        self._failed: dict[str, str] = {}
        self._first_seen: dict[str, list[int]] = {}  # of young files, by path: (size, ns of change) at first
        self._moved_at: dict[str, float] = {}  # by run: when a file of it was last found to have grown
        self._settled: dict[str, _Stamps] = {}  # runs that ended though their files are young, as they were then

    def scan(self, memory: Mapping[str, Any]) -> Scan:
        """See :meth:`aim.schema.source.Source.scan`. The memory is complete once the runs were read."""
        with self._lock:
            earlier, self._now = self._now, self._clock()
            is_first = not self._walks
            if is_first:
                files = memory.get("files")
                self._remembered = files if isinstance(files, dict) else {}
                self._memory = dict(self._remembered)
                failed = memory.get("failed")
                self._failed = dict(failed) if isinstance(failed, dict) else {}
                seen = memory.get("seen")
                self._first_seen = dict(seen) if isinstance(seen, dict) else {}
            before = self._runs
            present = None
            if is_first or time.monotonic() - self._walked_at > max(_WALK_LEAST_S, _WALK_SHARE * self._walk_took_s):
                self._walk()
                present = {run_hash: self.file_identity(run_hash) for run_hash in self._runs}
            else:
                for run_hash in self._young():
                    self._runs[run_hash] = _stat_again(self._runs[run_hash])
            self._note_moves(before, earlier)
            young = self._young()
            self._note_first(young)
            live = frozenset(run_hash for run_hash in young if self._is_live(self._runs[run_hash]))
            ended = frozenset(
                (run.hash, file.key)
                for run in (self._runs.values() if present is not None else ())
                if run.hash not in live
                for file in run.files
            )
            return Scan(
                now=self._now,
                live=live,
                ended=ended,
                present=present,
                compare_all=False,
                memory={"files": self._memory, "failed": self._failed, "seen": self._first_seen},
            )

    def _note_moves(self, before: Mapping[str, LogRun], earlier: float) -> None:
        """Note which runs have files that grew or appeared since the earlier scan, whatever the times of files are."""
        for run_hash, run in self._runs.items():
            old = before.get(run_hash)
            if old is None or old.files == run.files:
                continue
            known = {file.path: [file.size_bytes, file.modified_ns] for file in old.files}
            grown = [file.modified_ns / 1e9 for file in run.files if _has_grown(file, known.get(file.path, [-1, 0]))]
            if grown:
                # the file's time says when, if it is plausible
                is_likely = earlier - _COARSE_S <= max(grown) <= self._now
                self._moved_at[run_hash] = max(grown) if is_likely else self._now

    def _note_first(self, young: Iterable[str]) -> None:
        self._first_seen = {
            file.path: self._first_seen.get(file.path) or [file.size_bytes, file.modified_ns]
            for run_hash in young
            for file in self._runs[run_hash].files
        }

    def _walk(self) -> None:
        started = time.monotonic()
        self._walks = [walk_logs(folder) for folder in self.folders]
        self._runs = find_runs(self._walks, is_flat=self._is_flat)
        self._walked_at = time.monotonic()
        self._walk_took_s = self._walked_at - started
        present = {(run.hash, file.key): file.path for run in self._runs.values() for file in run.files}
        for name in self._files.keys() - present.keys():
            del self._files[name]
        for run_hash in self._settled.keys() - self._runs.keys():
            del self._settled[run_hash]
        paths = {*present.values(), *map(_revision_key, self._runs.values())}
        for known in (self._memory, self._failed):
            for path in known.keys() - paths:
                del known[path]

    def _young(self) -> list[str]:
        return [run.hash for run in self._runs.values() if self._age_s(run) < LIVE_S]

    def _is_live(self, run: LogRun) -> bool:
        """Whether every scan reads it. One that has ended is live again once a file of it changes."""
        return self._age_s(run) < LIVE_S and self._settled.get(run.hash) != _stamps(run)

    def _age_s(self, run: LogRun) -> float:
        """How long ago a file of the run grew."""
        # a file from a host whose clock is ahead may have any age
        age_s = abs(self._now - max((file.modified_ns for file in run.files), default=0) / 1e9)
        return min(age_s, self._now - self._moved_at.get(run.hash, float("-inf")))

    def _was_seen_growing(self, run: LogRun) -> bool:
        return run.hash in self._moved_at or any(
            _has_grown(file, self._first_seen[file.path]) for file in run.files if file.path in self._first_seen
        )

    def copies(self) -> dict[str, str]:
        """The hash of each run to that of the copy which an import makes of it."""
        return {run.hash: run.import_hash for run in self._runs.values()}

    def file_identity(self, run_hash: str) -> str:
        """Changes whenever a file of the run appears, grows, disappears, is replaced, or changes its permissions."""
        run = self._runs.get(run_hash)
        if run is None:
            return ""
        text = ";".join(
            f"{file.key}:{file.inode}:{file.size_bytes}:{file.modified_ns}:{file.changed_ns}" for file in run.files
        )
        return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]

    def _file(self, run: LogRun, file: RunFile) -> LogFile:
        from aim.importers.tensorboard.log_file import LogFile  # numpy and protobuf: only for reading

        with self._lock:
            found = self._files.get((run.hash, file.key))
            if found is None:
                found = LogFile(file, self._remembered.get(file.path))
                self._files[run.hash, file.key] = found
            return found

    def _opened(self, run: LogRun, *, load: bool) -> list[LogFile]:
        files = []
        is_live = self._is_live(run)
        for file in run.files:
            found = self._file(run, file)
            found.keeps_silences = self._age_s(run) < LIVE_S
            if self._has_read(found, partial(found.update, file, load=load)) or (found.is_loaded and found.size_bytes):
                files.append(found)
        if all(found.is_loaded for found in files):
            later: dict[str, int] = {}  # by directory: restarts belong to its writers
            for found in reversed(files):
                directory = os.path.dirname(found.file.key)
                self._has_read(found, partial(found.drop_from, later.get(directory)))
                first = found.restarts.first_step
                if first is not None:
                    later[directory] = min(first, later.get(directory, first))
        if not is_live:
            for found in files:
                self._memory[found.file.path] = found.memory()
        return files

    def _has_read(self, file: LogFile, work: Callable[[], None]) -> bool:
        """Whether it could be read. A file that cannot does not hide the others, and is tried again later."""
        path = file.file.path
        try:
            work()
        except OSError as error:
            self._failed[path] = error.strerror or str(error)
            return False
        self._failed.pop(path, None)
        return True

    def list_streams(self, run_hash: str) -> list[_Stream]:
        """See :meth:`aim.schema.source.Source.list_streams`."""
        run = self._runs.get(run_hash)
        if run is None:
            return []
        files = self._opened(run, load=False)
        if not all(file.is_loaded for file in files) and any(file.is_loaded for file in files):
            files = self._opened(run, load=True)  # the facts about a run are in all its files together
        return self._streams(run, files)

    def _streams(self, run: LogRun, files: Sequence[LogFile]) -> list[_Stream]:
        points = [_Stream(file.file.key, "points", file.size_bytes) for file in files]
        revision = sum(1 + file.revision for file in files) if all(file.is_loaded for file in files) else 0
        if revision:
            self._memory[_revision_key(run)] = revision
        else:
            remembered = self._remembered.get(_revision_key(run))
            revision = remembered if isinstance(remembered, int) else 1
        return [_Stream(_SUMMARY_KEY, "events", revision), *points]

    def read_run(self, run_hash: str) -> RunReading:
        """See :meth:`aim.schema.source.Source.read_run`."""
        run = self._runs.get(run_hash)
        if run is None:
            return RunReading(RunState(run_hash), [], [], LossLedger(), frozenset())
        files = self._opened(run, load=True)
        streams = self._streams(run, files)
        is_ended = not self._is_live(run)
        ended = frozenset(stream.key for stream in streams) if is_ended else frozenset()
        return RunReading(_state(run, files), streams[1:], streams[:1], LossLedger(), ended)

    def standing(self, state: RunState) -> _Standing:
        """By how long ago a file grew, and by what the hparams plugin reported of the end.

        The times in the files come from clocks that may be wrong. They only decide whether files that were never seen
        to grow are old ones that were copied here a moment ago.
        """
        run = self._runs.get(state.hash)
        known = [self._files.get((run.hash, file.key)) for file in run.files] if run is not None else []
        files = [file for file in known if file is not None]
        last = max((file.last_time for file in files if file.last_time is not None), default=None)
        age_s = self._age_s(run) if run is not None else LIVE_S
        if run is not None and last is not None and not self._was_seen_growing(run):
            age_s = max(age_s, self._now - last)
        if any(file.has_events for file in files):
            if age_s < RUNNING_S:
                return _Standing("running", None)
            if age_s < _patience_s(state, files):
                return _Standing(UNCERTAIN, None)
        if run is not None:
            self._settled[run.hash] = _stamps(run)
        said = state.reported_status
        ended_at = last if last is not None else state.last_recorded_at
        return _Standing("failed" if said is not None and said[1] == "failed" else "finished", ended_at)

    def read_points(self, run_hash: str, key: str, start: int, stop: int) -> npt.NDArray[np.void]:
        """See :meth:`aim.schema.source.Source.read_points`."""
        run = self._runs.get(run_hash)
        file = next((file for file in run.files if file.key == key), None) if run is not None else None
        if run is None or file is None:
            raise FileNotFoundError(f"{key} of run {run_hash} was removed")
        found = self._file(run, file)
        if not found.is_loaded:
            self._opened(run, load=True)  # which of its points count depends on the other files
        records = found.read(start, stop)
        if not self._is_live(run) and stop >= found.size_bytes:
            found.forget_records()
        return records

    def read_head(self, run_hash: str, key: str, size: int) -> bytes:
        """See :meth:`aim.schema.source.Source.read_head`."""
        if key == _SUMMARY_KEY:
            return run_hash.encode()[:size]
        run = self._runs.get(run_hash)
        file = next((file for file in run.files if file.key == key), None) if run is not None else None
        return self._file(run, file).read_head(size) if run is not None and file is not None else b""

    def next_extent(self, run_hash: str, key: str, start: int, stop: int) -> tuple[int, int]:
        """See :meth:`aim.schema.source.Source.next_extent`. The records have no holes."""
        return start, stop

    def report(self, run_hash: str | None = None) -> SourceReport:
        """Folders and files that could not be read, places in files that were skipped, and what is not shown."""
        with self._lock:
            run = self._runs.get(run_hash) if run_hash is not None else None
            if run is not None:
                return self._report((run.directory,), [run], {})
            if run_hash is not None:
                return SourceReport()
            unreadable = {path: reason for folder in self._walks for path, reason in folder.unreadable.items()}
            return self._report(self.folders, self._runs.values(), unreadable)

    def _report(self, places: Sequence[str], runs: Collection[LogRun], unreadable: Mapping[str, str]) -> SourceReport:
        not_shown: Counter[str] = Counter()
        problems = {path: [f"{path}: cannot be read: {reason}"] for path, reason in unreadable.items()}
        for run in runs:
            for file in run.files:
                if file.path in self._failed:
                    problems[file.path] = [f"{file.path}: cannot be read: {self._failed[file.path]}"]
                elif not file.size_bytes:
                    problems[file.path] = [f"{file.path}: is empty"]
                found = self._findings(run, file)
                if found:
                    not_shown.update(found.not_shown)
                    problems.setdefault(file.path, []).extend(found.problems(file.path))
        in_order = [problem for _, lines in sorted(problems.items()) for problem in lines]
        return SourceReport(places, len(runs), dict(not_shown), tuple(in_order))

    def _findings(self, run: LogRun, file: RunFile) -> Findings | None:
        opened = self._files.get((run.hash, file.key))
        if opened is not None:
            return opened.findings
        match self._memory.get(file.path):
            case [_, _, _, _, findings, _]:  # from an earlier process
                from aim.importers.tensorboard.format.findings import Findings

                return Findings.from_json(findings)
        return None


def _stamps(run: LogRun) -> _Stamps:
    return tuple((file.path, file.size_bytes, file.modified_ns) for file in run.files)


def _has_grown(file: RunFile, before: Sequence[int]) -> bool:
    """Whether a file changed since it had this (size, ns of its change): not if it was only given an earlier time."""
    return file.size_bytes != before[0] or file.modified_ns > before[1]


def _patience_s(state: RunState, files: Sequence[LogFile]) -> float:
    """How long a silence means that a run has ended."""
    if state.reported_status is not None:
        return RUNNING_S
    silences = [file.longest_silence_s for file in files if file.is_rhythmic]
    return min(max(_PATIENCE * max(silences), RUNNING_S), LIVE_S) if silences else LIVE_S


def _revision_key(run: LogRun) -> str:
    return f"said:{run.hash}"


def _stat_again(run: LogRun) -> LogRun:
    files = []
    for file in run.files:
        try:
            found = os.stat(file.path)
        except OSError:
            files.append(file)  # the next walk notices that it is gone
            continue
        files.append(
            replace(
                file,
                inode=found.st_ino,
                size_bytes=found.st_size,
                modified_ns=found.st_mtime_ns,
                changed_ns=found.st_ctime_ns,
            )
        )
    return replace(run, files=tuple(files))


def _state(run: LogRun, files: Sequence[LogFile]) -> RunState:
    """The facts in the files of a run, as if they were events of a run directory."""
    state = RunState(run.hash, name=run.name, experiment=run.experiment, source=SOURCE_NAME)
    attempts: Counter[str] = Counter()
    hparams: dict[str, Any] = {}
    for file in files:
        directory = os.path.dirname(file.file.key)
        attempts[directory] += 1 if file.restarts.own or not attempts[directory] else 0
        attempt = attempts[directory]
        context = canonical_context({"subset": file.file.subset} if file.file.subset else None)
        writer = WriterState(file.file.key, attempt=attempt, opened_at=file.first_time)
        writer.sequences = {
            number: SequenceDeclaration(number, metric_name(tag), context) for tag, number in file.tags.items()
        }
        state.writers[file.file.key] = writer
        hparams.update(file.hparams.values)
        if file.hparams.group:
            state.params["session_group"] = file.hparams.group
        if file.hparams.ended_as:
            state.reported_status = (file.last_time or 0.0, file.hparams.ended_as)
    if hparams:
        state.params["hparams"] = hparams
    first = [file.first_time for file in files if file.first_time is not None]
    last = [file.last_time for file in files if file.last_time is not None]
    state.created_at = min(first, default=min((file.file.modified_ns / 1e9 for file in files), default=None))
    modified = max((file.file.modified_ns / 1e9 for file in files), default=None)
    state.last_recorded_at = state.last_event_at = max(last, default=modified)
    return state


def metric_name(tag: str) -> str:
    """The name of a tag's metric: the tag, with control characters escaped as in Python.

    One that is too long is cut, and ends with a digest of the whole tag.
    """
    name = "".join(c if not has_unusable_characters(c) else c.encode("unicode_escape").decode("ascii") for c in tag)
    if len(name) > MAX_NAME_CHARS:  # tags that differ only at their ends stay apart
        name = f"{name[: MAX_NAME_CHARS - 13]}…{hashlib.sha256(os.fsencode(tag)).hexdigest()[:12]}"
    return name or "unnamed"
