"""Requests and answers about one run, and edits of runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from aim.web.models.base import (
    MAX_TEXT_CHARS,
    Answer,
    ErrorAnswer,
    Hash,
    Label,
    MaybeNumber,
    Request,
    RunFields,
    RunProgress,
    WholeNumber,
)

__all__ = [
    "Bulk",
    "BulkAnswer",
    "Cause",
    "Edit",
    "Failure",
    "InPlace",
    "Loss",
    "NearRun",
    "NoRunAnswer",
    "NotShown",
    "Note",
    "NoteEdit",
    "NoteHistory",
    "NoteVersion",
    "RunAnswer",
    "RunError",
    "RunSequence",
    "Writer",
]


class NearRun(Answer):
    """A run that may be meant; `deleted`: it is in the trash."""

    hash: str
    name: str
    experiment: str
    deleted: bool


class NoRunAnswer(ErrorAnswer):
    """There is no such run."""

    near: list[NearRun] = Field(default=[])


class Note(Answer):
    """A note in Markdown."""

    id: str
    text: str
    created_at: float
    edited_at: float


class NoteVersion(Answer):
    """A version of a note; text null: deleted."""

    text: str | None
    at: float


class NoteHistory(Answer):
    """All versions of a note, oldest first."""

    id: str
    history: list[NoteVersion]


class RunSequence(Answer):
    """A metric of a run, summed up."""

    id: str
    name: str
    context: dict[str, Any]
    count: int
    last: MaybeNumber
    min: MaybeNumber
    max: MaybeNumber
    first_step: WholeNumber
    last_step: WholeNumber
    hidden_points: int
    """Points of earlier attempts that a later one recorded again; the other numbers leave them out."""
    last_time: float | None
    rank: int
    """0: the most telling metric of the run, by its name."""


class RunError(Answer):
    """The exception that ended the run."""

    type: str
    message: str


class Writer(Answer):
    """A process that opened the run."""

    id: str
    role: str
    attempt: int
    rank: int
    opened_at: float | None
    host: str
    pid: int | None
    closed_at: float | None
    reason: str | None
    error: RunError | None
    """The exception that ended it: of an attempt that was resumed, too."""


class Cause(Answer):
    """Why values were lost, and how many."""

    cause: str
    count: int


class Loss(Answer):
    """The loss ledger."""

    lost_points: int
    lost_events: int
    rejected: int
    unsynced: int
    causes: list[Cause]


class NotShown(Answer):
    """A kind of data, in the plural, and how many of it there are."""

    kind: str
    count: int


class InPlace(Answer):
    """Logs of another tool that are read in place, and what of them is not shown."""

    places: list[str]
    """The folders; of a run, its own."""
    runs: int
    """How many were found there."""
    not_shown: list[NotShown]
    """What Aim cannot show yet."""
    problems: list[str]
    """What could not be read, one per line; the first ones of many."""
    problem_count: int


class RunAnswer(RunFields):
    """Everything about one run."""

    slot: int | None = None
    """Of its colour, 0 to 7: the same in every answer; null: it is not indexed yet."""
    params: dict[str, Any]
    key_params: list[str]
    """The first ones of them to look at: paths, well-known names first."""
    notes: list[Note]
    records: dict[str, list[Any]]
    sequences: list[RunSequence]
    attempt: int
    hidden_points: int
    """Of its sequences together."""
    writers: list[Writer]
    loss: Loss
    error: RunError | None
    environment: dict[str, Any]
    version: str
    deleted: bool = False
    """It is in the trash, from which `restore` brings it back."""
    in_place: InPlace | None = None
    """Null for a run that Aim recorded."""
    progress: RunProgress | None = None
    """Null for a run that has ended, or whose params name no total."""


class NoteEdit(Request):
    """A new note (no id), a new text for one, or its end (text null)."""

    id: Label | None = None
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)] | None = None


class Edit(Request):
    """What to change of a run."""

    base_version: str | None = None
    """The `version` that the edit is based on; without one nothing is compared."""
    name: Label | None = None
    description: Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)] | None = None
    experiment: Label | None = None
    archived: bool | None = None
    add_tags: list[Label] = Field(default=[], max_length=1000)
    remove_tags: list[Label] = Field(default=[], max_length=1000)
    note: NoteEdit | None = None


class Bulk(Request):
    """One action on many runs."""

    hashes: list[Hash] = Field(max_length=100_000)
    action: Literal["archive", "unarchive", "delete", "restore", "add_tag", "remove_tag"]
    tag: Label | None = None


class Failure(Answer):
    """A run for which it failed, and why."""

    hash: str
    message: str


class BulkAnswer(Answer):
    """The runs that were changed, and those that could not be."""

    done: list[str]
    failed: list[Failure]
