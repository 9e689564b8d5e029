"""Sequence ids of the API: ``<run hash>/<number>-<check>``.

The number is that of the index and lives as long as the index; the check, of name and context, tells whether it still
means the same after the index was rebuilt, and lets the sequence be found again.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from aim.explore.named_sequences import CONTEXT, NAME, select_sequences
from aim.index.sql import tables as t

__all__ = ["resolve_ids", "sequence_id"]

_ID: Final = re.compile(r"(?P<run>[0-9a-f]{24})/(?P<number>[0-9]{1,18})-(?P<check>[0-9a-f]{8})\Z")
_BATCH: Final = 1_000


def sequence_id(run_hash: str, number: int, name: str, context: str) -> str:
    """The id of a sequence; `context` is its canonical form."""
    return f"{run_hash}/{number}-{_check(name, context)}"


def _check(name: str, context: str) -> str:
    data = "\0".join((name, context)).encode("utf-8", "surrogatepass")
    return f"{zlib.crc32(data):08x}"


def resolve_ids(connection: Connection, ids: Sequence[str]) -> dict[str, Any]:
    """The rows behind ids; those that do not exist (any more) are left out.

    Rows have: id, hash, name, context, min_step, max_step, count.
    """
    wanted: dict[int, list[tuple[str, str, str]]] = {}
    for text in ids:
        match = _ID.match(text)
        if match is not None:
            wanted.setdefault(int(match["number"]), []).append((text, match["run"], match["check"]))
    found: dict[str, Any] = {}
    numbers = list(wanted)
    for start in range(0, len(numbers), _BATCH):
        for row in connection.execute(_statement().where(t.sequence.c.id.in_(numbers[start : start + _BATCH]))).all():
            for text, run_hash, check in wanted[row.id]:
                if row.hash == run_hash and _check(row.name, row.context) == check:
                    found[text] = row
    lost = [one for several in wanted.values() for one in several if one[0] not in found]
    if lost:
        _find_again(connection, lost, found)
    return found


def _find_again(connection: Connection, lost: list[tuple[str, str, str]], found: dict[str, Any]) -> None:
    by_key = {(run_hash, check): text for text, run_hash, check in lost}
    hashes = list({run_hash for _, run_hash, _ in lost})
    for start in range(0, len(hashes), _BATCH):
        for row in connection.execute(_statement().where(t.run.c.hash.in_(hashes[start : start + _BATCH]))).all():
            text = by_key.get((row.hash, _check(row.name, row.context)))
            if text is not None:
                found[text] = row


def _statement() -> Any:
    c = t.sequence.c
    return select_sequences(c.id, t.run.c.hash, NAME, CONTEXT, c.min_step, c.max_step, c.count)
