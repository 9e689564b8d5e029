"""Where the index of a repo is: beside it when that is a local, writable file system, else in the user's cache."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from aim.errors import UnsafeFileError
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout

__all__ = [
    "DIRECTORY_VARIABLE",
    "Location",
    "cache_directory",
    "file_system_type",
    "find_location",
    "is_network_type",
    "stale_directories",
]

DIRECTORY_VARIABLE: Final = "AIM_INDEX_DIR"

_NETWORK_TYPES: Final = frozenset(
    "9p acfs afs beegfs ceph cephfs cifs coda davfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs panfs"
    " prl_fs pvfs2 smb2 smb3 smbfs vboxsf virtiofs wekafs".split()
)
"""SQLite's WAL needs memory shared by all who open the file, and locks that work: neither can be relied on here."""

_VERSION: Final = re.compile("v[0-9]+")
_LOCAL_FUSE_TYPES: Final = frozenset(["fuseblk", "fuse.ntfs-3g", "fuse.exfat", "fuse.fuse-overlayfs", "fuse.bindfs"])


@dataclass(frozen=True, slots=True)
class Location:
    """A directory for an index, and in words why it is that one."""

    directory: str
    reason: str
    is_temporary: bool = False
    """`directory` is that of the system's temporary files: a folder is made there for as long as the index is open."""
    repo: str = ""
    """The root of the repo that it is in; "" for another directory of the user's, which links may lead to."""

    @property
    def root(self) -> str:
        """Below this no link is followed, see :mod:`aim.storage.repo.files`."""
        return self.repo or self.directory

    def folder(self, name: str) -> Location:
        """A folder in it; a temporary location itself, in which each index has its own folder anyway."""
        return self if self.is_temporary else replace(self, directory=os.path.join(self.directory, name))


def find_location(
    layout: RepoLayout, *, environ: Mapping[str, str] | None = None, refused: Mapping[str, str] | None = None
) -> Location:
    """Where the index of a repo is; its directory is made.

    Args:
        layout: The repo.
        environ: Instead of ``os.environ``.
        refused: Directories in which no index could be made, with what was in the way.
    """

    def obstacle(directory: str, root: str = "") -> str:
        return (refused or {}).get(directory) or _obstacle(root or directory, directory)

    env = os.environ if environ is None else environ
    chosen = env.get(DIRECTORY_VARIABLE)
    reasons = []
    if chosen:
        directory = os.path.join(os.path.abspath(os.path.expanduser(chosen)), _folder_name(layout))
        found = obstacle(directory)
        if not found:
            return Location(directory, f"set by {DIRECTORY_VARIABLE}")
        reasons.append(f"{DIRECTORY_VARIABLE} cannot be used: {found}")
    else:
        kind = file_system_type(layout.index)
        if is_network_type(kind):
            reasons.append(f"the repo is on a network file system ({kind})")
        elif found := obstacle(layout.index, layout.root):
            reasons.append(found)
        else:
            return Location(layout.index, "in the repo", repo=layout.root)
    directory = os.path.join(cache_directory(env), "aim", "index", _folder_name(layout))
    kind = file_system_type(directory)
    found = f"it is on a network file system ({kind})" if is_network_type(kind) else obstacle(directory)
    if not found:
        return Location(directory, f"in the user's cache, because {' and '.join(reasons)}")
    reasons.append(f"the user's cache cannot be used: {found}")
    return Location(tempfile.gettempdir(), f"temporary, because {' and '.join(reasons)}", is_temporary=True)


def stale_directories(layout: RepoLayout) -> list[str]:
    """Index directories of the repo that are not in use: the one inside it while the index is elsewhere."""
    if find_location(layout).directory == layout.index:
        return []
    try:
        return [layout.index] if files.list_names(layout.root, layout.index) else []
    except OSError:  # none, or a link, which leads to what is not ours
        return []


def _folder_name(layout: RepoLayout) -> str:
    return hashlib.sha256(os.path.realpath(layout.root).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _obstacle(root: str, directory: str) -> str:
    """Why no files can be made there, "" if they can. Tried: permissions do not tell all (quota, read-only mounts)."""
    try:
        files.make_folders(root, directory)
        with files.open_folder(root, directory) as folder:
            name = f".try-{os.urandom(8).hex()}"
            folder.write_new(name, b"")
            folder.unlink(name)
            folders = [entry.name for entry in folder.scan() if _VERSION.fullmatch(entry.name) and entry.is_dir()]
    except UnsafeFileError as error:
        return str(error)
    except (FileExistsError, NotADirectoryError) as error:
        return f"{error.filename or directory} is not a directory"
    except OSError as error:
        return f"{directory} cannot be written to ({error.strerror or error})"
    if folders:
        from aim.index.sql.tables import SCHEMA_VERSION  # loads SQLAlchemy

        if f"v{SCHEMA_VERSION}" in folders:
            return f"{os.path.join(directory, f'v{SCHEMA_VERSION}')} is a directory"
    return ""


def cache_directory(environ: Mapping[str, str] | None = None) -> str:
    """The user's directory for what may be deleted at any time."""
    env = os.environ if environ is None else environ
    if env.get("XDG_CACHE_HOME"):
        return env["XDG_CACHE_HOME"]
    if sys.platform == "win32" and env.get("LOCALAPPDATA"):
        return env["LOCALAPPDATA"]
    home = os.path.expanduser("~")
    return os.path.join(home, "Library", "Caches") if sys.platform == "darwin" else os.path.join(home, ".cache")


def is_network_type(kind: str) -> bool:
    """Whether a file system type is one where SQLite's WAL cannot be trusted."""
    return kind in _NETWORK_TYPES or (kind.startswith("fuse") and kind not in _LOCAL_FUSE_TYPES)


def file_system_type(path: str, mounts: str = "/proc/self/mounts") -> str:
    """The type of the file system that `path` is on (or will be, once made), "" if that is not known.

    Args:
        path: Need not exist.
        mounts: Table of mounts as Linux has it.
    """
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return ""
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _unescaped(fields[1])
        inside = point == "/" or real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # a later mount over the same point hides the earlier
            best, kind = point, fields[2]
    return kind


def _unescaped(text: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text
