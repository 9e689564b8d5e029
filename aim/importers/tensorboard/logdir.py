"""Which runs a folder of TensorBoard logs holds, by its directories and file names (see also :mod:`.nested`).

A run is a directory that holds a file with ``tfevents`` in its name, as in TensorBoard, and has its name. Some
directories are parts of the run of their parent:

- ``train``, ``val`` and so on where several of them are side by side, or beside event files of their parent; the
  context ``subset`` distinguishes them. Alone, or beside ``train2``, such a directory is a run. Where several siblings
  would be the same subset (``val`` and ``eval``), each keeps the name of its directory.
- What torch's ``add_hparams`` and ``add_scalars`` write below the run that they are called for.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aim.importers.tensorboard.nested import nested_parts
from aim.schema.names import has_unusable_characters
from aim.schema.subsets import SUBSETS

__all__ = ["LogFolder", "LogRun", "RunFile", "find_runs", "walk_logs"]

_COUNTED = re.compile(rf"(?:{'|'.join(SUBSETS)})[-_ .]?[0-9]+")
"""Names that continue one of those with a number: the directory without one is the first of several runs."""
_MARK = "tfevents"
_NOT_EVENTS = ".profile-empty"
"""The suffix of an empty file that the profiler leaves so that TensorBoard reads the directory."""
_MOST_DIRECTORIES = 200_000
"""A folder with more is not a log folder, or its links lead all over the machine."""


@dataclass(frozen=True, slots=True)
class RunFile:
    """One event file of a run."""

    key: str
    """Its path below the run's directory; unique in the run. It changes with the name of the subset, so that an index
    reads the points again."""
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
    """A run in a log folder."""

    hash: str
    """From the path of its directory: the same in every process, at any time."""
    import_hash: str
    """Of the copy that an import creates: the logs may be read in place beside it."""
    name: str
    experiment: str
    directory: str
    files: tuple[RunFile, ...]
    """Ordered by name."""


@dataclass(slots=True)
class LogFolder:
    """What a walk through a folder found."""

    root: str
    directories: dict[str, list[os.DirEntry[str]]] = field(default_factory=dict)
    """Directory to the event files in it."""
    real: dict[str, str] = field(default_factory=dict)
    """Directory to its path without links, of all that were visited."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Path to the reason why it was skipped."""


def walk_logs(root: str) -> LogFolder:
    """Find the event files below a directory.

    Each directory is visited once, by its own path if it has one below `root`, else by the first link to it.
    Links upwards are not followed.
    """
    found = LogFolder(os.path.abspath(root))
    seen: set[tuple[int, int]] = set()
    top = os.path.realpath(found.root)
    pending = [(found.root, top)]
    links: list[tuple[str, str]] = []
    while pending or links:
        if not pending:  # real paths come first: no run is named after a link like "latest"
            links.sort(reverse=True)
            pending.append(links.pop())
        directory, real = pending.pop()
        try:
            place = os.stat(directory)
            if (place.st_dev, place.st_ino) in seen:
                continue
            if len(seen) == _MOST_DIRECTORIES:
                found.unreadable[found.root] = f"only the first {_MOST_DIRECTORIES:,} directories are read"
                break
            seen.add((place.st_dev, place.st_ino))
            found.real[directory] = real
            with os.scandir(directory) as entries:
                for entry in entries:
                    try:
                        has_mark = _MARK in entry.name and not entry.name.endswith(_NOT_EVENTS)
                        is_events = has_mark and entry.is_file()
                        is_below = not is_events and entry.is_dir()
                    except OSError as error:  # a link to itself; the other entries are read
                        found.unreadable[entry.path] = error.strerror or str(error)
                        continue
                    if is_events:
                        found.directories.setdefault(directory, []).append(entry)
                    elif is_below and not entry.is_symlink():
                        pending.append((entry.path, os.path.join(real, entry.name)))
                    elif is_below:
                        below = os.path.realpath(entry.path)
                        if below != top and f"{top}/".startswith(os.path.join(below, "")):
                            found.unreadable[entry.path] = "it links to a parent of this folder"
                        else:
                            links.append((entry.path, below))
                    elif has_mark:
                        is_broken = not os.path.exists(entry.path)
                        reason = "its link is broken" if is_broken else "it is not a regular file"
                        found.unreadable[entry.path] = reason
        except OSError as error:
            found.unreadable[directory] = error.strerror or str(error)
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """A directory of a run."""

    directory: str
    subset: str
    tag: str
    """The single tag that ``add_scalars`` writes there; else empty."""
    entries: list[os.DirEntry[str]]


@dataclass(frozen=True, slots=True)
class _Place:
    """The run that a directory belongs to."""

    run: str
    subset: str = ""
    tag: str = ""


def find_runs(folders: Iterable[LogFolder], *, is_flat: bool = False) -> dict[str, LogRun]:
    """The runs of some folders by hash; a directory below two of them counts once.

    Args:
        folders: What :func:`walk_logs` found.
        is_flat: Every directory is a separate run, whatever its name.
    """
    parts: dict[str, list[_Part]] = {}
    roots: dict[str, LogFolder] = {}
    hashed_as: dict[str, str] = {}
    visited: set[str] = set()
    for folder in folders:
        places, alone = ({}, {}) if is_flat else _places(folder)
        hashed_as |= alone
        for directory, entries in sorted(folder.directories.items()):
            real = folder.real[directory]
            if real in visited:
                continue
            visited.add(real)
            place = places.get(directory) or _Place(directory)
            roots.setdefault(place.run, folder)
            parts.setdefault(place.run, []).append(_Part(directory, place.subset, place.tag, entries))
    runs = {}
    for run, members in parts.items():
        folder = roots[run]
        root = folder.root
        relative = os.path.relpath(run, root)
        experiment = _label(os.path.basename(root)) or "logs"
        place_of = os.fsencode(folder.real[hashed_as.get(run, run)])
        same = Counter((part.subset, part.tag) for part in members)
        found = (_files(run, part, is_alone=same[part.subset, part.tag] == 1) for part in members)
        files = sorted((file for part in found for file in part), key=lambda file: file.key)
        if files:
            name = experiment if relative == os.curdir else _label(relative)
            run_hash = _hash(b"tensorboard", place_of)
            import_hash = _hash(b"tensorboard import", place_of)
            runs[run_hash] = LogRun(run_hash, import_hash, name, experiment, run, tuple(files))
    return runs


def _places(folder: LogFolder) -> tuple[dict[str, _Place], dict[str, str]]:
    """The directories that are parts of the run above, with their place; and those that share the hash of their parent.

    The latter are named like a subset and have no sibling yet: they already have the hash that the run will have once
    ``val`` appears beside ``train``.
    """
    places: dict[str, _Place] = {}
    alone: dict[str, str] = {}
    below: dict[str, list[str]] = {}
    for directory in folder.directories:
        if directory != folder.root:
            below.setdefault(os.path.dirname(directory), []).append(directory)
    for parent, members in below.items():
        names = {directory: os.path.basename(directory).lower() for directory in members}
        subsets = {directory: SUBSETS[name] for directory, name in names.items() if name in SUBSETS}
        is_run = parent in folder.directories
        if not any(_COUNTED.fullmatch(name) for name in names.values()):
            if is_run or len(subsets) > 1:
                places.update((directory, _Place(parent, subset)) for directory, subset in subsets.items())
            elif len(members) == 1 and subsets:
                alone[members[0]] = parent
        if is_run:
            others = {directory: folder.directories[directory] for directory in members if directory not in places}
            places.update((directory, _Place(parent, *which)) for directory, which in nested_parts(others).items())
    return {directory: _joined(place, places) for directory, place in places.items()}, alone


def _joined(place: _Place, places: Mapping[str, _Place]) -> _Place:
    """The place where the run above is itself a part of a run."""
    above = places.get(place.run)
    if above is None:
        return place
    above = _joined(above, places)
    return _Place(above.run, place.subset or above.subset, place.tag)


def _files(run: str, part: _Part, *, is_alone: bool) -> Iterator[RunFile]:
    below, subset = os.path.relpath(part.directory, run), part.subset
    if subset and not is_alone and below != subset:
        # another path to the same directory, see RunFile.key
        below, subset = os.path.join(below, os.curdir), below
    for entry in part.entries:
        try:
            found = os.stat(entry.path)
        except OSError:  # removed in the meantime
            continue
        key = os.path.join(below, entry.name) if below != os.curdir else entry.name
        yield RunFile(key, entry.path, subset, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _hash(kind: bytes, place: bytes) -> str:
    return hashlib.sha256(kind + b"\n" + place).hexdigest()[:24]


def _label(text: str) -> str:
    """A path as the name of a run or an experiment."""
    return "".join("?" if has_unusable_characters(c) else c for c in text).strip()[:1000]
