"""The tables of the index, in SQLAlchemy Core.

The index is a cache of what the run directories (and other sources) hold; nothing here is the only copy of anything,
and another ``SCHEMA_VERSION`` means: rebuild. How values are stored so that SQL does not change them:

- Number columns hold finite numbers and infinities as they are; NULL means NaN where a value must exist
  (``sequence.first/last/min/max``), for "none" elsewhere. SQLite would turn NaN into NULL by itself.
- ``param.num`` is set for finite numbers, booleans (0 or 1) and infinities; ``param.txt`` for ordinary strings; at most
  one of the two. Every other kind has neither; ``param.kind`` says which it is: see :class:`Kind`.
- JSON is text, text compares by code point (BINARY in SQLite).
- The condition of a partial index is in its ``info["where"]``; a dialect says so in its own words.
- Ids are internal, never reused while an index lives, and valid until it is rebuilt. Runs are known outside by hash.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from aim.schema.names import METRIC

__all__ = [
    "INDEXED_TEXT_CHARS",
    "SCHEMA_VERSION",
    "VIEWS",
    "Kind",
    "any_sequence",
    "chunk",
    "chunk_time",
    "context",
    "meta",
    "metadata",
    "metric_name",
    "object_sequence",
    "param",
    "path",
    "run",
    "run_params",
    "run_tag",
    "sequence",
    "sequence_stream",
    "stream",
]

SCHEMA_VERSION: Final = 5
"""Changed with every change of these tables or of the codecs; there are no migrations."""

INDEXED_TEXT_CHARS: Final = 1_000
"""Longer param strings are not put into SQL columns (``Kind.AWKWARD_TEXT``): no condition on them is worth an index."""


class Kind(IntEnum):
    """What a param leaf is. Only the first four have ``num``, only ``TEXT`` has ``txt``."""

    FINITE = 0
    """An int of at most 53 bits, or a finite float: ``num`` is exact."""
    POS_INF = 1
    NEG_INF = 2
    BOOL = 3
    TEXT = 4
    NAN = 5
    NONE = 6
    BIG_INT = 7
    """An int that float64 cannot hold exactly: look into ``run_params``."""
    AWKWARD_TEXT = 8
    """A string with NUL or lone surrogates, or longer than ``INDEXED_TEXT_CHARS``: look into ``run_params``."""
    LIST = 9
    """Look into ``run_params``."""
    EMPTY_DICT = 10


metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""``schema``, ``next_id`` counters, what each source remembers between two scans."""

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String, nullable=False, unique=True),
    Column("origin", String, nullable=False),  # name of the Source that provides it: "runs", ...
    Column("source", String, nullable=False),  # tool that wrote it: "aim", "tensorboard", ...
    Column("experiment", String, nullable=False),
    Column("name", String, nullable=False),
    Column("description", String, nullable=False),
    Column("is_archived", Boolean(create_constraint=False), nullable=False),
    Column("created_at", Float),
    # NULL while not known to have ended; else its status is end_reason: finished | failed | interrupted | crashed.
    # While NULL the status is what Index.live_status() gave at the last catch-up.
    Column("ended_at", Float),
    Column("end_reason", String),
    # Seconds without a process between its attempts. Its duration is ended_at - created_at - pauses_s.
    Column("pauses_s", Float, nullable=False, server_default="0"),
    Column("error_type", String),
    Column("error_message", String),
    Column("attempt", Integer, nullable=False),
    Column("hidden_points", BigInteger, nullable=False, server_default="0"),  # of its sequences together
    Column("lost_points", BigInteger, nullable=False),
    Column("lost_events", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("unsynced", BigInteger, nullable=False),
    Column("causes", String, nullable=False),  # of these losses: JSON, cause to count
    Column("tags", String, nullable=False),  # JSON list, in the order they were added
    Column("notes", Integer, nullable=False),  # how many
    # For catching up alone:
    Column("version", Integer, nullable=False),  # compare-and-swap: one more with every change of the run's rows
    Column("is_open", Boolean(create_constraint=False), nullable=False),  # a writer of it may still append
    Column("next_scan_at", Float),  # is_open and no active marker: when to look again, and after how long
    Column("scan_interval_s", Float),
    Column("file_identity", String),  # changes when the run's directory was replaced
    Index("ix_run_created", "created_at"),
    Index("ix_run_experiment", "experiment"),
)
Index("ix_run_open", run.c.next_scan_at, info={"where": run.c.is_open.is_(True)})

run_params = Table(
    "run_params",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("params", String, nullable=False),  # the whole nested dict, by aim.schema.jsonvalues.to_json
)

run_tag = Table(
    "run_tag",
    metadata,
    Column("run_id", Integer, nullable=False),
    Column("tag", String, nullable=False),
    PrimaryKeyConstraint("run_id", "tag"),
    Index("ix_run_tag", "tag", "run_id"),
)

path = Table(
    "path",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", String, nullable=False, unique=True),  # JSON list of keys
    Column("full", String, nullable=False),  # keys joined by dots
    Column("tail", String),  # the same without the first key; NULL if there is one key only
    Index("ix_path_full", "full"),
    Index("ix_path_tail", "tail"),
)
"""Dictionary of param paths; few rows (one a distinct param name), so names are resolved before SQL is built."""

param = Table(
    "param",
    metadata,
    Column("run_id", Integer, nullable=False),
    Column("path_id", Integer, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("num", Float),
    Column("txt", String),
    PrimaryKeyConstraint("run_id", "path_id"),
)
"""One row a leaf of a run's params. The indexes are partial and covering: a condition on ``num`` implies NOT NULL."""
Index(
    "ix_param_num", param.c.path_id, param.c.num, param.c.run_id,
    info={"where": param.c.num.is_not(None)},
)  # fmt: skip
Index(
    "ix_param_txt", param.c.path_id, param.c.txt, param.c.run_id,
    info={"where": param.c.txt.is_not(None)},
)  # fmt: skip
Index(
    "ix_param_other", param.c.path_id, param.c.kind, param.c.run_id,
    info={"where": param.c.num.is_(None) & param.c.txt.is_(None)},
)  # fmt: skip

metric_name = Table(
    "metric_name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("holds", String, nullable=False, server_default=METRIC),  # what sequences of this name hold
    Column("name", String, nullable=False),
    UniqueConstraint("holds", "name"),
)
"""Names of sequences. A metric and images may share one: they are two rows."""
Index("ix_metric_name_other", metric_name.c.id, info={"where": metric_name.c.holds != METRIC})

context = Table(
    "context",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("context", String, nullable=False, unique=True),  # canonical text, aim.schema.names.canonical_context
)

any_sequence = Table(
    "any_sequence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("name_id", Integer, nullable=False),
    Column("context_id", Integer, nullable=False),
    # A summary of the points that are shown (not hidden by a later attempt), in the order they are shown:
    Column("count", BigInteger, nullable=False),  # at least 1: a sequence appears with its first point
    Column("first", Float),  # NULL: NaN
    Column("last", Float),  # NULL: NaN
    Column("min", Float),  # of all that are not NaN, infinities included; NULL if all are NaN
    Column("max", Float),
    Column("nan_count", Integer, nullable=False),
    Column("inf_count", Integer, nullable=False),  # both infinities
    Column("first_step", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("min_step", BigInteger, nullable=False),
    Column("max_step", BigInteger, nullable=False),
    Column("first_time", Float),
    Column("last_time", Float),
    Column("last_epoch", Float),  # NULL: the last point has none
    Column("writers", Integer, nullable=False),  # how many feed it: more than one after a resume or with ranks
    Column("hidden_points", BigInteger, nullable=False, server_default="0"),  # of earlier attempts, not summed up here
    UniqueConstraint("run_id", "name_id", "context_id"),
    Index("ix_sequence_name", "name_id", "context_id", "run_id"),
)
"""All sequences, whatever they hold."""

_OTHER_NAMES: Final = f"(SELECT id FROM metric_name WHERE holds != '{METRIC}')"
VIEWS: Final = {
    "sequence": f"CREATE VIEW sequence AS SELECT * FROM any_sequence WHERE name_id NOT IN {_OTHER_NAMES}",
    "object_sequence": f"CREATE VIEW object_sequence AS SELECT * FROM any_sequence WHERE name_id IN {_OTHER_NAMES}",
}
"""Of ``any_sequence``: what makes each. NOT IN leaves the choice of indexes as it is without a view, and the names of
objects, mostly none, have an index of their own."""


def _view(name: str) -> Table:
    return Table(name, MetaData(), *(Column(column.name, column.type) for column in any_sequence.columns))


sequence = _view("sequence")
"""The sequences that are metrics: what queries, tables and charts are about. A view."""

object_sequence = _view("object_sequence")
"""The sequences that hold something else (images ...). A view."""

stream = Table(
    "stream",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("key", String, nullable=False),  # file name
    Column("writer", String, nullable=False),
    Column("kind", String, nullable=False),  # "events" | "points"
    Column("part", Integer, nullable=False),
    Column("seen", BigInteger, nullable=False),  # summaries include the stream up to here
    Column("folded", BigInteger, nullable=False),  # chunks include it up to here; the rest is read from the file
    Column("head", LargeBinary, nullable=False),  # its first bytes, at most 64: changed means replaced
    Column("ended", Boolean(create_constraint=False), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("skipped", BigInteger, nullable=False),  # records with undeclared ids, left out
    UniqueConstraint("run_id", "key"),
)
Index(
    "ix_stream_tail", stream.c.run_id,
    info={"where": stream.c.seen > stream.c.folded},
)  # fmt: skip

sequence_stream = Table(
    "sequence_stream",
    metadata,
    Column("stream_id", Integer, nullable=False),
    Column("declared", Integer, nullable=False),  # the id in the stream's records
    Column("sequence_id", Integer, nullable=False),
    PrimaryKeyConstraint("stream_id", "declared"),
    Index("ix_sequence_stream", "sequence_id", "stream_id", "declared"),
)
"""Which id of which points stream feeds which sequence."""

chunk = Table(
    "chunk",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("sequence_id", Integer, nullable=False),
    Column("stream_id", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("values", LargeBinary, nullable=False),  # columns by aim.index.sql.codecs
    Column("steps", LargeBinary, nullable=False),
    UniqueConstraint("run_id", "sequence_id", "stream_id", "number"),
)
"""Points up to ``stream.folded``. Rowid tables with a unique index: WITHOUT ROWID doubles the size of such rows."""

chunk_time = Table(
    "chunk_time",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("sequence_id", Integer, nullable=False),
    Column("stream_id", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("epochs", LargeBinary, nullable=False),
    Column("times", LargeBinary, nullable=False),
    UniqueConstraint("run_id", "sequence_id", "stream_id", "number"),
)
"""The rest of the same chunks, apart because a chart by step needs none of it."""
