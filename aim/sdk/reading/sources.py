"""What the index of a repo reads: its run directories, and the logs of other tools in place.

Importers lie above this layer and hand their sources in; TensorBoard's is looked up by name when logs are asked for.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aim.errors import InvalidValueError, RepoError, RepoFormatError
from aim.storage.repo.config import read_config
from aim.storage.repo.layout import REPO_DIR_NAME, RepoLayout
from aim.storage.repo.repo_files import create_repo

if TYPE_CHECKING:
    from aim.index.index import Index

__all__ = ["check_log_folders", "check_own", "configured_logs", "logs_only_repo", "open_index"]

_CONFIG_KEY = "tf_logs"
_TENSORBOARD = "aim.importers.tensorboard.source"


def check_log_folders(folders: Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Absolute paths of folders that hold, or may come to hold, logs.

    Raises:
        InvalidValueError: one is there and no directory, or is not there at all, or is the empty text.
    """
    found = []
    for folder in folders:
        if not os.fspath(folder):  # a shell's variable that is not set
            raise InvalidValueError("the folder of TensorBoard logs is named by an empty text; the current one is '.'")
        path = os.path.abspath(os.path.expanduser(os.fsdecode(folder)))
        if not os.path.isdir(path):
            what = "is no directory" if os.path.lexists(path) else "does not exist"
            raise InvalidValueError(f"the folder of TensorBoard logs {path!r:.300} {what}")
        found.append(path)
    return tuple(dict.fromkeys(found))


def configured_logs(layout: RepoLayout) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders of TensorBoard logs that the repo's config.json names, and what is wrong with it, a line each.

    Relative ones are as seen from the repo. One that does not exist counts, too: it may lie on a drive that is not
    mounted yet, and the source says in its report that it cannot be read. Left out are the whole machine and the
    system's own folders, which hold no logs; and, where somebody else wrote the file, what lies outside the folder of
    the repo: whoever serves a repo must not show others what only its own user may read.
    """
    named = read_config(layout).get(_CONFIG_KEY, [])
    place = f"{layout.config_path}: {_CONFIG_KEY}"
    if not isinstance(named, list):
        return (), (f"{place} is to be a list of folders, not {named!r:.80}",)
    base = os.path.dirname(layout.root)
    is_own = _is_own_file(layout.config_path)
    folders: dict[str, None] = {}
    problems: list[str] = []
    for path in named:
        if not _is_path(path):
            problems.append(f"{place} names {path!r:.80}, which is no folder's path")
            continue
        folder = os.path.abspath(os.path.join(base, path))
        real = os.path.realpath(folder)
        if _is_of_the_system(real):
            problems.append(f"{place} names {path!r:.80}, which is no folder of logs but the system itself")
        elif not is_own and not real.startswith(os.path.join(os.path.realpath(base), "")):
            problems.append(
                f"{place} names {path!r:.80}, which is outside the folder of the repo, and another user wrote it. "
                "To read it nevertheless: --tf_logs"
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


def logs_only_repo(folders: Sequence[str]) -> RepoLayout:
    """The repo behind logs that are looked at without a repo: in the user's cache, the same for the same folders.

    Where the cache cannot be written to it lies among the system's temporary files.

    Raises:
        RepoError: it cannot be made.
    """
    from aim.index.sql.location import cache_directory

    digest = _digest(folders)
    path = os.path.join(cache_directory(), "aim", "logs", digest, REPO_DIR_NAME)
    try:
        return create_repo(path)
    except RepoFormatError:
        raise
    except (RepoError, OSError) as error:
        temporary = _temporary_folder(digest)
        if temporary is None:
            raise
        logging.getLogger("aim").warning("%s. Index and notes of these logs lie in %s for now", error, temporary)
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


def open_index(layout: RepoLayout, tf_logs: Sequence[str] = ()) -> Index:
    """Open the index of a repo with the logs that its configuration names, and those given.

    Args:
        layout: The repo.
        tf_logs: Further folders, see :func:`check_log_folders`. An index with such is one beside that of the repo: who
            reads the repo without them must not find their runs, nor drop them.

    Raises:
        IndexUnavailableError: it can be made nowhere.
    """
    from aim.index.index import Index

    configured, problems = configured_logs(layout)
    further = tuple(folder for folder in tf_logs if folder not in configured)
    if not configured and not further and not problems:
        return Index.open(layout)
    from aim.storage.reading.edited import EditedSource, OwnRuns

    source: Any = import_module(_TENSORBOARD).TensorBoardSource((*configured, *further))
    logs = EditedSource(source, layout, problems=problems)
    return Index.open(
        layout,
        [logs, OwnRuns(layout, lambda: logs.hashes)],
        variant=f"logs-{_digest(further)}" if further else "",
    )


def check_own(index: Index, run_hash: str) -> None:
    """Refuse to move or delete a run that another tool's files hold.

    Raises:
        InvalidValueError: it is such a run.
    """
    if not index.is_own(run_hash):
        raise InvalidValueError(
            f"run {run_hash} is read in place from another tool's logs: archive it to hide it, or delete its files"
        )


def _digest(folders: Sequence[str]) -> str:
    text = b"\0".join(sorted(os.fsencode(os.path.realpath(folder)) for folder in folders))
    return hashlib.sha256(text).hexdigest()[:16]
