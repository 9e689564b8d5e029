"""Which runs a folder of TensorBoard logs holds, by its directories and file names (see also :mod:`.nested`).

A run is a directory that holds a file with ``tfevents`` in its name, as in TensorBoard, and is called as it. Some
directories are parts of the run that their parent stands for:

- ``train``, ``val`` and so on where several of them lie side by side, or beside event files of their parent; they are
  told apart by the context ``subset``. Alone, or beside ``train2``, such a name is a run's own. Where several siblings
  would be the same subset (``val`` and ``eval``), each is called as its directory.
- What torch's ``add_hparams`` and ``add_scalars`` write below the run that they are called for.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aim.importers.tensorboard.nested import SUBSETS, nested_parts
from aim.schema.names import has_unusable_characters

__all__ = ["LogFolder", "LogRun", "RunFile", "find_runs", "walk_logs"]

_COUNTED = re.compile(rf"(?:{'|'.join(SUBSETS)})[-_ .]?[0-9]+")
"""Names that count on from one of those: what lies beside them is the first of several runs."""
_MARK = "tfevents"
_NOT_EVENTS = ".profile-empty"
"""The end of the name of an empty file that the profiler leaves, for TensorBoard to look into the directory."""
_MOST_DIRECTORIES = 200_000
"""A folder with more is no folder of logs, or one whose links lead all over the machine."""


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
    """Find the event files below a directory.

    Each directory is visited once, by its own path if it has one below `root`, else by the first of the links to it.
    Links upwards are not followed.
    """
    found = LogFolder(os.path.abspath(root))
    seen: set[tuple[int, int]] = set()
    top = os.path.realpath(found.root)
    pending = [(found.root, top)]
    links: list[tuple[str, str]] = []
    while pending or links:
        if not pending:  # what has a path of its own comes first: a link called "latest" gives no run its name
            links.sort(reverse=True)
            pending.append(links.pop())
        directory, real = pending.pop()
        try:
            place = os.stat(directory)
            if (place.st_dev, place.st_ino) in seen:
                continue
            if len(seen) == _MOST_DIRECTORIES:
                found.unreadable[found.root] = f"only the first {_MOST_DIRECTORIES:,} directories are looked at"
                break
            seen.add((place.st_dev, place.st_ino))
            found.real[directory] = real
            with os.scandir(directory) as entries:
                for entry in entries:
                    try:
                        is_called_so = _MARK in entry.name and not entry.name.endswith(_NOT_EVENTS)
                        is_events = is_called_so and entry.is_file()
                        is_below = not is_events and entry.is_dir()
                    except OSError as error:  # a link to itself; what lies beside it is read all the same
                        found.unreadable[entry.path] = error.strerror or str(error)
                        continue
                    if is_events:
                        found.directories.setdefault(directory, []).append(entry)
                    elif is_below and not entry.is_symlink():
                        pending.append((entry.path, os.path.join(real, entry.name)))
                    elif is_below:
                        below = os.path.realpath(entry.path)
                        if below != top and f"{top}/".startswith(os.path.join(below, "")):
                            found.unreadable[entry.path] = "its link leads to a folder that this one lies in"
                        else:
                            links.append((entry.path, below))
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
    tag: str
    """The one tag that it is for, of ``add_scalars``; else empty."""
    entries: list[os.DirEntry[str]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a directory belongs."""

    run: str
    subset: str = ""
    tag: str = ""


def find_runs(folders: Iterable[LogFolder], *, is_flat: bool = False) -> dict[str, LogRun]:
    """The runs of some folders by hash; a directory that lies below two of them counts once.

    Args:
        folders: What walks found.
        is_flat: Every directory is a run of its own, whatever it is called.
    """
    parts: dict[str, list[_Part]] = {}
    roots: dict[str, LogFolder] = {}
    stands_for: dict[str, str] = {}
    visited: set[str] = set()
    for folder in folders:
        places, alone = ({}, {}) if is_flat else _places(folder)
        stands_for |= alone
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
        place_of = os.fsencode(folder.real[stands_for.get(run, run)])
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
    """Where those directories belong that are parts of the run above; and those that stand for their parent.

    The latter are called as a subset and have no sibling as yet: they keep the hash that the run has once ``val`` comes
    to lie beside ``train``.
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
    """The same where the run above is itself a part of one."""
    above = places.get(place.run)
    if above is None:
        return place
    above = _joined(above, places)
    return _Place(above.run, place.subset or above.subset, place.tag)


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
