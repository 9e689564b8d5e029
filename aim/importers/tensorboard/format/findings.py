"""What is not shown of an event file: what could not be read, and what Aim does not support yet."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from aim.importers.tensorboard.format.event_file import Damage, Piece, Summary
from aim.schema.names import has_unusable_characters

__all__ = ["Findings", "count_not_shown", "described", "waiting"]

_KEPT_DAMAGE: Final = 20
"""Places that are kept per file; all are counted."""
_KINDS: Final = 30
"""Kinds counted separately per file: plugin names come from the file, and damage could invent any number of them."""

_BY_PLUGIN: Final = {
    "images": "images",
    "audio": "audio clips",
    "text": "texts",
    "histograms": "histograms",
    "pr_curves": "PR curves",
    "mesh": "parts of meshes",
    "custom_scalars": "chart layouts",
    "graphs": "graphs",
    "graph_keras_model": "graphs",
    "graph_run_metadata_graph": "graphs",
    "graph_run_metadata": "graph metadata",
    "hparams": "unreadable hyper-parameters",
}


class Findings:
    """What is not shown of one event file. Kept as JSON, so that a later process need not read the file again.

    Attributes:
        not_shown: Kind, in the plural, to how many.
        damage: The first places that could not be read.
        damaged: The number of such places.
        waits_for_bytes: More than 0: the last record is incomplete.
    """

    def __init__(self) -> None:
        self.not_shown: Counter[str] = Counter()
        self.damage: list[Damage] = []
        self.damaged = 0
        self.waits_for_bytes = 0

    def __bool__(self) -> bool:
        return bool(self.not_shown or self.damaged or self.waits_for_bytes)

    def take(self, piece: Piece) -> None:
        """Add what was found in a piece, except its summaries: some of those may be shown."""
        self.waits_for_bytes = piece.waits_for_bytes
        self.damaged += len(piece.damage)
        self.damage += piece.damage[: max(0, _KEPT_DAMAGE - len(self.damage))]
        self.not_shown.update(piece.not_shown)

    def leave_out(self, summary: Summary) -> None:
        """Count a summary that is not shown."""
        count_not_shown(self.not_shown, summary)

    def problems(self, path: str) -> list[str]:
        """What could not be read, one per line."""
        found = [described(path, damage) for damage in self.damage]
        if self.damaged > len(self.damage):
            found.append(f"{path}: {self.damaged - len(self.damage):,} more such places")
        if self.waits_for_bytes:
            found.append(waiting(path, self.waits_for_bytes))
        return found

    def as_json(self) -> list[Any]:
        """As plain JSON."""
        damage = [[damage.offset, damage.length, damage.reason] for damage in self.damage]
        return [dict(self.not_shown), damage, self.damaged, self.waits_for_bytes]

    @classmethod
    def from_json(cls, value: object) -> Findings:
        """From what :meth:`as_json` returned; empty for anything else."""
        found = cls()
        match value:
            case [dict() as not_shown, list() as damage, int() as damaged, int() as waits_for_bytes]:
                found.not_shown.update({str(kind): int(count) for kind, count in not_shown.items()})
                found.damage = [Damage(int(offset), int(length), str(reason)) for offset, length, reason in damage]
                found.damaged, found.waits_for_bytes = damaged, waits_for_bytes
        return found


def described(path: str, damage: Damage) -> str:
    """A place that could not be read, for people."""
    return f"{path}: {damage.reason} at byte {damage.offset:,}; {damage.length:,} bytes were skipped"


def waiting(path: str, size_bytes: int) -> str:
    """An incomplete last record, for people."""
    return f"{path}: the last record still lacks {size_bytes:,} bytes"


def count_not_shown(counts: Counter[str], summary: Summary) -> None:
    """Count by its kind a summary that is not shown."""
    kind = _kind_of(summary)
    counts[kind if kind in counts or len(counts) < _KINDS else "others"] += 1


def _kind_of(summary: Summary) -> str:
    known = _BY_PLUGIN.get(summary.plugin)
    if known is not None:
        return known
    if summary.plugin not in ("", "scalars"):
        return "".join("?" if has_unusable_characters(c) else c for c in f"values for {summary.plugin}"[:80])
    for field, kind in (("image", "images"), ("histo", "histograms"), ("audio", "audio clips"), ("tensor", "tensors")):
        if summary.value.HasField(field):
            return kind
    return "empty values"
