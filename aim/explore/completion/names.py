"""Names to complete a query with, from the index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from aim.explore.tables.ranking import short_param_names
from aim.explore.view import View
from aim.index.sql import tables as t
from aim.query.language.fields import METRIC_FIELDS, RUN_FIELDS
from aim.schema.jsonvalues import from_json, to_json
from aim.schema.names import parse_context
from aim.schema.paths import spell_path

__all__ = ["CountedNames", "count_names", "matching_names"]

LIMIT: Final = 200
"""Names of each kind in one answer."""

_FIELDS: Final = ("experiment", *(f"run.{name}" for name in RUN_FIELDS), *(f"metric.{name}" for name in METRIC_FIELDS))


@dataclass(frozen=True, slots=True)
class CountedNames:
    """Every name of a repo, with how often it occurs where that is counted."""

    metrics: Sequence[Any]
    tf_metrics: Sequence[Any]
    params: Sequence[Any]
    contexts: Sequence[Any]
    experiments: list[str]
    tags: list[str]
    short: dict[str, str]
    """By path of a param, its shortest name."""


def count_names(view: View) -> CountedNames:
    """All names of a repo."""
    with view.connect() as connection:
        named = t.metric_name.join(t.sequence, t.sequence.c.name_id == t.metric_name.c.id)
        metrics = connection.execute(
            select(t.metric_name.c.name, func.count()).select_from(named).group_by(t.metric_name.c.name)
        ).all()
        tf_metrics = connection.execute(
            select(t.metric_name.c.name, func.count())
            .select_from(named.join(t.run, t.sequence.c.run_id == t.run.c.id))
            .where(t.run.c.source == "tensorboard")
            .group_by(t.metric_name.c.name)
        ).all()
        paths = connection.execute(
            select(t.path.c.path, func.count())
            .select_from(t.path.join(t.param, t.param.c.path_id == t.path.c.id))
            .group_by(t.path.c.path)
        ).all()
        contexts = connection.execute(
            select(t.context.c.context, func.count())
            .select_from(t.context.join(t.sequence, t.sequence.c.context_id == t.context.c.id))
            .group_by(t.context.c.context)
        ).all()
        experiments = list(connection.execute(select(t.run.c.experiment).distinct()).scalars())
        tags = list(connection.execute(select(t.run_tag.c.tag).distinct()).scalars())
    keys = [from_json(path) for path, _ in paths]
    params = [(spell_path(path), count) for path, (_, count) in zip(keys, paths, strict=True)]
    short = short_param_names(keys)
    return CountedNames(metrics, tf_metrics, params, contexts, experiments, tags, short)


def matching_names(counted: CountedNames, prefix: str) -> dict[str, Any]:
    """Names that contain `prefix`, those that begin with it first: ``GET /query/names`` of the API."""
    wanted = prefix.strip().lower()
    return {
        "fields": _near(wanted, _FIELDS),
        "metrics": [{"name": n, "count": c} for n, c in _counted(wanted, counted.metrics)],
        "tf_metrics": [{"name": n, "count": c} for n, c in _counted(wanted, counted.tf_metrics)],
        "params": [{"path": p, "name": counted.short[p], "count": c} for p, c in _counted(wanted, counted.params)],
        "contexts": _context_values(wanted, counted.contexts),
        "experiments": _near(wanted, counted.experiments),
        "tags": _near(wanted, counted.tags),
    }


def _rank(wanted: str, name: str) -> tuple[bool, str] | None:
    lower = name.lower()
    if wanted not in lower:
        return None
    return not any(lower[at:].startswith(wanted) for at in _beginnings(lower)), lower


def _beginnings(name: str) -> list[int]:
    return [0, *(at + 1 for at, char in enumerate(name) if char in "._/-")]


def _near(wanted: str, names: Any) -> list[str]:
    ranked = [(rank, name) for name in names if (rank := _rank(wanted, name)) is not None]
    return [name for _, name in sorted(ranked)[:LIMIT]]


def _counted(wanted: str, rows: Any) -> list[tuple[str, int]]:
    ranked = [((rank[0], -count, rank[1]), name, count) for name, count in rows if (rank := _rank(wanted, name))]
    return [(name, count) for _, name, count in sorted(ranked)[:LIMIT]]


def _context_values(wanted: str, rows: Any) -> list[dict[str, Any]]:
    counts: dict[str, Counter[str]] = {}
    values: dict[str, Any] = {}
    for text, count in rows:
        for key, value in parse_context(text).items():
            encoded = to_json(value)
            values[encoded] = value
            counts.setdefault(key, Counter())[encoded] += count
    found = []
    for key in sorted(counts):
        is_key = _rank(wanted, key) is not None
        matching = [
            {"value": values[encoded], "count": count}
            for encoded, count in counts[key].most_common()
            if is_key or wanted in encoded.lower()
        ]
        if matching:
            found.append({"key": key, "values": matching[:LIMIT]})
    return found[:LIMIT]
