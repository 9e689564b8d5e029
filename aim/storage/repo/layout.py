"""The paths in a repo. Nothing here touches the disk."""

from __future__ import annotations

import os
import re

from aim.errors import RunNotFoundError
from aim.schema.names import is_run_hash, is_writer_id

__all__ = ["REPO_DIR_NAME", "RepoLayout", "parse_marker_name", "parse_stream_name", "repo_of_run", "stream_name"]

REPO_DIR_NAME = ".aim"

_STREAM = re.compile(
    r"(?P<writer>[0-9]{1,6}-[0-9a-f]{8,16})(?:\.(?P<part>[2-9]|[1-9][0-9]+))?\.(?P<kind>points|events\.jsonl)\Z"
)


class RepoLayout:
    """The paths of one repo.

    Args:
        root: The ``.aim`` directory itself.
    """

    __slots__ = (
        "active", "closed", "config_lock", "config_path", "import_lock", "index", "names", "root", "runs", "trash",
        "version_path", "views", "web_lease",
    )  # fmt: skip

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.path.abspath(os.fspath(root))
        self.runs = os.path.join(self.root, "runs")
        self.active = os.path.join(self.root, "active")
        self.closed = os.path.join(self.root, "closed")
        self.names = os.path.join(self.root, "names")
        self.trash = os.path.join(self.root, "trash")
        self.views = os.path.join(self.root, "views")
        self.index = os.path.join(self.root, "index")
        self.config_path = os.path.join(self.root, "config.json")
        self.config_lock = os.path.join(self.root, "config.lock")
        self.version_path = os.path.join(self.root, "VERSION")
        self.web_lease = os.path.join(self.root, "web.json")
        self.import_lock = os.path.join(self.root, "import.lock")

    def __repr__(self) -> str:
        return f"RepoLayout({self.root!r})"

    def run_dir(self, run_hash: str) -> str:
        """The directory of a run.

        Raises:
            RunNotFoundError: `run_hash` is not a run hash; so no hash can make a path outside the repo.
        """
        if not is_run_hash(run_hash):
            raise RunNotFoundError.not_a_hash(run_hash)
        return os.path.join(self.runs, run_hash)

    def trash_dir(self, run_hash: str) -> str:
        """The path of the run after it was deleted."""
        return os.path.join(self.trash, os.path.basename(self.run_dir(run_hash)))

    def view_path(self, view_hash: str) -> str:
        """The file of a stored view."""
        return os.path.join(self.views, f"{view_hash}.json")

    def marker_path(self, run_hash: str, writer: str) -> str:
        """The marker of a writer that has not ended."""
        return os.path.join(self.active, f"{run_hash}.{writer}")


def repo_of_run(run_dir: str) -> str:
    """The root of the repo of a run directory, which is in ``runs/`` or in the trash."""
    return os.path.dirname(os.path.dirname(run_dir))


def stream_name(writer: str, kind: str, part: int = 1) -> str:
    """File name of a stream: `kind` is "points" or "events"; parts after the first are numbered from 2."""
    suffix = "events.jsonl" if kind == "events" else kind
    return f"{writer}.{suffix}" if part == 1 else f"{writer}.{part}.{suffix}"


def parse_stream_name(file_name: str) -> tuple[str, str, int] | None:
    """(writer, kind, part) of a stream's file name; None if it is something else."""
    match = _STREAM.match(file_name)
    if match is None:
        return None
    kind = "points" if match["kind"] == "points" else "events"
    return match["writer"], kind, int(match["part"] or 1)


def parse_marker_name(file_name: str) -> tuple[str, str] | None:
    """(run hash, writer) of a marker's file name; None if it is something else."""
    run_hash, _, writer = file_name.partition(".")
    return (run_hash, writer) if is_run_hash(run_hash) and is_writer_id(writer) else None
