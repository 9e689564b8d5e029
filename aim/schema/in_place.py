"""Files of other tools that are read in place: which kinds there are, and which folders of one are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aim.schema.source import Source

__all__ = ["InPlace", "InPlaceKind"]


@dataclass(frozen=True, slots=True)
class InPlaceKind:
    """One tool whose files can be read in place. :mod:`aim.importers._registry` lists all of them."""

    name: str
    """What its folders are called in the command line, in config.json and in the arguments of ``aim.Repo``."""
    tool: str
    """The tool, as messages name it."""
    open_source: Callable[[Sequence[str]], Source]
    """Makes the source that reads some folders, given as absolute paths."""
    digest_prefix: str = ""
    """Tells apart the caches of equal folders that are read as different kinds; unique."""


@dataclass(frozen=True, slots=True)
class InPlace:
    """Folders to read in place."""

    kind: str
    """The `name` of an :class:`InPlaceKind`."""
    folders: tuple[str, ...]
    """Absolute paths, each once."""
