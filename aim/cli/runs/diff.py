"""``aim runs diff``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import click

from aim.cli.completing import complete_runs
from aim.cli.context import common_options, json_option, options
from aim.cli.differing import leaves
from aim.cli.output import digits_of, format_number, plural, print_json, print_table
from aim.cli.selecting import select_runs
from aim.schema.jsonvalues import to_json
from aim.schema.order import natural_order
from aim.schema.paths import spell_path

__all__ = ["diff"]

_CELL_CHARS = 60
_ABSENT: Any = object()

K = TypeVar("K", bound=Hashable)


@click.command()
@click.argument("texts", metavar="RUN RUN...", nargs=-1, required=True, shell_complete=complete_runs)
@common_options
@json_option
def diff(texts: tuple[str, ...]) -> None:
    """Show in which params and last values runs differ. What is equal in all of them is counted."""
    with options().open_repo() as repo:
        hashes = select_runs(repo, texts)
        if len(hashes) < 2:
            raise click.UsageError("two runs or more are compared: name another one")
        runs = [repo.get_run(run_hash) for run_hash in hashes]
        params = _Compared([{path: v for path, v in leaves(run.params) if v != {}} for run in runs])
        metrics = _Compared(
            [
                {
                    (m.name, ", ".join(f"{k}={v}" for k, v in m.context.items())): m.last
                    for m in run.metrics()
                    if m.count
                }
                for run in runs
            ]
        )
    if options().as_json:
        print_json(
            {
                "runs": [{"hash": run.hash, "name": run.name, "experiment": run.experiment} for run in runs],
                "params": [{"path": spell_path(path), **_values(row)} for path, row in params.rows.items()],
                "metrics": [
                    {"name": name, "context": context, **_values(row)} for (name, context), row in metrics.rows.items()
                ],
                "equal": {"params": params.equal, "metrics": metrics.equal},
            }
        )
        return
    heads = [run.name for run in runs]
    if len(set(heads)) < len(heads):
        heads = [f"{run.name} ({run.hash[:8]})" for run in runs]
    body = [(spell_path(path), *(_text(v, 17) for v in row)) for path, row in params.rows.items()]
    for (name, context), row in metrics.rows.items():
        digits = digits_of(v for v in row if v is not _ABSENT)
        body.append((f"{name} ({context})" if context else name, *(_text(v, digits) for v in row)))
    if body:
        print_table(("", *heads), body)
    equal = f"{plural(params.equal, 'param')} and the last values of {plural(metrics.equal, 'metric')}"
    click.echo(f"Equal, and not shown: {equal}")


class _Compared(Generic[K]):
    """What several runs have under the same keys: `rows` that differ, and how many are `equal`."""

    def __init__(self, several: Sequence[Mapping[K, Any]]) -> None:
        keys = sorted({key for one in several for key in one}, key=lambda key: natural_order(str(key)))
        every = {key: [one.get(key, _ABSENT) for one in several] for key in keys}
        self.rows = {key: row for key, row in every.items() if len(set(map(_exact, row))) > 1}
        self.equal = len(every) - len(self.rows)


def _exact(value: Any) -> str:
    return "" if value is _ABSENT else to_json(value)


def _values(row: Sequence[Any]) -> dict[str, Any]:
    """The values in the order of the runs, None where a run has none, and which have one."""
    return {"values": [None if v is _ABSENT else v for v in row], "present": [v is not _ABSENT for v in row]}


def _text(value: Any, digits: int) -> str:
    if value is _ABSENT:
        return "-"
    text = (
        format_number(value, digits)
        if isinstance(value, float)
        else value
        if isinstance(value, str)
        else to_json(value)
    )
    return text if len(text) <= _CELL_CHARS else text[: _CELL_CHARS - 1] + "…"
