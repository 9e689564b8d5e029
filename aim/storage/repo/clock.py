"""The file system's clock, which heartbeats are compared with."""

from __future__ import annotations

import os
import time

from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout

__all__ = ["fs_now"]


def fs_now(layout: RepoLayout, base: files.Base | None = None) -> float:
    """The present by the file system's clock, Unix seconds: the mtime of a file just touched there.

    A reader's clock may differ from the file server's. Where nothing can be touched (a read-only repo) it is the
    reader's clock.

    Args:
        layout: The repo.
        base: The open root of the repo, if there is one.
    """
    path = os.path.join(layout.root, ".clock")
    try:
        fd = files.open_file(base or layout.root, path, os.O_WRONLY | os.O_CREAT)
        try:
            return files.touch_fd(fd, path).st_mtime
        finally:
            os.close(fd)
    except OSError:
        return time.time()
