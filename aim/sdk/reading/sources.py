"""What the index of a repo reads: its run directories, and the files of other tools in place."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from aim.errors import InvalidValueError, RepoError, RepoFormatError
from aim.schema.in_place import InPlace, InPlaceKind
from aim.storage.repo.config import read_config
from aim.storage.repo.layout import REPO_DIR_NAME, RepoLayout
from aim.storage.repo.repo_files import create_repo

if TYPE_CHECKING:
    from aim.index.index import Index

__all__ = [
    "Folders",
    "check_own",
    "configured_folders",
    "has_configured_folders",
    "in_place_kinds",
    "logs_only_repo",
    "open_index",
    "to_in_place",
]

Folders = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def in_place_kinds() -> Mapping[str, InPlaceKind]:
    """The kinds of files that can be read in place, by name."""
    import aim  # which knows the importers; this layer does not

    kinds: Sequence[InPlaceKind] = aim._in_place_kinds()
    return {kind.name: kind for kind in kinds}


def to_in_place(folders: Mapping[str, Folders]) -> tuple[InPlace, ...]:
    """Folders as a caller gives them, checked; kinds without folders are left out.

    Args:
        folders: One folder or several, by the name of their kind.

    Raises:
        InvalidValueError: a folder does not exist, is not a directory, or is the empty string.
        TypeError: there is no such kind.
    """
    kinds = in_place_kinds()
    found = []
    for name, given in folders.items():
        if name not in kinds:
            raise TypeError(f"there is no {name!r}; files can be read in place as {', '.join(kinds)}")
        one_or_more = [given] if isinstance(given, (str, os.PathLike)) else given
        if checked := _check_folders(kinds[name].tool, one_or_more):
            found.append(InPlace(name, checked))
    return tuple(found)


def _check_folders(tool: str, folders: Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    found = []
    for folder in folders:
        if not os.fspath(folder):  # a shell's variable that is not set
            raise InvalidValueError(f"the {tool} log folder is an empty string; use '.' for the current one")
        path = os.path.abspath(os.path.expanduser(os.fsdecode(folder)))
        if not os.path.isdir(path):
            what = "is not a directory" if os.path.lexists(path) else "does not exist"
            raise InvalidValueError(f"{tool} log folder {path!r:.300} {what}")
        found.append(path)
    return tuple(dict.fromkeys(found))


def has_configured_folders(layout: RepoLayout) -> bool:
    """Whether the repo's config.json names folders to read in place."""
    return any(configured_folders(layout, kind)[0] for kind in in_place_kinds())


def configured_folders(layout: RepoLayout, kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders of a kind that the repo's config.json names, and what is wrong with it, one problem per line.

    Relative ones are relative to the folder of the repo. One that does not exist counts, too: it may be on a drive that
    is not mounted yet, and the source says in its report that it cannot be read. Left out are the whole machine and the
    system's own folders, which hold no logs; and, where another user wrote the file, everything outside the folder of
    the repo: whoever serves a repo must not show others what only its own user may read.
    """
    named = read_config(layout).get(kind, [])
    place = f"{layout.config_path}: {kind}"
    if not isinstance(named, list):
        return (), (f"{place} must be a list of folders, not {named!r:.80}",)
    base = os.path.dirname(layout.root)
    is_own = _is_own_file(layout.config_path)
    folders: dict[str, None] = {}
    problems: list[str] = []
    for path in named:
        if not _is_path(path):
            problems.append(f"{place} names {path!r:.80}, which is not the path of a folder")
            continue
        folder = os.path.abspath(os.path.join(base, path))
        real = os.path.realpath(folder)
        if _is_of_the_system(real):
            problems.append(f"{place} names {path!r:.80}, which is not a folder of logs but the system itself")
        elif not is_own and not real.startswith(os.path.join(os.path.realpath(base), "")):
            problems.append(
                f"{place} names {path!r:.80}, which is outside the folder of the repo, and another user wrote it. "
                f"To read it nevertheless: --{kind}"
            )
        elif len(folders) == _MOST_FOLDERS:
            problems.append(f"{place} names more than {_MOST_FOLDERS} folders; the others are not read")
            break
        else:
            folders[folder] = None
    return tuple(folders), tuple(problems)


_MOST_FOLDERS = 1_000


def _is_of_the_system(real: str) -> bool:
    """Whether a folder, without links, is the whole machine, or one of those that stand for its devices."""
    if os.path.dirname(real) == real:
        return True
    return f"{real}/".startswith(("/proc/", "/sys/", "/dev/")) and not f"{real}/".startswith("/dev/shm/")


def _is_own_file(path: str) -> bool:
    """Whether the file is of the user of this process, or of root; True where files have no owners."""
    if not hasattr(os, "geteuid"):
        return True
    try:
        return os.lstat(path).st_uid in (0, os.geteuid())
    except OSError:
        return True


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def logs_only_repo(in_place: Sequence[InPlace]) -> RepoLayout:
    """The repo behind files that are read without a repo: in the user's cache, the same for the same folders.

    If the cache cannot be written to, it is among the system's temporary files.

    Raises:
        RepoError: it cannot be made.
    """
    from aim.index.sql.location import cache_directory

    digest = _digest(in_place)
    path = os.path.join(cache_directory(), "aim", "logs", digest, REPO_DIR_NAME)
    try:
        return create_repo(path)
    except RepoFormatError:
        raise
    except (RepoError, OSError) as error:
        temporary = _temporary_folder(digest)
        if temporary is None:
            raise
        logging.getLogger("aim").warning("%s. Index and notes of these logs are in %s for now", error, temporary)
        return create_repo(temporary)


def _temporary_folder(digest: str) -> str | None:
    """A folder of the user's own among the system's temporary files; None if somebody else has made it."""
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    path = os.path.join(tempfile.gettempdir(), f"aim-logs-{user}-{digest}")
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except OSError:
        return None
    found = os.lstat(path)
    is_own = stat.S_ISDIR(found.st_mode) and (not hasattr(os, "geteuid") or found.st_uid == user)
    return path if is_own else None


def open_index(layout: RepoLayout, in_place: Sequence[InPlace] = ()) -> Index:
    """Open the index of a repo with the folders that its configuration names, and those given.

    Args:
        layout: The repo.
        in_place: Further folders, see :func:`to_in_place`. An index with such is one beside that of the repo: who reads
            the repo without them must not find their runs, nor drop them.

    Raises:
        IndexUnavailableError: it can be made nowhere.
    """
    from aim.index.index import Index
    from aim.storage.reading.edited import EditedSource, OwnRuns

    given = {each.kind: each.folders for each in in_place}
    sources: list[EditedSource] = []
    further: list[InPlace] = []
    for kind in in_place_kinds().values():
        configured, problems = configured_folders(layout, kind.name)
        others = tuple(folder for folder in given.get(kind.name, ()) if folder not in configured)
        if others:
            further.append(InPlace(kind.name, others))
        if configured or others or problems:
            source = kind.open_source((*configured, *others))
            sources.append(EditedSource(source, layout, problems=problems))
    if not sources:
        return Index.open(layout)
    own = OwnRuns(layout, lambda: frozenset().union(*(source.hashes for source in sources)))
    return Index.open(layout, [*sources, own], variant=f"logs-{_digest(further)}" if further else "")


def check_own(index: Index, run_hash: str) -> None:
    """Refuse to move or delete a run that another tool's files hold.

    Raises:
        InvalidValueError: it is such a run.
    """
    if not index.is_own(run_hash):
        raise InvalidValueError(
            f"run {run_hash} is read in place from another tool's logs: archive it to hide it, or delete its files"
        )


def _digest(in_place: Sequence[InPlace]) -> str:
    kinds = in_place_kinds()
    paths = [
        os.fsencode(kinds[each.kind].digest_prefix + os.path.realpath(folder))
        for each in in_place
        for folder in each.folders
    ]
    return hashlib.sha256(b"\0".join(sorted(paths))).hexdigest()[:16]
