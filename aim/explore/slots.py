"""The colours of runs: which of eight slots each has, the same in every answer.

A run's own slot comes from its hash. Runs that are looked at together most often began one after the other, so a run
takes the next free slot where one of the few that began just before has its own: any six that began one after the other
differ. That depends on earlier runs alone, so no new run changes the colour of another; a deleted one changes those of
a few that came after it.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import func, select

from aim.explore.view import View
from aim.index.sql import tables as t

__all__ = ["SLOTS", "assign_slots", "slots_of", "with_slots"]

SLOTS: Final = 8
APART: Final = 5
"""A run differs from this many that began just before it."""
MAX_REPOS: Final = 4

_lock = threading.Lock()
_known: dict[str, tuple[tuple[Hashable, ...], dict[str, int]]] = {}


def assign_slots(hashes: Iterable[str]) -> dict[str, int]:
    """The slot of each run.

    Args:
        hashes: All runs, in the order in which they began.
    """
    slots: dict[str, int] = {}
    recent: list[int] = []
    for run_hash in hashes:
        slot = zlib.crc32(run_hash.encode()) % SLOTS
        while slot in recent:
            slot = (slot + 1) % SLOTS
        slots[run_hash] = slot
        recent = [*recent[1 - APART :], slot]
    return slots


def slots_of(view: View) -> Mapping[str, int]:
    """The slot of every run of the index; kept until runs come or go."""
    run = t.run.c
    with view.connect() as connection:
        count, newest = connection.execute(select(func.count(), func.max(run.id))).one()
        state = (count, newest)
        with _lock:
            known = _known.get(str(view.index.path))
        if known is not None and known[0] == state:
            return known[1]
        hashes = connection.execute(select(run.hash).order_by(run.created_at, run.hash)).scalars()
        slots = assign_slots(hashes)
    with _lock:
        if len(_known) >= MAX_REPOS:
            _known.clear()
        _known[str(view.index.path)] = (state, slots)
    return slots


def with_slots(view: View, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each with its slot."""
    slots = slots_of(view) if rows else {}
    for row in rows:
        row["slot"] = slots.get(row["hash"])
    return rows
