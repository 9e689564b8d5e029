"""Which params and metrics people look at first: the order of columns, charts and overviews.

One order for all pages: the first columns of the runs table, the first charts and the first rows of a run's overview
show the same things. It is made of names and counts, never of values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from aim.explore.pages.goals import goal_of
from aim.schema.names import parse_context
from aim.schema.order import natural_order
from aim.schema.paths import read_path, short_names, spell_path
from aim.schema.run_fields import RUN_FIELDS

__all__ = ["Named", "key_params", "metric_tier", "rank_metrics", "rank_params", "ranked_names", "short_param_names"]

_KNOWN: Final[Mapping[str, float]] = {
    **dict.fromkeys(("lr", "learning_rate", "learningrate", "base_lr", "max_lr"), 8.0),
    **dict.fromkeys(("model", "arch", "architecture", "backbone", "network", "model_name", "model_type"), 5.0),
    **dict.fromkeys(("optimizer", "optim", "opt"), 5.0),
    **dict.fromkeys(("batch_size", "batchsize", "bs", "batch", "train_batch_size"), 5.0),
    **dict.fromkeys(("seed", "random_seed", "random_state"), 3.0),
    **dict.fromkeys(("dataset", "data", "dataset_name", "task", "env", "env_id"), 3.0),
    **dict.fromkeys(("weight_decay", "wd", "dropout", "momentum", "warmup", "warmup_steps", "scheduler"), 3.0),
    **dict.fromkeys(("depth", "width", "layers", "num_layers", "n_layers", "hidden", "hidden_size", "heads"), 2.5),
    **dict.fromkeys(("epochs", "max_epochs", "num_epochs", "steps", "max_steps", "loss", "gamma", "beta"), 2.0),
}
"""By how much a well-known name comes before one that says nothing."""
_KEY_PARAMS: Final = 32
_LOOKED_AT: Final = 2_000
_FIELDS: Final = frozenset(field.name for field in RUN_FIELDS)
_NAMES_OF_A_GROUP: Final = frozenset(("name", "type", "kind", "id", "class"))
"""The last key of `optimizer.name`: what it is about stands before it."""
_PLACES: Final = re.compile(
    r"(?:^|_)(?:path|paths|dir|directory|folder|output|out|file|filename|host|hostname|user|time|date|timestamp|url|uri"
    r"|run|run_name|run_id|uuid|hash|version|comment)(?:$|_)"
)
"""Where and when a run ran: different in each run, and no choice of anybody's."""
_OF_THE_MACHINE: Final = re.compile(
    r"^(?:system|sys|__system|hardware|hw|time|timing|perf|profiler?)[./_]|(?:^|[./_])(?:gpu|cpu)(?:$|[./_\d])|memory",
    re.I,
)
_VALIDATION: Final = re.compile(r"(?:^|[./_-])(?:val|valid|validation|eval|evaluation|dev)(?:$|[./_\d-])")
"""A part of a name, or the value of a context, that says what is not trained on."""


def rank_params(params: Iterable[Mapping[str, Any]], runs: int) -> list[str]:
    """Paths of params, those first that most likely tell runs apart: those that differ, in most runs, by known names.

    Args:
        params: As :func:`aim.explore.tables.available_columns.list_params` counts them.
        runs: How many runs they were counted in.
    """
    listed = list(params)
    scores = {param["path"]: _score(param, runs) for param in listed}
    return sorted(scores, key=lambda path: (-scores[path], path.count("."), natural_order(path), path))


def _score(param: Mapping[str, Any], runs: int) -> float:
    count, distinct = int(param["count"]), int(param["distinct"])
    if distinct <= 1:
        return 0.0
    # a key that holds dots is a path for the reader
    keys = [part for key in read_path(param["path"]).keys for part in key.lower().split(".")]
    last = keys[-2] if len(keys) > 1 and keys[-1] in _NAMES_OF_A_GROUP else keys[-1] if keys else ""
    known = _KNOWN.get(last, 1.0)
    if known == 1.0 and _PLACES.search(last):
        known = 0.1
    coverage = count / max(1, runs)
    spread = min(1.0, math.log2(distinct) / 3)
    if distinct >= count > 3 and "text" in param["kinds"]:
        spread = 0.1  # a text of each run's own: a name, not a setting
    return coverage * (0.4 + 0.6 * spread) * known


def metric_tier(name: str, context: Mapping[str, Any]) -> int:
    """How early a metric comes: validation loss, validation score, loss, score, other goals, others, machine."""
    if _OF_THE_MACHINE.search(name):
        return 6
    goal = goal_of(name)
    words = name.lower()
    is_loss = goal == "min" and "loss" in words
    is_score = goal == "max" and not is_loss
    is_val = bool(_VALIDATION.search(words)) or any(
        isinstance(value, str) and _VALIDATION.match(value.lower()) for value in context.values()
    )
    if is_loss:
        return 0 if is_val else 2
    if is_score:
        return 1 if is_val else 3
    return 4 if goal is not None else 5


def key_params(params: Mapping[str, Any]) -> list[str]:
    """Paths of the params of one run, those with well-known names first: the first ones of a long list."""
    paths: list[tuple[str, ...]] = []
    _collect(params, (), paths)
    listed = [{"path": spell_path(keys), "count": 1, "distinct": 2, "kinds": ()} for keys in paths[:_LOOKED_AT]]
    scores = {str(param["path"]): _score(param, 1) for param in listed}
    # of equal ones in the order in which they were recorded
    return sorted(scores, key=lambda path: -scores[path])[:_KEY_PARAMS]


def _collect(params: Mapping[str, Any], above: tuple[str, ...], found: list[tuple[str, ...]]) -> None:
    for key, value in params.items():
        if isinstance(value, dict) and value:
            _collect(value, (*above, key), found)
        else:
            found.append((*above, key))


def short_param_names(paths: Iterable[Sequence[str]]) -> dict[str, str]:
    """By spelled path, the shortest name of each param: none that is a field of a run as well."""
    return short_names(paths, _FIELDS)


Named = tuple[str, str]
"""A metric's name and its context, in its canonical form."""


def rank_metrics(counts: Mapping[Named, int], headlines: Collection[Named] = ()) -> list[Named]:
    """Metrics, the most telling first.

    Args:
        counts: How many runs have each.
        headlines: Those that people chose; they come before all others.
    """
    keys = {one: _metric_key(one, count, one in headlines) for one, count in counts.items()}
    return sorted(keys, key=keys.__getitem__)


def _metric_key(one: Named, count: int, is_chosen: bool) -> tuple[Any, ...]:
    name, context = one
    parsed = parse_context(context)
    tier = -1 if is_chosen else metric_tier(name, parsed)
    depth = len(re.findall(r"[./]", name))
    return tier, len(parsed) > 1, depth, _known_metric(name), -count, natural_order(name), name, context


def _known_metric(name: str) -> int:
    """Plain names first: `loss` before `aux_loss`, `accuracy` before `f1`."""
    bare = name.lower().removeprefix("val_").removeprefix("train_").removeprefix("test_")
    return 0 if bare in ("loss", "accuracy", "acc") else 1


def ranked_names(ranked: Iterable[Named]) -> list[str]:
    """Names in the order of their first context: all contexts of `loss` come together."""
    return list(dict.fromkeys(name for name, _ in ranked))
