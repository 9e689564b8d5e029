"""The one line at the start of a run: which run, in which folder, and how to look at it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aim.sdk.recording.guard import is_set
from aim.sdk.recording.recorder import Recorder
from aim.storage.repo.layout import RepoLayout

__all__ = ["announce", "quietly", "shown_folder"]

_announced: set[str] = set()
"""Hashes of runs: an adapter opens its run again and again."""
_is_quiet = False


@contextmanager
def quietly() -> Iterator[None]:
    """No lines for runs that begin in this block, for example those of a demonstration."""
    global _is_quiet
    before, _is_quiet = _is_quiet, True
    try:
        yield
    finally:
        _is_quiet = before


def announce(recorder: Recorder, name: str | None, experiment: str) -> None:
    """Print the line to stderr, once for a run in this process.

    Not with AIM_QUIET=1, and not in a process that ``aim run`` watches: what that prints stays what it would print
    without Aim.

    Args:
        recorder: Of rank 0.
        name, experiment: Of a run that begins; the name of another is None.
    """
    writer = recorder.writer
    if _is_quiet or writer.run_hash in _announced or is_set("AIM_QUIET") or os.environ.get("AIM_WATCHED_RUN"):
        return
    _announced.add(writer.run_hash)
    try:
        what = "metrics and params are recorded as"
        if name is None:
            state = recorder.read_state()
            name, experiment, what = state.name, state.experiment, "recording continues in"
        root = writer.layout.root
        sys.stderr.write(
            f"aim: {what} run {name!r} of experiment {experiment!r} in {root}; "
            f"to look at them: aim up --repo {shown_folder(writer.layout)}\n"
        )
        sys.stderr.flush()
    except Exception:  # stderr is closed, or the disk refuses: a line is not worth more
        return


def shown_folder(layout: RepoLayout) -> str:
    """The folder of a repo, as a shell takes it."""
    path = os.path.dirname(layout.root)
    if path.replace(os.sep, "").replace("-", "").replace("_", "").replace(".", "").isalnum() and path.isascii():
        return path
    from shlex import quote

    return quote(path)
