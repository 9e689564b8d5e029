"""The context of a metric as an object: a dict that can be compared, hashed and printed, as in Aim 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aim.schema.names import canonical_context

__all__ = ["Context"]


class Context(dict[str, Any]):
    """The context of a metric: a dict, with what code written for Aim 3 uses.

    Args:
        context: Key-values; None: no context.

    Example:
        >>> run.get_metric("loss", Context({"subset": "val"}))
    """

    def __init__(self, context: Mapping[str, Any] | None = None) -> None:
        super().__init__(context or {})

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(canonical_context(self))

    def to_dict(self) -> dict[str, Any]:
        """A plain dict of it."""
        return dict(self)
