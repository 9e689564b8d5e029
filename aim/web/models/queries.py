"""Requests and answers about queries: whether one can be parsed, names and values to complete it with, saved views."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from aim.web.models.base import Answer, Query, Request

__all__ = [
    "Checked",
    "ContextValues",
    "NameCount",
    "NamesAnswer",
    "PathCount",
    "QueryCheck",
    "StoredView",
    "ValueCount",
    "ValuesAnswer",
    "ViewAnswer",
    "ViewState",
    "WordsAnswer",
    "WordsPlace",
]


class ViewState(Request):
    """A view to store."""

    page: Annotated[str, StringConstraints(min_length=1, max_length=201)]
    """Its path below the UI's own, e.g. ``/metrics``."""
    state: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]
    """The query string, without its question mark."""


class StoredView(Answer):
    """Where a view was stored."""

    hash: str


class ViewAnswer(Answer):
    """A stored view."""

    hash: str
    page: str
    state: str


class QueryCheck(Request):
    """A query to check."""

    q: Query
    kind: Literal["runs", "metrics"] = "metrics"


class Checked(Answer):
    """It can be answered."""

    ok: Literal[True]


class NameCount(Answer):
    """A name and how often it occurs."""

    name: str
    count: int


class PathCount(Answer):
    """A param and how many runs have it."""

    path: str
    name: str
    """The shortest that means this one alone in the repo: `lr` of `hparams.lr`."""
    count: int


class ValueCount(Answer):
    """A value and how often it occurs."""

    value: Any
    count: int


class ContextValues(Answer):
    """A context key and its values."""

    key: str
    values: list[ValueCount]


class NamesAnswer(Answer):
    """Names to complete."""

    fields: list[str]
    metrics: list[NameCount]
    tf_metrics: list[NameCount]
    """Those of TensorBoard logs, in place or imported: ``tf:name`` in a query."""
    params: list[PathCount]
    contexts: list[ContextValues]
    experiments: list[str]
    tags: list[str]


class ValuesAnswer(Answer):
    """Values to complete a comparison with."""

    values: list[ValueCount]


class WordsPlace(Answer):
    """A place that holds the words that were looked for."""

    what: Literal["name", "id", "experiment", "description", "tag", "param", "note"]
    text: str
    """The tag, the name of the param, else the words."""
    runs: int
    q: str
    """Finds these runs."""


class WordsAnswer(Answer):
    """Where words occur."""

    q: str
    """Finds all of these runs; empty: there is none."""
    found: list[WordsPlace]
    searched: list[str]
