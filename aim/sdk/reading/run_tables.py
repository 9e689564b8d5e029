"""One row for each run: its fields, its params, and what is asked of its metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from aim.errors import InvalidValueError
from aim.schema.paths import find_param

if TYPE_CHECKING:
    from aim.query.answering.rows import SequenceRow
    from aim.sdk.reading.stored_run import StoredRun

__all__ = ["SUMMARIES", "fields_of", "leaves", "metric_columns", "param_columns", "table_of"]

SUMMARIES: Final = ("last", "min", "max", "first", "count")
"""What may stand before the name of a metric: ``min loss.val``."""


def table_of(
    runs: Sequence[StoredRun],
    *,
    metrics: bool | str | Iterable[str] = (),
    params: bool | str | Iterable[str] = True,
    fields: bool = True,
) -> dict[str, list[Any]]:
    """Columns of a table of runs, by name; what a run does not have is None.

    Args:
        runs: One row each, in this order.
        metrics: As for :func:`metric_columns`.
        params: True: all, by their dotted path; False: none; names: these, in the words of a query.
        fields: Whether hash, name, experiment, status, times and tags come first.

    Raises:
        InvalidValueError: a metric that no run has, a name that finds several params of one run.
    """
    rows = [fields_of(run) for run in runs]
    columns = {name: [row[name] for row in rows] for name in rows[0]} if fields and rows else {}
    for found in (param_columns(runs, params, taken=columns), metric_columns(runs, metrics)):
        for name, cells in found.items():
            # a metric whose name is also that of a param does not replace that param
            columns[f"metrics.{name}" if name in columns else name] = cells
    return columns


def fields_of(run: StoredRun) -> dict[str, Any]:
    """What a run has besides params and metrics: hash, name, experiment, status, times, tags."""
    return {
        "hash": run.hash,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status.value,
        "created_at": run.created_at,
        "ended_at": run.ended_at,
        "duration": run.duration,
        "archived": run.archived,
        "tags": run.tags,
    }


def param_columns(
    runs: Sequence[StoredRun], params: bool | str | Iterable[str], taken: Iterable[str] = ()
) -> dict[str, list[Any]]:
    """Params of runs as columns.

    Args:
        params: True: all, by their dotted path; False: none; names: these, in the words of a query.
        taken: Names that other columns have: a param of that name gets ``params.`` before it.

    Raises:
        InvalidValueError: a name finds several params of one run.
    """
    columns: dict[str, list[Any]] = {}
    nested = [run.params for run in runs] if params else []
    if params is True:
        fields = frozenset(taken)
        for place, one in enumerate(nested):
            for path, value in leaves(one):
                name = f"params.{path}" if path in fields else path
                columns.setdefault(name, [None] * len(runs))[place] = value
    elif params:
        for name in (params,) if isinstance(params, str) else tuple(params):
            short = name.removeprefix("params.")
            try:
                columns[name] = [find_param(one, short)[1] for one in nested]
            except KeyError as error:
                raise InvalidValueError(str(error.args[0])) from None
    return columns


def leaves(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of each param that is not a dict."""
    for key, value in params.items():
        if isinstance(value, Mapping):  # `del run["a", "b"]` leaves an empty one behind: nothing to show
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def metric_columns(runs: Sequence[StoredRun], metrics: bool | str | Iterable[str]) -> dict[str, list[Any]]:
    """What is asked of metrics as columns.

    Args:
        metrics: Names: ``loss.val`` is the last value of the metric ``loss`` that has ``val`` among the values of its
            context, ``min loss.val`` the smallest (see SUMMARIES). Where a name finds several metrics of a run, each
            of them gets a column: ``loss.train``, ``loss.val`` for ``loss``. True: all metrics.

    Raises:
        InvalidValueError: runs have metrics, and none has one of this name.
    """
    if metrics is False or not runs:
        return {}
    rows = [run._row.sequences() for run in runs]
    known = dict.fromkeys(row.name for found in rows for row in found)
    columns: dict[str, list[Any]] = {}
    wanted = known if metrics is True else (metrics,) if isinstance(metrics, str) else metrics
    for text in wanted:
        summary, name = ("last", text) if metrics is True else _split(text)
        cells: dict[str, list[Any]] = {}
        for place, found in enumerate(rows):
            for row, rest in _matching(found, name):
                cells.setdefault(rest, [None] * len(runs))[place] = row.field(summary)
        if not cells and known:
            near = get_close_matches(name[:100], known, n=3)
            hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(list(known)[:10])}"
            raise InvalidValueError(f"no run has a metric {name!r:.80}; {hint}")
        if len(cells) < 2:
            columns[text] = next(iter(cells.values()), [None] * len(runs))
        else:
            columns.update({f"{text}.{rest}" if rest else text: values for rest, values in cells.items()})
    return columns


def _split(text: Any) -> tuple[str, str]:
    """("min", "loss.val") of ``min loss.val``."""
    if not isinstance(text, str) or not text.strip():
        raise InvalidValueError(f"metrics= takes names such as 'loss.val' and 'min loss.val', not {text!r:.80}")
    first, blank, rest = text.strip().partition(" ")
    return (first, rest.strip()) if blank and first in SUMMARIES else ("last", text.strip())


def _matching(rows: Iterable[SequenceRow], name: str) -> Iterator[tuple[SequenceRow, str]]:
    """Those that a name means, each with the values of its context that the name leaves open, joined by dots."""
    found = [row for row in rows if row.name == name]
    if found:
        for row in found:
            yield row, ".".join(map(str, row.context.values()))
        return
    for row in rows:
        if name.startswith(f"{row.name}."):
            values = [str(value) for value in row.context.values()]
            try:
                for part in name[len(row.name) + 1 :].split("."):
                    values.remove(part)
            except ValueError:
                continue
            yield row, ".".join(values)
