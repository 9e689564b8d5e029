"""Event types of ``<writer>.events.jsonl``: one JSON object per line, ASCII, always with ``type`` and ``time``.

==========  ===================================================================================================
type        further keys
==========  ===================================================================================================
opened      format, run, writer, role (train | edit), attempt, beside (list of writer ids), rank, job, experiment, name
            (of a new run), host, pid, source, aim, python, argv, platform
attempt     attempt, beside: corrects what the writer wrote of them before
params      path (list of keys), value, replace (false: merge deeply; true: replace what is there)
deleted     path: the params at this path are removed
sequence    id (u32), name, context, holds (what its values are, e.g. image; absent: metric)
set         field (name | description | experiment | archived | source), value
tag         add (list), remove (list)
note        id, text (null: deleted)
record      kind (e.g. checkpoint, model_summary), value: a small JSON object kept in a list under its kind
loss        the writer's loss ledger so far, cumulative: lost_points, lost_events, rejected, unsynced, causes {text: n}
status      value (finished | failed | interrupted): reported from outside the run (``aim runs close``)
closed      reason (finished | failed | interrupted), exit_code, error {type, message}, sizes {suffix: bytes}, loss
==========  ===================================================================================================

Unknown types and keys are kept in the file and ignored. Times are Unix seconds. Events of all writers of a run merge
in the order (time, writer, line): see :mod:`aim.schema.runstate`.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = [
    "ATTEMPT",
    "CLOSED",
    "DELETED",
    "LOSS",
    "MAX_BESIDE",
    "MAX_PATH_KEYS",
    "NOTE",
    "OPENED",
    "PARAMS",
    "RECORD",
    "REPO_FORMAT",
    "ROLE_EDIT",
    "ROLE_TRAIN",
    "SEQUENCE",
    "SET",
    "SETTABLE_FIELDS",
    "STATUS",
    "TAG",
    "Event",
]

MAX_PATH_KEYS: Final = 40
"""Keys in a ``path``; deeper ones would build params that nothing can walk through."""

MAX_BESIDE: Final = 100
"""How many writers one names as recording beside it; if there are more, the newest of them."""

REPO_FORMAT: Final = 1
"""Number in ``.aim/VERSION`` and in ``opened`` events."""

Event = dict[str, Any]

OPENED: Final = "opened"
ATTEMPT: Final = "attempt"
PARAMS: Final = "params"
DELETED: Final = "deleted"
SEQUENCE: Final = "sequence"
SET: Final = "set"
TAG: Final = "tag"
NOTE: Final = "note"
RECORD: Final = "record"
LOSS: Final = "loss"
STATUS: Final = "status"
CLOSED: Final = "closed"

ROLE_TRAIN: Final = "train"
ROLE_EDIT: Final = "edit"

SETTABLE_FIELDS: Final = ("name", "description", "experiment", "archived", "source")
