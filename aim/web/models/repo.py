"""Requests and answers about the repo: the server, the first page, experiments, demo data."""

from __future__ import annotations

from typing import Any, Literal

from aim.web.models.base import Answer, HeadlineMetric, Label, MaybeNumber, Request, RunProgress, WholeNumber
from aim.web.models.run import InPlace
from aim.web.models.runs import RunRow

__all__ = [
    "Activity",
    "DemoAnswer",
    "ExperimentCount",
    "ExperimentName",
    "ExperimentsAnswer",
    "Headline",
    "HeadlineChoice",
    "HomeAnswer",
    "HomeRow",
    "InfoAnswer",
    "NewBest",
    "Progress",
    "Since",
    "Totals",
]


class ExperimentCount(Answer):
    """An experiment and how many runs it has, archived ones left out."""

    name: str
    runs: int
    headline: HeadlineMetric | None
    """The headline metric of its runs, where one was set."""


class Progress(Answer):
    """How far the index has come."""

    done: int
    total: int


class InfoAnswer(Answer):
    """The server and its repo."""

    version: str
    repo_path: str
    read_only: bool
    elsewhere: str | None
    """The address that other machines can open; null if the server listens at one address."""
    needs_token: bool
    """Of everyone, or of everyone but the user it runs as."""
    runs: int
    active_runs: int
    archived_runs: int
    points: int
    size_bytes: int
    """Of the whole ``.aim`` directory: runs, trash and index. Some seconds old."""
    experiments: list[ExperimentCount]
    experiment: str
    """The one that is checked out: new runs belong to it."""
    exports: list[str]
    """The kinds of files that runs can be exported to: ``parquet`` only where pyarrow is installed."""
    catching_up: Progress | None
    now: float


class Headline(Answer):
    """The headline metric of a run."""

    name: str
    context: dict[str, Any]
    last: MaybeNumber
    last_step: WholeNumber
    last_time: float | None
    spark: list[float]
    goal: Literal["min", "max"] | None = None
    """Declared for the experiment, if this is the metric it was declared for."""
    best: MaybeNumber = None
    """The best value of the run, at any step; null without a goal."""
    best_of_others: float | None = None
    """The best value that another run of the experiment reached."""


class HomeRow(RunRow):
    """A run on the first page."""

    headline: Headline | None
    progress: RunProgress | None = None
    """Null for a run that has ended, or whose params name no total."""
    quiet_s: float | None = None
    """Seconds since the last point of a run that is running, where that is long for this run; null: it is not."""


class NewBest(Answer):
    """A run that beat all others of its experiment."""

    experiment: str
    hash: str
    name: str
    value: float


class Since(Answer):
    """What happened at a moment or later, archived runs left out."""

    at: float
    ended: int
    """Runs that ended, the failed ones among them."""
    failed: int
    """Failed or crashed."""
    bests: list[NewBest]


class Activity(Answer):
    """How many runs began on a day."""

    day: str
    runs: int


class Totals(Answer):
    """The repo in figures."""

    runs: int
    active_runs: int
    archived_runs: int
    points: int
    size_bytes: int


class UnreadableRun(Answer):
    """A run that is in no answer."""

    hash: str
    reason: str


class Unreadable(Answer):
    """Runs that are in no answer since their files cannot be read: how many, and the first ones."""

    count: int
    runs: list[UnreadableRun]


class HomeAnswer(Answer):
    """The first page."""

    active: list[HomeRow]
    recent: list[HomeRow]
    activity: list[Activity]
    totals: Totals
    experiments: list[ExperimentCount]
    in_place: InPlace | None
    """Null if the server shows nothing but the repo's own runs."""
    unreadable: Unreadable
    since: Since | None = None
    """Null if it was not asked for."""


class DemoAnswer(Answer):
    """Demo data: how many of how many runs are recorded; `message` says why it failed."""

    state: Literal["none", "running", "done", "failed"]
    done: int
    total: int
    message: str


class ExperimentName(Request):
    """An experiment."""

    name: Label


class HeadlineChoice(Request):
    """The headline metric of an experiment; null: the validation loss, otherwise the first metric logged."""

    name: Label
    headline: HeadlineMetric | None


class ExperimentsAnswer(Answer):
    """The experiments, and the one that new runs belong to."""

    experiments: list[ExperimentCount]
    experiment: str
