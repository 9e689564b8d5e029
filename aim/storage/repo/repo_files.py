"""Making and finding repos; their VERSION."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from aim.errors import RepoError, RepoFormatError, RepoNotFoundError, UnsafeFileError
from aim.schema.events import REPO_FORMAT
from aim.storage.repo import files
from aim.storage.repo.layout import REPO_DIR_NAME, RepoLayout

__all__ = [
    "check_format",
    "create_repo",
    "disk_refusal",
    "find_repo",
    "is_foreign_version",
    "is_repo",
    "iter_repos_upwards",
    "locate_repo",
    "named_repo",
    "open_repo",
    "resolve_repo",
    "working_directory",
]

_VERSION_BYTES: Final = 4096


def is_repo(layout: RepoLayout) -> bool:
    """Whether a repo is there, also one that lost its VERSION: it must not be skipped for one further up."""
    return files.exists(layout.root, layout.version_path) or files.exists(layout.root, layout.runs)


def is_for_a_repo(layout: RepoLayout) -> bool:
    """Whether this is a prepared place for a repo: an empty folder, perhaps a mounted disk, or a link.

    It must not be skipped for a repo further up, whose owner did not ask for these runs.
    """
    try:
        return not files.list_names(layout.root, layout.root)
    except FileNotFoundError:
        return os.path.islink(layout.root)  # the disk that it leads to is not mounted
    except OSError:
        return False


def working_directory() -> str:
    """The working directory.

    Raises:
        RepoNotFoundError: it was deleted.
    """
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise RepoNotFoundError("the working directory was deleted; change to another, or name a repo") from None


def iter_repos_upwards(start: str | os.PathLike[str]) -> Iterator[RepoLayout]:
    """The repos, and the places for one, in `start` and the directories above it, nearest first."""
    here = os.fspath(start)
    here = os.path.abspath(here if os.path.isabs(here) else os.path.join(working_directory(), here))
    while True:
        layout = RepoLayout(os.path.join(here, REPO_DIR_NAME))
        if is_repo(layout) or is_for_a_repo(layout):
            yield layout
        parent = os.path.dirname(here)
        if parent == here:
            return
        here = parent


def find_repo(start: str | os.PathLike[str] | None = None) -> RepoLayout | None:
    """The nearest repo, or place for one, at or above `start` (default: the working directory), or None."""
    return next(iter_repos_upwards(start if start is not None else working_directory()), None)


def resolve_repo(path: str | os.PathLike[str]) -> RepoLayout:
    """The layout that a user's `path` means: the ``.aim`` directory itself or the directory that holds it.

    Raises:
        RepoError: it is the address of a server.
    """
    text = os.fsdecode(path)
    if "://" in text:  # else it would become a directory of that name
        raise RepoError(f"{text!r:.200} is not a directory: recording to a server is not possible yet, pass a path")
    full = os.path.expanduser(text)
    full = os.path.abspath(full if os.path.isabs(full) else os.path.join(working_directory(), full))
    return RepoLayout(full if os.path.basename(full) == REPO_DIR_NAME else os.path.join(full, REPO_DIR_NAME))


def named_repo(path: str | os.PathLike[str] | None = None) -> str | os.PathLike[str] | None:
    """What names the repo: `path`, else AIM_REPO; None where neither does, and the nearest one upwards is meant."""
    return path if path is not None else os.environ.get("AIM_REPO") or None


def locate_repo(path: str | os.PathLike[str] | None = None) -> RepoLayout:
    """The repo that `path` means, whatever its VERSION; without a path the repo of AIM_REPO, else the nearest upwards.

    Raises:
        RepoNotFoundError: there is none.
    """
    path = named_repo(path)
    if path is None:
        layout = find_repo()
        if layout is None:
            raise RepoNotFoundError(f"no {REPO_DIR_NAME} in {working_directory()} or above it. Make one with: aim init")
    else:
        layout = resolve_repo(path)
    if not is_repo(layout):
        what = f"no Aim repo at {layout.root}"
        if os.path.islink(layout.root) and not os.path.exists(layout.root):
            raise RepoNotFoundError(f"{what}: it is a link to {os.path.realpath(layout.root)}, which does not exist")
        raise RepoNotFoundError(f"{what}. Make one with: aim init --repo {os.path.dirname(layout.root)}")
    return layout


def open_repo(path: str | os.PathLike[str] | None = None) -> RepoLayout:
    """The existing repo that `path` means, as :func:`locate_repo` finds it.

    Raises:
        RepoNotFoundError: there is none.
        RepoFormatError: it was written by a newer format, or its VERSION is lost or damaged.
    """
    layout = locate_repo(path)
    check_format(layout)
    return layout


def check_format(layout: RepoLayout) -> None:
    """Refuse a repo that a newer version wrote, and one whose folders are links.

    Raises:
        RepoFormatError: VERSION is unreadable or higher than ours.
        UnsafeFileError: a folder of the repo is a link, which would not be followed.
    """
    linked: OSError | None = None
    try:
        with files.open_folder(layout.root, layout.root) as root:
            text = root.read(os.path.basename(layout.version_path), _VERSION_BYTES).strip()
            try:
                for path in (layout.runs, layout.active, layout.closed, layout.names):
                    root.refuse_link(os.path.basename(path))
            except UnsafeFileError as error:
                linked = error
    except FileNotFoundError:
        raise RepoFormatError(f"cannot open {layout.root}: its VERSION file is missing. {_remedy(layout)}") from None
    except OSError as error:
        reason = error.strerror or error
        raise RepoFormatError(f"cannot open {layout.root}: its VERSION file is unreadable ({reason})") from error
    _check_version(layout, text)
    if linked is not None:
        raise linked


def _check_version(layout: RepoLayout, text: bytes) -> None:
    """Refuse what a VERSION file holds unless this version of Aim reads that format."""
    if is_foreign_version(text):
        raise RepoFormatError(
            f"cannot open {layout.root}: Aim 2 or 3 made it (its VERSION is {text.decode()}), which is another product "
            "with another format. Nothing in it was changed. Use another folder: pass repo=, or set AIM_REPO"
        )
    if not text.isdigit():
        raise RepoFormatError(
            f"cannot open {layout.root}: its VERSION file is unreadable (it is not a number). {_remedy(layout)}"
        )
    version = int(text)
    if version < 1:
        raise RepoFormatError(f"cannot open {layout.root}: its VERSION file has {version}, which is not a format")
    if version > REPO_FORMAT:
        raise RepoFormatError(
            f"cannot open {layout.root}: written by format {version}, this version reads 1-{REPO_FORMAT}. "
            "Install a later version of Aim, such as the one that wrote it."
        )


def is_foreign_version(text: bytes) -> bool:
    """Whether this is how Aim 2 and 3 write the version of a repo: ``1.2``. It is neither ours nor damaged."""
    return re.fullmatch(rb"\d{1,9}(\.\d{1,9}){1,3}", text) is not None


def _remedy(layout: RepoLayout) -> str:
    return f"Repair it with: aim doctor --repair --repo {os.path.dirname(layout.root)}"


def _version_of_whole(layout: RepoLayout) -> bytes | None:
    """What VERSION holds if everything is there that a repo begins with; else None."""
    try:
        with files.open_folder(layout.root, layout.root) as root:
            for path in (layout.runs, layout.active, layout.closed, layout.names):
                if not stat.S_ISDIR(root.stat(os.path.basename(path)).st_mode):
                    return None
            return root.read(os.path.basename(layout.version_path), _VERSION_BYTES).strip()
    except OSError:
        return None


def _write_version(layout: RepoLayout) -> None:
    data = f"{REPO_FORMAT}\n".encode("ascii")
    try:
        files.publish(layout.root, layout.version_path, data)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        # A disk that takes data and fails to sync it: each run counts that itself.
        with suppress(FileExistsError):
            files.write_new(layout.root, layout.version_path, data)


_MISTAKES: Final = (
    errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL, errno.EISDIR, errno.ENOENT,
)  # fmt: skip
"""Errors for a path that cannot become a repo, now or later."""


def disk_refusal(error: BaseException) -> OSError | None:
    """The error of the disk if that is why `error` was raised: it is full, read-only, another user's, broken.

    None if it was raised for another reason, such as a path that is a file.
    """
    cause = error if isinstance(error, OSError) else error.__cause__
    is_refusal = isinstance(cause, OSError) and not isinstance(cause, UnsafeFileError) and cause.errno not in _MISTAKES
    return cause if is_refusal else None  # type: ignore[return-value]  # mypy loses it in the name


def create_repo(path: str | os.PathLike[str]) -> RepoLayout:
    """Make the repo that `path` means, or complete it where parts are missing. Several processes may do it at once.

    Raises:
        RepoError: the file system refuses.
        RepoFormatError: a newer version made it.
    """
    layout = resolve_repo(path)
    version = _version_of_whole(layout)
    if version is not None:
        _check_version(layout, version)
        return layout
    if files.exists(layout.root, layout.version_path):
        check_format(layout)  # before anything is added to it
    try:
        files.make_folders(layout.root, layout.root)
        # before the directories: if a full disk refuses it, no repo without a VERSION is left
        if not files.exists(layout.root, layout.version_path):
            _write_version(layout)
        for directory in (layout.runs, layout.active, layout.closed, layout.names):
            files.make_folders(layout.root, directory)
    except UnsafeFileError:
        raise
    except OSError as error:
        raise RepoError(f"cannot make a repo at {layout.root}: {error.strerror or error}") from error
    check_format(layout)
    return layout
