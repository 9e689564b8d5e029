"""A run that is not there: which ones its address may have meant, by hash, beginning of a hash, or name."""

from __future__ import annotations

import difflib
import re
from typing import Any, Final

from sqlalchemy import select

from aim.errors import RunNotFoundError
from aim.explore.service import Service
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.schema.names import has_unusable_characters
from aim.storage.care.trash import trashed_run, trashed_runs
from aim.storage.repo.layout import RepoLayout

__all__ = ["near_runs"]

NEAREST: Final = 8
"""More are no help."""
_SHORTEST_PREFIX: Final = 4
"""Of a hash; fewer digits mean too many runs."""
_CLOSE: Final = 0.6
"""Ratio of difflib from which on a name is taken for misspelt."""
_MOST_NAMES: Final = 2_000
"""Names that are compared letter by letter, those of the newest runs."""
_HEX: Final = re.compile(r"[0-9a-f]{1,24}\Z")


def near_runs(service: Service, text: str) -> list[dict[str, Any]]:
    """The runs that `text`, which is not the hash of a run, may have meant, the likeliest first.

    Args:
        service: The index, and the repo.
        text: What the address has in place of a hash; any string.
    """
    wanted = text.strip()[:200]
    can_be_near = wanted and not has_unusable_characters(wanted)
    near = service.read(lambda view: _near(view, service.layout, wanted)) if can_be_near else []
    return near[:NEAREST]


def _near(view: View, layout: RepoLayout, wanted: str) -> list[dict[str, Any]]:
    low = wanted.lower()
    deleted = [_in_trash(layout, run_hash) for run_hash in trashed_runs(layout) if _begins(run_hash, low)]
    run = t.run.c
    shown = select(run.hash, run.name, run.experiment).order_by(run.created_at.desc(), run.id.desc())
    found: dict[str, dict[str, Any]] = {}
    with view.connect() as connection:

        def add(statement: Any) -> None:
            for row in connection.execute(statement.limit(NEAREST)).all():
                found.setdefault(
                    row.hash, {"hash": row.hash, "name": row.name, "experiment": row.experiment, "deleted": False}
                )

        if _HEX.match(low):
            # from all of its digits to the first few: the longest beginning that is the beginning of a hash
            for length in range(len(low), _SHORTEST_PREFIX - 1, -1):
                add(shown.where(run.hash.startswith(low[:length])))
                if found:
                    break
        add(shown.where(run.name == wanted))
        add(shown.where(run.name.icontains(wanted, autoescape=True)))
        if len(found) < NEAREST:
            names = list(dict.fromkeys(connection.execute(shown.limit(_MOST_NAMES)).scalars("name")))
            for name in difflib.get_close_matches(wanted, names, NEAREST, _CLOSE):
                add(shown.where(run.name == name))
    return deleted[:NEAREST] + list(found.values())


def _begins(run_hash: str, low: str) -> bool:
    return len(low) >= _SHORTEST_PREFIX and run_hash.startswith(low)


def _in_trash(layout: RepoLayout, run_hash: str) -> dict[str, Any]:
    try:
        state = trashed_run(layout, run_hash)
    except (RunNotFoundError, OSError):
        return {"hash": run_hash, "name": "", "experiment": "", "deleted": True}
    return {"hash": run_hash, "name": state.name, "experiment": state.experiment, "deleted": True}
