"""Which runs a folder of TensorBoard logs holds, by its directories and file names alone.

A run is a directory that holds a file with ``tfevents`` in its name, as in TensorBoard. Directories that are called
``train``, ``val`` and so on are parts of the run that their parent stands for, told apart by the context ``subset``.
Where several siblings would be the same subset (``val`` and ``eval``), each is called as its directory.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aim.schema.names import has_unusable_characters

__all__ = ["LogFolder", "LogRun", "RunFile", "find_runs", "walk_logs"]

_SUBSETS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "eval": "val",
    "test": "test",
}
_MARK = "tfevents"


@dataclass(frozen=True, slots=True)
class RunFile:
    """One event file of a run."""

    key: str
    """Its path below the run's directory; unique in the run. It changes with what the subset is called: the points that
    an index knows by it are others then."""
    path: str
    subset: str
    """``train``, ``val``, ``test``, the name of its directory, or empty."""
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int
    """When its content, owner or permissions changed."""


@dataclass(frozen=True, slots=True)
class LogRun:
    """A run that a folder of logs holds."""

    hash: str
    """From the path of its directory: the same in every process and at every time."""
    import_hash: str
    """Of the copy that an import makes: the logs may be read in place beside it."""
    name: str
    experiment: str
    directory: str
    files: tuple[RunFile, ...]
    """In the order of their names."""


@dataclass(slots=True)
class LogFolder:
    """What a walk through a folder found."""

    root: str
    directories: dict[str, list[os.DirEntry[str]]] = field(default_factory=dict)
    """Directory to the event files in it."""
    real: dict[str, str] = field(default_factory=dict)
    """Directory to its path without links, of all that were visited."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Path to the reason why it was passed over."""


def walk_logs(root: str) -> LogFolder:
    """Find the event files below a directory. Links are followed, each directory is visited once."""
    found = LogFolder(os.path.abspath(root))
    seen: set[tuple[int, int]] = set()
    pending = [(found.root, os.path.realpath(found.root))]
    while pending:
        directory, real = pending.pop()
        try:
            place = os.stat(directory)
            if (place.st_dev, place.st_ino) in seen:
                continue
            seen.add((place.st_dev, place.st_ino))
            found.real[directory] = real
            with os.scandir(directory) as entries:
                for entry in entries:
                    try:
                        is_called_so = _MARK in entry.name
                        is_events = is_called_so and entry.is_file()
                        is_below = not is_events and entry.is_dir()
                    except OSError as error:  # a link to itself; what lies beside it is read all the same
                        found.unreadable[entry.path] = error.strerror or str(error)
                        continue
                    if is_events:
                        found.directories.setdefault(directory, []).append(entry)
                    elif is_below:
                        is_link = entry.is_symlink()
                        below = os.path.realpath(entry.path) if is_link else os.path.join(real, entry.name)
                        pending.append((entry.path, below))
                    elif is_called_so:
                        leads_nowhere = not os.path.exists(entry.path)
                        reason = "its link leads nowhere" if leads_nowhere else "it is no regular file"
                        found.unreadable[entry.path] = reason
        except OSError as error:
            found.unreadable[directory] = error.strerror or str(error)
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """A directory of a run."""

    directory: str
    subset: str
    entries: list[os.DirEntry[str]]


def find_runs(folders: Iterable[LogFolder], *, is_flat: bool = False) -> dict[str, LogRun]:
    """The runs of some folders by hash; a directory that lies below two of them counts once.

    Args:
        folders: What walks found.
        is_flat: Every directory is a run of its own, whatever it is called.
    """
    parts: dict[str, list[_Part]] = {}
    roots: dict[str, LogFolder] = {}
    visited: set[str] = set()
    for folder in folders:
        for directory, entries in sorted(folder.directories.items()):
            real = folder.real[directory]
            if real in visited:
                continue
            visited.add(real)
            is_part = not is_flat and directory != folder.root
            subset = _SUBSETS.get(os.path.basename(directory).lower(), "") if is_part else ""
            run = os.path.dirname(directory) if subset else directory
            roots.setdefault(run, folder)
            parts.setdefault(run, []).append(_Part(directory, subset, entries))
    runs = {}
    for run, members in parts.items():
        folder = roots[run]
        root = folder.root
        relative = os.path.relpath(run, root)
        experiment = _label(os.path.basename(root)) or "logs"
        place = os.fsencode(folder.real[run])
        same = Counter(part.subset for part in members)
        found = (_files(run, part, is_alone=same[part.subset] == 1) for part in members)
        files = sorted((file for part in found for file in part), key=lambda file: file.key)
        if files:
            name = experiment if relative == os.curdir else _label(relative)
            run_hash = _hash(b"tensorboard", place)
            import_hash = _hash(b"tensorboard import", place)
            runs[run_hash] = LogRun(run_hash, import_hash, name, experiment, run, tuple(files))
    return runs


def _files(run: str, part: _Part, *, is_alone: bool) -> Iterator[RunFile]:
    below, subset = os.path.relpath(part.directory, run), part.subset
    if subset and not is_alone and below != subset:
        # another path to the same place, see RunFile.key
        below, subset = os.path.join(below, os.curdir), below
    for entry in part.entries:
        try:
            found = os.stat(entry.path)
        except OSError:  # it went away meanwhile
            continue
        key = os.path.join(below, entry.name) if below != os.curdir else entry.name
        yield RunFile(key, entry.path, subset, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _hash(kind: bytes, place: bytes) -> str:
    return hashlib.sha256(kind + b"\n" + place).hexdigest()[:24]


def _label(text: str) -> str:
    """A path as a run or an experiment can be called."""
    return "".join("?" if has_unusable_characters(c) else c for c in text).strip()[:1000]
