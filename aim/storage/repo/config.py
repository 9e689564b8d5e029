"""A repo's config.json: what is set for everybody who uses the repo. Every change goes through this module."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aim.errors import RepoError, UnsafeFileError
from aim.schema.limits import MAX_CONFIG_BYTES
from aim.storage.repo import files
from aim.storage.repo.kernel_lock import try_lock, unlock
from aim.storage.repo.layout import RepoLayout

__all__ = ["Config", "change_config", "read_config"]

Config = dict[str, Any]
"""What the file holds; keys that this version does not know are kept."""

_WAIT_S: Final = 10.0
"""How long a change waits for the changes of others, each of which takes milliseconds."""
_PAUSE_S: Final = 0.005


def read_config(layout: RepoLayout) -> Config:
    """The content of config.json; {} if there is none.

    Raises:
        RepoError: the file is not a JSON object.
    """
    try:
        config = json.loads(files.read_bytes(layout.root, layout.config_path, MAX_CONFIG_BYTES))
    except FileNotFoundError:
        return {}
    except UnsafeFileError as error:
        reason = str(error).removeprefix(f"{layout.config_path} ")
        raise RepoError(f"cannot read {layout.config_path}: it {reason}. Fix or delete the file") from error
    except (OSError, ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RepoError(f"cannot read {layout.config_path}: {reason}. Fix or delete the file") from error
    if not isinstance(config, dict):
        raise RepoError(f"cannot read {layout.config_path}: it is not a JSON object. Fix or delete the file")
    return config


def change_config(layout: RepoLayout, change: Callable[[Config], Config], *, wait_s: float = _WAIT_S) -> None:
    """Change config.json; no other process or thread can change it in between.

    Args:
        layout: The repo.
        change: Gives the new config for the one that it is passed, which it must not modify. Where it gives an equal
            one, or raises, the file stays as it is.
        wait_s: Seconds to wait for changes by others.

    Raises:
        RepoError: the file is not a JSON object, the file system refuses, or another process goes on changing it.
    """
    with _lock(layout, wait_s):
        config = read_config(layout)
        changed = change(config)
        if changed == config:
            return
        text = json.dumps(changed, indent=2, sort_keys=True) + "\n"
        try:
            files.publish(layout.root, layout.config_path, text.encode("ascii"))
        except OSError as error:
            raise _refused(layout, error) from error


@contextmanager
def _lock(layout: RepoLayout, wait_s: float) -> Iterator[None]:
    try:
        fd = _open_lock(layout)
    except OSError as error:
        raise _refused(layout, error) from error
    try:
        _take(layout, fd, wait_s)
        try:
            yield
        finally:
            unlock(fd)
    finally:
        os.close(fd)


def _open_lock(layout: RepoLayout) -> int:
    """The lock has a separate file, because each change replaces config.json itself."""
    try:
        return files.open_file(layout.root, layout.config_lock, os.O_RDWR | os.O_CREAT)
    except PermissionError:
        # made by another user: to lock it, reading is enough, and whether we may change the config is seen later
        try:
            return files.open_file(layout.root, layout.config_lock)
        except FileNotFoundError:
            pass
        raise


def _take(layout: RepoLayout, fd: int, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while not (taken := try_lock(fd)):
        if taken is None:
            import logging  # recording does without it

            logging.getLogger("aim").warning(
                "%s: this file system has no locks; change experiments from one process at a time", layout.root
            )
            return
        if time.monotonic() >= deadline:
            raise RepoError(
                f"cannot change {layout.config_path}: another process has been changing it for {wait_s:.0f} s. "
                "Try again once it has ended"
            )
        time.sleep(_PAUSE_S)


def _refused(layout: RepoLayout, error: OSError) -> RepoError:
    return RepoError(f"cannot write {layout.config_path}: {error.strerror or error}")
