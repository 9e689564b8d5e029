"""The tools whose files are read in place, one entry each: the command line, the SDK and the web server go by this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aim.schema.in_place import InPlaceKind
from aim.schema.source import Source

__all__ = ["KINDS", "in_place_kinds"]


def _open_tensorboard(folders: Sequence[str]) -> Source:
    from aim.importers.tensorboard.source import TensorBoardSource

    return TensorBoardSource(folders)


KINDS: Final[tuple[InPlaceKind, ...]] = (InPlaceKind("tf_logs", "TensorBoard", _open_tensorboard),)


def in_place_kinds() -> tuple[InPlaceKind, ...]:
    """All kinds. Layers below ask ``aim`` for it, since they do not know the importers."""
    return KINDS
