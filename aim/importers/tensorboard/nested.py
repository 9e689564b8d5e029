"""Directories that torch's SummaryWriter creates below that of a run, for values that belong to the run.

``add_hparams(...)`` writes into one named after the time. ``add_scalars("loss", {"train": ..., "val": ...})``
writes into ``loss_train`` and ``loss_val``, each with the one tag ``loss``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from aim.schema.subsets import SUBSETS

__all__ = ["nested_parts"]

_TIME = re.compile(r"[0-9]{9,11}\.[0-9]+")
_HEAD_BYTES: Final = 64 * 1024
"""Only this much of a file is read: a file with a single tag for this long is not a separate run."""


def nested_parts(directories: Mapping[str, Sequence[os.DirEntry[str]]]) -> dict[str, tuple[str, str]]:
    """Which directories directly below a run are parts of it: (subset, tag), both empty for ``add_hparams``.

    Several directories named after times are trials, each with its own params: they stay runs. So does one without
    params: a run that its user named after the time.

    Args:
        directories: Directory to its event files.
    """
    found: dict[str, tuple[str, str]] = {}
    timed = [directory for directory in directories if _TIME.fullmatch(os.path.basename(directory))]
    if len(timed) == 1 and any(_begins_with_hparams(entry) for entry in directories[timed[0]]):
        found[timed[0]] = ("", "")
    for directory, entries in directories.items():
        name = os.path.basename(directory)
        if directory in timed or "_" not in name or len(entries) > 16:
            continue
        tags = {_only_tag_of(entry) for entry in entries} - {""}
        (tag,) = tags if len(tags) == 1 else (None,)
        beginning = f"{tag}_".replace("/", "_")
        if tag is not None and name.startswith(beginning) and len(name) > len(beginning):
            key = name[len(beginning) :]
            found[directory] = (SUBSETS.get(key.lower(), key), tag)
    return found


def _begins_with_hparams(entry: os.DirEntry[str]) -> bool:
    """Whether an event file begins as ``add_hparams`` writes it: with the params of a session."""
    try:
        found = entry.stat()
    except OSError:
        return False
    return _has_hparams(entry.path, found.st_ino, min(found.st_size, _HEAD_BYTES))


@lru_cache(maxsize=65_536)
def _has_hparams(path: str, inode: int, size_bytes: int) -> bool:
    from aim.importers.tensorboard.format.event_file import read_event_file

    try:
        piece = next(iter(read_event_file(path, piece_bytes=_HEAD_BYTES)), None)
    except OSError:
        return False
    return piece is not None and any(summary.plugin == "hparams" for summary in piece.summaries)


def _only_tag_of(entry: os.DirEntry[str]) -> str | None:
    """The tag of an event file whose start holds scalars of a single tag; "" if it holds nothing yet."""
    try:
        found = entry.stat()
    except OSError:
        return None
    return _only_tag(entry.path, found.st_ino, min(found.st_size, _HEAD_BYTES))


@lru_cache(maxsize=65_536)
def _only_tag(path: str, inode: int, size_bytes: int) -> str | None:
    # numpy and protobuf: only where there are such directories
    from aim.importers.tensorboard.format.event_file import read_event_file

    try:
        piece = next(iter(read_event_file(path, piece_bytes=_HEAD_BYTES)), None)
    except OSError:
        return None
    if piece is None or (piece.records <= 1 and not piece.points):  # only the version of the file
        return ""
    if piece.summaries or piece.not_shown or len(piece.points) != 1:
        return None
    return next(iter(piece.points))
