"""Requests and answers of the runs table."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from aim.web.models.base import Answer, Column, MaybeNumber, Query, Request, RunFields, WholeNumber

__all__ = [
    "Bin",
    "ColumnsAnswer",
    "ColumnsRequest",
    "MetricColumn",
    "ParamColumn",
    "RunRow",
    "RunsAnswer",
    "RunsExport",
    "RunsSearch",
    "Sort",
    "SpreadAnswer",
    "SpreadRequest",
    "SpreadValue",
]


class Sort(Request):
    """One key: a field, ``params.<path>``, ``metrics.<name>|<context>.last`` or a column."""

    by: Column
    desc: bool = False


class RunsSearch(Request):
    """Which runs, in which order, with which columns."""

    q: Query = ""
    sort: list[Sort] = Field(default=[], max_length=10)
    offset: int = Field(default=0, ge=0, le=2**53)
    limit: int = Field(default=100, ge=0, le=1000)
    columns: list[Column] | None = Field(default=[], max_length=100_000)
    """Param paths (``hparams.lr``), and ``metric:<name>|<canonical context>|last``; or ``first``, ``min``, ``max``,
    ``count``; ``best`` (min or max, whichever the name suggests; ``best:min``, ``best:max``: regardless of the name);
    ``at:1000``: the value at that step, or at the nearest before it; and expressions on metrics, docs/aimql.md, behind
    ``expr:``. null: a few are picked, which the answer
    names."""
    known: bool = False
    """Include the answer of ``/runs/columns`` for these runs. Where columns are picked, the answer always does."""
    archived: bool | None = None
    """True: the archived ones only."""
    form: Literal["named", "listed"] = "named"
    """"named": each row has its values by name, in ``params`` and ``metrics``. "listed": it has ``cells``, in the order
    of `columns`, a third of the size for a table of many columns; null where the run has none, ``{"$none": true}`` for
    the value None."""


class RunsExport(Request):
    """Which runs, in which order, with which columns, as which kind of file."""

    format: Literal["csv", "json", "parquet", "markdown"]
    q: Query = ""
    sort: list[Sort] = Field(default=[], max_length=10)
    columns: list[Column] = Field(default=[], max_length=100_000)
    archived: bool | None = None
    exact: bool = False
    """Of CSV: strings that look like formulas get no quote, which keeps spreadsheets from running them."""


class SpreadRequest(Request):
    """Of one column: a field, ``params.<path>`` or a metric column, as a sort key has it."""

    column: Column
    q: Query = ""
    archived: bool | None = None


class SpreadValue(Answer):
    """A value, and how many runs have it."""

    value: MaybeNumber | WholeNumber | str
    count: int


class Bin(Answer):
    """Runs whose value is at least `from` and less than `to`; of the last bin, also `to` itself."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: float | WholeNumber = Field(alias="from")
    to: float | WholeNumber
    count: int


class SpreadAnswer(Answer):
    """How the values of a column spread. Few different numbers are `values`, many fall into `bins`."""

    runs: int
    missing: int
    infinite: int
    min: float | WholeNumber | None
    max: float | WholeNumber | None
    low: float | WholeNumber | None
    """The smallest that is no outlier."""
    high: float | WholeNumber | None
    """The largest that is no outlier."""
    values: list[SpreadValue]
    more_values: int
    bins: list[Bin]


class RunRow(RunFields):
    """A run in a list."""

    slot: int | None = None
    """Of its colour, 0 to 7: the same in every answer; null: it is not indexed yet."""
    params: dict[str, Any] = Field(default={})
    metrics: dict[str, MaybeNumber] = Field(default={})
    cells: list[Any] = Field(default=[])


class ParamColumn(Answer):
    """A param that runs have: how many, how many different values (capped), and of which kinds."""

    path: str
    name: str
    """The shortest that means this one alone in the repo: `lr` of `hparams.lr`."""
    count: int
    distinct: int
    kinds: list[str]


class MetricColumn(Answer):
    """A metric that runs have, and whether lower or higher is better, where its name shows that."""

    name: str
    context: str
    count: int
    goal: Literal["min", "max"] | None


class ColumnsAnswer(Answer):
    """What could be shown as a column."""

    params: list[ParamColumn]
    metrics: list[MetricColumn]


class RunsAnswer(Answer):
    """A page of runs."""

    total: int
    matched: int
    offset: int
    rows: list[RunRow]
    columns: list[str] | None = None
    """The columns of the rows, where they were picked."""
    exact: list[tuple[int, int, str]] = Field(default=[])
    """Of "listed" rows: (row, cell, JSON) of params that hold a float without a fraction, which JavaScript takes for an
    integer."""
    known: ColumnsAnswer | None = None
    hints: list[str]
    took_ms: float
    behind: int | None
    """While the index catches up for the first time: how many runs are not in it yet (0: not known); null: none."""


class ColumnsRequest(Request):
    """Of which runs."""

    q: Query = ""
