"""The fields of a run: one table for queries, the runs table, exports and the UI.

To add a field to the runs table give it a ``column``; to let the table be grouped by it set ``is_groupable``; to export
it give it an ``export_title``. ``scripts/run_fields.py`` writes the same table for the UI, and a test compares both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["RUN_FIELDS", "FieldType", "Place", "RunField", "field_named"]

FieldType = Literal["text", "texts", "status", "hash", "time", "duration", "integer", "boolean"]
"""``time`` is Unix seconds (UTC), ``duration`` seconds, ``texts`` a list of strings, ``status`` one of six words."""

Place = Literal["before", "after", "optional"]
"""Where the runs table shows a column: before the params and metrics, after them, or only when it is asked for."""


@dataclass(frozen=True, slots=True)
class RunField:
    """One field of a run.

    Attributes:
        name: Its key in answers of the API, and its sort key.
        type: What its values are; any may be missing.
        label: Its heading.
        queried_as: How a query may write it after ``run.``, its canonical name first; empty: a query cannot.
        attribute: The attribute of a run in Python, where it is not `name`.
        is_in_rows: The API gives it for every run of a list.
        is_sortable, is_groupable: A table of runs can be sorted, grouped by it.
        is_computed: The index has no column that always holds it: how an open run stands decides, or the time. Such a
            field is sorted by a function in :mod:`aim.explore.tables.sorting`.
        column: The name of its column in the UI's addresses; None: the runs table has no such column.
        place: Where that column is shown.
        export_title: The heading of its column in exported tables; None: it is in none.
    """

    name: str
    type: FieldType
    label: str
    queried_as: tuple[str, ...] = ()
    attribute: str = ""
    is_in_rows: bool = True
    is_sortable: bool = True
    is_groupable: bool = False
    is_computed: bool = False
    column: str | None = None
    place: Place | None = None
    export_title: str | None = None

    @property
    def attribute_name(self) -> str:
        """The attribute of a run in Python."""
        return self.attribute or self.name


def _only_queried(name: str, kind: FieldType, label: str, *aliases: str) -> RunField:
    return RunField(name, kind, label, (name, *aliases), is_in_rows=False, is_sortable=False)


RUN_FIELDS: Final = (
    RunField("name", "text", "Run", ("name",), column="name", place="before", export_title="name"),
    RunField("hash", "hash", "Hash", ("hash",), export_title="hash"),
    RunField(
        "status", "status", "Status", ("status",), is_groupable=True, is_computed=True,
        column="status", place="before", export_title="status",
    ),
    RunField(
        "experiment", "text", "Experiment", ("experiment",), is_groupable=True,
        column="experiment", place="before", export_title="experiment",
    ),
    RunField(
        "created_at", "time", "Created", ("created_at", "creation_time"),
        column="created", place="before", export_title="created_at",
    ),
    RunField("ended_at", "time", "Ended", ("ended_at", "finalized_at", "end_time"), is_computed=True),
    RunField(
        "duration", "duration", "Duration", ("duration",), is_computed=True,
        column="duration", place="before", export_title="duration_s",
    ),
    RunField(
        "tags", "texts", "Tags", ("tags",), is_groupable=True, column="tags", place="after", export_title="tags"
    ),
    RunField("archived", "boolean", "Archived", ("archived", "is_archived"), attribute="is_archived"),
    RunField("source", "text", "Source", ("source",)),
    RunField("description", "text", "Description", ("description",), column="description", place="optional"),
    RunField("lost_points", "integer", "Lost points", ("lost_points",), is_sortable=False),
    _only_queried("active", "boolean", "Active", "is_active"),
    _only_queried("attempt", "integer", "Attempt"),
    _only_queried("error_type", "text", "Error"),
    _only_queried("error_message", "text", "Error message"),
    _only_queried("hidden_points", "integer", "Hidden points"),
    _only_queried("rejected", "integer", "Rejected values"),
    _only_queried("metrics", "texts", "Metrics"),
)  # fmt: skip
"""Of exported and shown columns, in this order."""

_BY_NAME: Final = {field.name: field for field in RUN_FIELDS}


def field_named(name: str) -> RunField | None:
    """The field with this key in answers; None if there is none."""
    return _BY_NAME.get(name)
