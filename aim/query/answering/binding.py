"""What the names in an expression are in a repo, and which sequences of each run it is computed from.

A name is a metric if the repo has one of that name, else a param. Of a run, the sequences of the metrics are put
together by context: those items that the expression does not name must not contradict each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, select

from aim.index.sql import tables as t
from aim.index.sql.in_list import in_list
from aim.index.sql.interrupt import checkpoint
from aim.query.answering.conditions import is_plain_text
from aim.query.language.expression import (
    Expression,
    InContext,
    Named,
    Operand,
    Param,
    check_kinds,
    name_error,
    parse_expression,
)
from aim.schema.names import METRIC, canonical_context, parse_context
from aim.schema.paths import ParamPath

__all__ = ["Binding", "Bound", "Found", "Resolved", "bind", "resolve"]

MAX_CONTEXTS: Final = 2_000
"""Of one run's results."""
MAX_CANDIDATES: Final = 2_000
"""Near names are sought among this many."""
_BATCH: Final = 1_000

Pair = tuple[int, int]
"""Name id and context id of a sequence."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a name: a metric, and values or items of its context."""

    name: str
    name_id: int
    values: tuple[str, ...] = ()
    items: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """An expression whose names are known in a repo.

    Attributes:
        expression: As it was parsed.
        is_curve: Whether it has a value at each step; else it is one number a run.
    """

    expression: Expression
    is_curve: bool
    readings: tuple[tuple[_Reading, ...], ...]
    """By operand; none for a param."""
    paths: tuple[tuple[int, ...], ...]
    """By operand, the ids of the paths that a param may be at; the first that a run has counts."""


@dataclass(frozen=True, slots=True)
class Found:
    """A sequence that an expression is computed from."""

    id: int
    run_id: int
    name_id: int
    context_id: int
    count: int
    min_step: int
    max_step: int


@dataclass(frozen=True, slots=True)
class Bound:
    """One result of an expression: of a run, in a context.

    Attributes:
        run_id: Of which run.
        context: What of the contexts the expression does not name, canonical.
        operands: By operand: a sequence for a metric, a number for a param.
        labels: By operand, what it is called: ``loss (subset=val)``.
    """

    run_id: int
    context: str
    operands: tuple[Found | float, ...]
    labels: tuple[str, ...]

    @property
    def sequences(self) -> list[Found]:
        """Those of the operands that are metrics."""
        return [one for one in self.operands if isinstance(one, Found)]


def resolve(connection: Connection, text: str) -> Resolved:
    """Parse an expression and find out what its names are.

    Raises:
        QuerySyntaxError: it cannot be read, or a function got what it cannot use.
        QueryNameError: no run has a metric or a param of this name.
    """
    expression = parse_expression(text)
    names = _Names(connection, expression)
    readings: list[tuple[_Reading, ...]] = []
    paths: list[tuple[int, ...]] = []
    for operand in expression.operands:
        found = names.readings(operand)
        at = () if found else names.paths(operand)
        if not found and not at:
            raise names.error(operand)
        readings.append(found)
        paths.append(at)
    is_curve = check_kinds(expression, tuple(bool(found) for found in readings))
    return Resolved(expression, is_curve, tuple(readings), tuple(paths))


class _Names:
    """The names of a repo that an expression may mean."""

    def __init__(self, connection: Connection, expression: Expression) -> None:
        self._connection = connection
        self._expression = expression

    @cached_property
    def _metrics(self) -> dict[str, int]:
        wanted = list(dict.fromkeys(name for one in self._expression.operands for name, _ in _splits(one)))
        name = t.metric_name.c
        found: dict[str, int] = {}
        for start in range(0, len(wanted), 500):
            asked = [text for text in wanted[start : start + 500] if is_plain_text(text)]
            rows = select(name.name, name.id).where(name.name.in_(asked), name.holds == METRIC)
            found.update((text, number) for text, number in self._connection.execute(rows).all())
        return {text: number for text, number in found.items() if self._is_used(number)}

    def _is_used(self, name_id: int) -> bool:
        """The dictionary keeps names of runs that were deleted."""
        c = t.sequence.c
        return self._connection.execute(select(c.id).where(c.name_id == name_id).limit(1)).first() is not None

    def readings(self, operand: Operand) -> tuple[_Reading, ...]:
        """The metrics that an operand may mean, the longest name first."""
        items = tuple(operand.context.items()) if isinstance(operand, InContext) else ()
        return tuple(
            _Reading(name, self._metrics[name], values, items)
            for name, values in _splits(operand)
            if name in self._metrics
        )

    def paths(self, operand: Operand) -> tuple[int, ...]:
        """Where a param is; nothing if there is none of this name."""
        if isinstance(operand, InContext):
            return ()
        assert isinstance(operand, Named | Param)
        path, anywhere = operand.path, isinstance(operand, Named) or operand.anywhere
        if not is_plain_text(path.dotted):
            return ()
        ids: dict[int, None] = {}
        for column, first in ((t.path.c.full, 0), (t.path.c.tail, 1)) if anywhere else ((t.path.c.full, 0),):
            rows = select(t.path.c.id, t.path.c.path).where(column == path.dotted).order_by(t.path.c.id)
            for number, keys in self._connection.execute(rows).all():
                if path.stands_for(json.loads(keys)[first:]):
                    ids[number] = None
        return tuple(ids)

    def error(self, operand: Operand) -> Exception:
        """What to say of a name that is neither a metric nor a param."""
        text = operand.text
        name = t.metric_name.c
        rows = select(name.name).where(name.holds == METRIC).limit(MAX_CANDIDATES)
        metrics: list[str] = sorted(self._connection.execute(rows).scalars())
        if isinstance(operand, Param):
            return name_error(self._expression, operand.at, f"no run has {text:.100}", self._near_params(operand.path))
        wanted = operand.name if isinstance(operand, InContext) else _joined(operand)
        whole = self._divided(operand, set(metrics))
        if whole is not None:
            message = f"no metric or param {wanted!r:.100}; '/' divides: put a name that holds it in quotes"
            return name_error(self._expression, operand.at, message, (_quoted(whole),))
        first = wanted.partition(".")[0]
        tails = {one.rpartition("/")[2]: one for one in reversed(metrics)}
        near = get_close_matches(wanted[:100], [*metrics, *tails], n=3, cutoff=0.7)
        near = near or get_close_matches(first[:100], [*metrics, *tails], n=3, cutoff=0.7)
        spelled = [_spelled(tails.get(one, one)) for one in near]
        if isinstance(operand, Named) and not spelled:
            spelled = list(self._near_params(operand.path))
        what = "metric" if isinstance(operand, InContext) else "metric or param"
        message = f"no run has a {what} {wanted!r:.100}"
        return name_error(self._expression, operand.at, message, tuple(dict.fromkeys(spelled)))

    def _divided(self, operand: Operand, metrics: set[str]) -> str | None:
        """The metric ``train/loss`` that was written without quotes, as a division of two names."""
        for other in self._expression.operands:
            for left, right in ((operand, other), (other, operand)):
                if left is not right and isinstance(left, Named) and isinstance(right, Named):
                    name = f"{left.text}/{right.text}"
                    if name in metrics:
                        return name
        return None

    def _near_params(self, path: ParamPath) -> tuple[str, ...]:
        rows = self._connection.execute(select(t.path.c.full, t.path.c.tail).limit(MAX_CANDIDATES)).all()
        known = {tail or full for full, tail in rows}
        return tuple(f"params.{one}" for one in get_close_matches(path.dotted[:100], sorted(known), n=3, cutoff=0.7))


def _splits(operand: Operand) -> Iterable[tuple[str, tuple[str, ...]]]:
    """(name of a metric, values of its context) that an operand may mean, the longest name first."""
    if isinstance(operand, InContext):
        yield operand.name, ()
    elif isinstance(operand, Named):
        keys, exact = operand.path.keys, operand.path.exact
        for end in range(len(keys), 0, -1):
            if end == 1 or exact.isdisjoint(range(end)):  # a name in quotes is a whole name
                yield ".".join(keys[:end]), keys[end:]


def _joined(operand: Operand) -> str:
    assert isinstance(operand, Named | Param)
    return operand.path.dotted


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _spelled(name: str) -> str:
    """A metric's name as an expression has it."""
    return name if name.isidentifier() else _quoted(name)


# -- sequences


@dataclass(slots=True)
class _Template:
    """How the sequences of a run are put together; the same for all runs with the same names and contexts."""

    results: list[tuple[str, tuple[Pair | None, ...], tuple[str, ...]]] = field(default_factory=list)
    """(context, by operand which sequence, labels)."""


@dataclass(slots=True)
class _Contexts:
    """Contexts by id, parsed when first looked at."""

    texts: dict[int, str]
    parsed: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __getitem__(self, number: int) -> dict[str, Any]:
        found = self.parsed.get(number)
        if found is None:
            found = self.parsed[number] = parse_context(self.texts[number])
        return found


@dataclass(frozen=True, slots=True)
class Binding:
    """The results of an expression over some runs, in the order of the runs, then by context."""

    results: list[Bound]
    hints: tuple[str, ...]
    """Why there may be no results."""


def bind(connection: Connection, resolved: Resolved, run_ids: Sequence[int]) -> Binding:
    """The results of an expression over some runs.

    A run that lacks a metric or a param of it has none.

    Raises:
        QueryNameError: which metric is meant differs within one run: several contexts fit.
    """
    expression = resolved.expression
    by_run: dict[int, dict[Pair, Found]] = {run_id: {} for run_id in run_ids}
    for row in _sequences(connection, resolved, run_ids):
        by_run[row.run_id][row.name_id, row.context_id] = row
    contexts = _Contexts(_context_texts(connection, {pair[1] for pairs in by_run.values() for pair in pairs}))
    numbers = _numbers(connection, resolved, run_ids)
    templates: dict[tuple[Pair, ...], _Template] = {}
    bound: list[Bound] = []
    for run_id in run_ids:
        checkpoint()
        pairs = by_run[run_id]
        params = numbers.get(run_id, {})
        values = [params.get(place) for place in range(len(expression.operands))]
        if any(not readings and values[place] is None for place, readings in enumerate(resolved.readings)):
            continue
        key = tuple(sorted(pairs))
        template = templates.get(key)
        if template is None:
            template = templates[key] = _put_together(resolved, key, contexts)
        for context, chosen, labels in template.results:
            operands = tuple(
                pairs[pair] if pair is not None else _known(values[place]) for place, pair in enumerate(chosen)
            )
            bound.append(Bound(run_id, context, operands, labels))
    return Binding(bound, () if bound or not run_ids else _hints(resolved, list(templates), contexts))


def _hints(resolved: Resolved, runs: Sequence[Sequence[Pair]], contexts: _Contexts) -> tuple[str, ...]:
    """Why there are no results: a context that no run has, or names that no run has together."""
    pairs = {pair for one in runs for pair in one}
    for operand, readings in zip(resolved.expression.operands, resolved.readings, strict=True):
        of_name = [(reading, pair) for reading in readings for pair in pairs if pair[0] == reading.name_id]
        if of_name and all(_rest(reading, contexts[pair[1]]) is None for reading, pair in of_name):
            reading = of_name[0][0]
            wanted = [*reading.values, *(str(value) for _, value in reading.items)]
            known = sorted({str(value) for _, pair in of_name for value in contexts[pair[1]].values()})
            near = [one for text in wanted for one in get_close_matches(text[:100], known, n=2)]
            choices = near or known[:10]
            text = f"no run that is found has {operand.text:.100}"
            return (f"{text}; {reading.name} has {', '.join(choices)} in its contexts" if choices else text,)
    names = ", ".join(operand.text for operand in resolved.expression.operands)
    return (f"no run that is found has all of {names:.200} in contexts that fit",)


def _known(value: float | None) -> float:
    assert value is not None
    return value


def _sequences(connection: Connection, resolved: Resolved, run_ids: Sequence[int]) -> Iterable[Found]:
    c = t.sequence.c
    names = sorted({reading.name_id for readings in resolved.readings for reading in readings})
    if not names:
        return
    columns = (c.id, c.run_id, c.name_id, c.context_id, c.count, c.min_step, c.max_step)
    for start in range(0, len(run_ids), _BATCH):
        statement = select(*columns).where(
            in_list(c.run_id, run_ids[start : start + _BATCH]), in_list(c.name_id, names)
        )
        cursor = connection.execute(statement).cursor
        assert cursor is not None
        for row in cursor.fetchall():
            yield Found(*row)


def _context_texts(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    c = t.context.c
    texts: dict[int, str] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _BATCH):
        rows = select(c.id, c.context).where(in_list(c.id, wanted[start : start + _BATCH]))
        texts.update((number, text) for number, text in connection.execute(rows).all())
    return texts


def _numbers(connection: Connection, resolved: Resolved, run_ids: Sequence[int]) -> dict[int, dict[int, float]]:
    """By run and operand, the params that are numbers."""
    c = t.param.c
    found: dict[int, dict[int, float]] = {}
    for place, paths in enumerate(resolved.paths):
        for path_id in reversed(paths):  # the first one counts
            for start in range(0, len(run_ids), _BATCH):
                rows = select(c.run_id, c.num).where(
                    in_list(c.run_id, run_ids[start : start + _BATCH]), c.path_id == path_id, c.num.is_not(None)
                )
                for run_id, number in connection.execute(rows).all():
                    found.setdefault(run_id, {})[place] = number
    return found


def _put_together(resolved: Resolved, pairs: Sequence[Pair], contexts: _Contexts) -> _Template:
    """Which sequences belong together in a run with these."""
    fitting: list[dict[str, tuple[Pair, dict[str, Any]]] | None] = []
    for operand, readings in zip(resolved.expression.operands, resolved.readings, strict=True):
        if not readings:
            fitting.append(None)
            continue
        fitting.append(_fitting(resolved.expression, operand, readings, pairs, contexts))
    wanted: dict[str, dict[str, Any]] = {"{}": {}}
    for options in fitting:
        if options is None:
            continue
        joined: dict[str, dict[str, Any]] = {}
        for context in wanted.values():
            for _, rest in options.values():
                if all(context.get(key, value) == value for key, value in rest.items()):
                    both = context | rest
                    joined[canonical_context(both)] = both
                    if len(joined) > MAX_CONTEXTS:
                        at = resolved.expression.operands[0].at
                        message = f"more than {MAX_CONTEXTS} combinations of contexts in one run; name more of them"
                        raise name_error(resolved.expression, at, message)
        wanted = joined
    template = _Template()
    for text in sorted(wanted):
        context = wanted[text]
        chosen: list[Pair | None] = []
        labels: list[str] = []
        for operand, options in zip(resolved.expression.operands, fitting, strict=True):
            if options is None:
                chosen.append(None)
                labels.append(operand.text)
                continue
            pair = _closest(resolved.expression, operand, options, context)
            chosen.append(pair)
            labels.append(_label(resolved, operand, pair, contexts))
        template.results.append((text, tuple(chosen), tuple(labels)))
    return template


def _label(resolved: Resolved, operand: Operand, pair: Pair, contexts: _Contexts) -> str:
    place = resolved.expression.operands.index(operand)
    name = next(reading.name for reading in resolved.readings[place] if reading.name_id == pair[0])
    return name + _shown(contexts[pair[1]])


def _shown(context: Mapping[str, Any]) -> str:
    return f" ({', '.join(f'{key}={value}' for key, value in context.items())})" if context else ""


def _fitting(
    expression: Expression,
    operand: Operand,
    readings: Sequence[_Reading],
    pairs: Sequence[Pair],
    contexts: _Contexts,
) -> dict[str, tuple[Pair, dict[str, Any]]]:
    """The sequences that an operand may be, by what is left of their contexts."""
    found: dict[str, tuple[Pair, dict[str, Any]]] = {}
    used: dict[str, tuple[_Reading, Mapping[str, Any]]] = {}
    for reading in readings:
        for pair in pairs:
            if pair[0] != reading.name_id:
                continue
            context = contexts[pair[1]]
            rest = _rest(reading, context)
            if rest is None:
                continue
            text = canonical_context(rest)
            # the same rest twice, or a metric loss.val beside val among the contexts of loss
            same = text if text in used else next((one for one, (by, _) in used.items() if by is not reading), None)
            if same is not None:
                other, at = used[same]
                choices = (_exactly(other, at), _exactly(reading, context))
                message = f"{operand.text:.100} may be {' or '.join(choices)} in one run"
                raise name_error(expression, operand.at, message, choices)
            found[text], used[text] = (pair, rest), (reading, context)
    return found


def _rest(reading: _Reading, context: Mapping[str, Any]) -> dict[str, Any] | None:
    """What of a context is not named by a reading; None if it does not fit."""
    named: set[str] = set()
    for key, value in reading.items:
        if key not in context or type(context[key]) is not type(value) or context[key] != value:
            return None
        named.add(key)
    for text in reading.values:
        keys = {key for key, value in context.items() if _reads_as(value, text)}
        if not keys:
            return None
        named |= keys
    return {key: value for key, value in context.items() if key not in named}


def _reads_as(value: Any, text: str) -> bool:
    return value == text if isinstance(value, str) else not isinstance(value, list) and str(value) == text


def _exactly(reading: _Reading, context: Mapping[str, Any]) -> str:
    """A sequence as ``metric("loss", subset="val")``."""
    items = [f"{key if key.isidentifier() else _quoted(key)}={_value(value)}" for key, value in context.items()]
    return f"metric({', '.join([_quoted(reading.name), *items])})"


def _value(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else str(value)


def _closest(
    expression: Expression,
    operand: Operand,
    options: Mapping[str, tuple[Pair, dict[str, Any]]],
    context: Mapping[str, Any],
) -> Pair:
    """The sequence whose context says most of what the result's says."""
    inside = [(len(rest), pair) for pair, rest in options.values() if rest.items() <= context.items()]
    most = max(size for size, _ in inside)
    best = [pair for size, pair in inside if size == most]
    if len(best) > 1:
        message = f"several contexts of {operand.text:.100} fit {_shown(context).strip()}; name more of them"
        raise name_error(expression, operand.at, message)
    return best[0]
