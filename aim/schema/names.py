"""Names of metrics, contexts, hashes and writers: what is allowed, and their canonical form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from aim.errors import InvalidValueError
from aim.schema.jsonvalues import from_json, to_json

__all__ = [
    "DEFAULT_EXPERIMENT",
    "MAX_CONTEXT_CHARS",
    "MAX_NAME_CHARS",
    "METRIC",
    "ContextValue",
    "canonical_context",
    "check_holds",
    "check_label",
    "check_metric_name",
    "has_unusable_characters",
    "is_run_hash",
    "is_writer_id",
    "parse_context",
]

ContextValue = Any
"""A JSON scalar (str, int, float, bool, None), an enum of such, or a list/tuple of such."""

DEFAULT_EXPERIMENT = "default"
MAX_NAME_CHARS = 1_000
MAX_CONTEXT_CHARS = 4_000

METRIC = "metric"
"""What a sequence holds unless its declaration says otherwise."""

_MAX_INT_BITS = 4_096
_MAX_CONTEXT_DEPTH = 8

_RUN_HASH = re.compile(r"[0-9a-f]{24}\Z")
_UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HOLDS = re.compile(r"[a-z_]{1,32}\Z")
_WRITER_ID = re.compile(r"[0-9]{1,6}-[0-9a-f]{8,16}\Z")


def is_run_hash(text: object) -> bool:
    """Whether `text` is a run hash: 24 lower-case hex digits."""
    return isinstance(text, str) and _RUN_HASH.match(text) is not None


def is_writer_id(text: object) -> bool:
    """Whether `text` is a writer id, ``<ordinal>-<hex>``."""
    return isinstance(text, str) and _WRITER_ID.match(text) is not None


def has_unusable_characters(text: str) -> bool:
    """Whether `text` holds control characters (line ends, escape sequences ...) or lone surrogates.

    Everything else may be in a name: the joiners of Persian and of emoji, blanks of any width. ``str.isprintable``
    alone does not do, it refuses those.
    """
    return not text.isprintable() and _UNUSABLE.search(text) is not None


def check_metric_name(name: object) -> str:
    """Return `name` if it can name a metric: a non-empty string of at most 1,000 characters without control characters.

    Raises:
        InvalidValueError: otherwise.
    """
    if not isinstance(name, str):
        raise InvalidValueError(f"a metric name must be a str, not {type(name).__name__} ({name!r:.80})")
    if not name or has_unusable_characters(name) or len(name) > MAX_NAME_CHARS:
        raise InvalidValueError(
            f"{name!r:.80} cannot name a metric: use 1 to {MAX_NAME_CHARS} characters, no control characters, "
            "e.g. 'train/loss'"
        )
    return str.__str__(name)


def check_holds(holds: object) -> str:
    """Return `holds` if it can say what a sequence holds: "metric", "image", ...; 1 to 32 of a to z and underscore.

    Raises:
        InvalidValueError: otherwise.
    """
    if not isinstance(holds, str) or _HOLDS.match(holds) is None:
        raise InvalidValueError(f"a sequence cannot hold {holds!r:.80}: use 1 to 32 characters of a-z and _")
    return holds


def check_label(text: object, what: str) -> str:
    """Return `text` if it can be a run name, experiment or tag (`what` is used in the message).

    Raises:
        InvalidValueError: not a str, empty, with control characters, surrounded by blanks, or over 1,000 characters.
    """
    if not isinstance(text, str):
        raise InvalidValueError(f"{what} must be a str, not {type(text).__name__} ({text!r:.80})")
    if not text or has_unusable_characters(text) or text != text.strip() or len(text) > MAX_NAME_CHARS:
        raise InvalidValueError(
            f"{text!r:.80} cannot be {what}: use 1 to {MAX_NAME_CHARS} characters, no control characters, "
            "no blanks at either end"
        )
    return str.__str__(text)


def _plain_context_value(key: str, value: Any, depth: int = 0) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return str.__str__(value)  # str() of a subclass may give something else
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value.bit_length() > _MAX_INT_BITS:
            raise InvalidValueError(f"context {key} is an integer of {value.bit_length()} bits; use a str")
        return int(value)
    if isinstance(value, float):
        return float(value) + 0.0  # -0.0 and 0.0 are one context
    if isinstance(value, (tuple, list)):
        if depth >= _MAX_CONTEXT_DEPTH:
            raise InvalidValueError(f"context {key} is nested deeper than {_MAX_CONTEXT_DEPTH} levels")
        return [_plain_context_value(key, item, depth + 1) for item in value]
    item = getattr(value, "item", None)  # numpy, torch and friends: 0-d scalars
    if callable(item) and getattr(value, "ndim", None) == 0:
        plain = item()
        # numpy's long double gives itself
        return float(plain) if type(plain) is type(value) else _plain_context_value(key, plain, depth + 1)
    raise InvalidValueError(
        f"context {key}={value!r:.80} is a {type(value).__name__}; use str, int, float, bool, None or a tuple of them"
    )


def canonical_context(context: Mapping[str, Any] | None) -> str:
    """The one string for a context: JSON, keys sorted, tuples as lists. ``{}`` for none.

    Values of different type are different (1, 1.0, True and "1" are four contexts).

    Raises:
        InvalidValueError: a key is empty or holds control characters, or a value is neither a JSON scalar nor a tuple.
    """
    if not context:
        return "{}"
    if not isinstance(context, Mapping):
        raise InvalidValueError(f"a context must be a dict, not {type(context).__name__} ({context!r:.80})")
    plain: dict[str, Any] = {}
    for key, value in context.items():
        if not isinstance(key, str) or not key or has_unusable_characters(key):
            raise InvalidValueError(f"context key {key!r:.80} is not a non-empty str without control characters")
        plain[str.__str__(key)] = _plain_context_value(key, value)
    text = to_json(dict(sorted(plain.items())))
    if len(text) > MAX_CONTEXT_CHARS:
        raise InvalidValueError(f"a context has {len(text)} characters; at most {MAX_CONTEXT_CHARS} are kept")
    return text


def parse_context(text: str) -> dict[str, Any]:
    """The context of a canonical string (lists stay lists)."""
    value = from_json(text)
    return value if isinstance(value, dict) else {}
