"""Making and finding repos; their VERSION and config.json."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from aim.errors import RepoError, RepoFormatError, RepoNotFoundError
from aim.schema.events import REPO_FORMAT
from aim.schema.names import DEFAULT_EXPERIMENT
from aim.storage.layout import REPO_DIR_NAME, RepoLayout

__all__ = [
    "active_experiment",
    "check_format",
    "create_repo",
    "find_repo",
    "is_repo",
    "iter_repos_upwards",
    "locate_repo",
    "named_repo",
    "open_repo",
    "publish",
    "read_config",
    "resolve_repo",
    "working_directory",
    "write_config",
]


def is_repo(layout: RepoLayout) -> bool:
    """Whether a repo is there. One that lost its VERSION still is: it must not be passed over for one further up."""
    return os.path.lexists(layout.version_path) or os.path.isdir(layout.runs)


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
    """The repos in `start` and the directories above it, nearest first."""
    here = os.fspath(start)
    here = os.path.abspath(here if os.path.isabs(here) else os.path.join(working_directory(), here))
    while True:
        layout = RepoLayout(os.path.join(here, REPO_DIR_NAME))
        if is_repo(layout):
            yield layout
        parent = os.path.dirname(here)
        if parent == here:
            return
        here = parent


def find_repo(start: str | os.PathLike[str] | None = None) -> RepoLayout | None:
    """The nearest repo at or above `start` (default: the working directory), or None."""
    return next(iter_repos_upwards(start if start is not None else working_directory()), None)


def resolve_repo(path: str | os.PathLike[str]) -> RepoLayout:
    """The layout that a user's `path` means: the ``.aim`` directory itself or the directory that holds it.

    Raises:
        RepoError: it is the address of a server.
    """
    text = os.fsdecode(path)
    if "://" in text:  # else it would become a directory of that name
        raise RepoError(f"{text!r:.200} is no directory: recording to a server is not possible yet, pass a path")
    full = os.path.expanduser(text)
    full = os.path.abspath(full if os.path.isabs(full) else os.path.join(working_directory(), full))
    return RepoLayout(full if os.path.basename(full) == REPO_DIR_NAME else os.path.join(full, REPO_DIR_NAME))


def named_repo(path: str | os.PathLike[str] | None = None) -> str | os.PathLike[str] | None:
    """What names the repo: `path`, else AIM_REPO; None where neither does, and the nearest one upwards is meant."""
    return path if path is not None else os.environ.get("AIM_REPO") or None


def locate_repo(path: str | os.PathLike[str] | None = None) -> RepoLayout:
    """The repo that `path` means, whatever its VERSION says; without a path that of AIM_REPO, else the nearest upwards.

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
            raise RepoNotFoundError(
                f"no Aim repo at {layout.root}. Make one with: aim init --repo {os.path.dirname(layout.root)}"
            )
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
    """Refuse a repo that a newer version wrote.

    Raises:
        RepoFormatError: VERSION is unreadable or higher than ours.
    """
    remedy = f"Mend it with: aim doctor --repair --repo {os.path.dirname(layout.root)}"
    try:
        with open(layout.version_path, "rb") as file:
            text = file.read(64).strip()
    except FileNotFoundError:
        raise RepoFormatError(f"cannot open {layout.root}: its VERSION file is lost. {remedy}") from None
    except OSError as error:
        reason = error.strerror or error
        raise RepoFormatError(f"cannot open {layout.root}: its VERSION file is unreadable ({reason})") from None
    if not text.isdigit():
        raise RepoFormatError(
            f"cannot open {layout.root}: its VERSION file is unreadable (it holds no number). {remedy}"
        )
    version = int(text)
    if version < 1:
        raise RepoFormatError(f"cannot open {layout.root}: its VERSION file says {version}, which never was a format")
    if version > REPO_FORMAT:
        raise RepoFormatError(
            f"cannot open {layout.root}: written by format {version}, this version reads 1-{REPO_FORMAT}. "
            "Upgrade with: pip install -U aim"
        )


def create_repo(path: str | os.PathLike[str]) -> RepoLayout:
    """Make the repo that `path` means, or complete it where parts are missing. Harmless if several processes do it.

    Raises:
        RepoError: the file system refuses.
        RepoFormatError: a newer version made it.
    """
    layout = resolve_repo(path)
    if os.path.lexists(layout.version_path):
        check_format(layout)  # before anything is added to it
    try:
        for directory in (layout.runs, layout.active, layout.closed, layout.names):
            os.makedirs(directory, exist_ok=True)
        if not os.path.exists(layout.version_path):
            publish(layout.version_path, f"{REPO_FORMAT}\n")
    except OSError as error:
        raise RepoError(f"cannot make a repo at {layout.root}: {error.strerror or error}") from error
    check_format(layout)
    return layout


def publish(path: str, text: str) -> None:
    """Replace the whole file at `path` by atomic rename; readers see the old or the new text, never a part."""
    aside = f"{path}.{os.getpid()}-{os.urandom(4).hex()}.tmp"
    try:
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
        try:
            os.unlink(aside)
        except OSError:
            pass
        raise


def read_config(layout: RepoLayout) -> dict[str, Any]:
    """What config.json says; {} if there is none.

    Raises:
        RepoError: the file is not a JSON object.
    """
    try:
        with open(layout.config_path, encoding="utf-8") as file:
            config = json.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RepoError(f"cannot read {layout.config_path}: {error}. Mend or remove the file") from error
    if not isinstance(config, dict):
        raise RepoError(f"cannot read {layout.config_path}: it is no JSON object. Mend or remove the file")
    return config


def write_config(layout: RepoLayout, config: dict[str, Any]) -> None:
    """Replace config.json.

    Raises:
        RepoError: the file system refuses.
    """
    try:
        publish(layout.config_path, json.dumps(config, indent=2, sort_keys=True) + "\n")
    except OSError as error:
        raise RepoError(f"cannot write {layout.config_path}: {error.strerror or error}") from error


def active_experiment(layout: RepoLayout) -> str:
    """The experiment that is checked out; new runs belong to it unless told otherwise."""
    name = read_config(layout).get("experiment")
    return name if isinstance(name, str) and name else DEFAULT_EXPERIMENT
