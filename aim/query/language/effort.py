"""What a question costs inside one row: work over long values is counted, so that it can be left there, too.

A row may hold lists of 100,000 items, and one condition may go through them a thousand times. What does says so here,
in units of about an item each; every :data:`UNITS` units it is checked whether anyone still waits, and what it costs.
"""

from __future__ import annotations

from typing import Any, Final

from aim.index.sql.interrupt import building, checkpoint

__all__ = ["BYTES_OF_AN_ITEM", "CHARS_A_UNIT", "build", "build_values", "spend"]

UNITS: Final = 10_000
"""Between two checks: about a millisecond."""
BYTES_OF_AN_ITEM: Final = 8
CHARS_A_UNIT: Final = 64
"""Characters are gone through that much faster than items."""


def spend(units: int) -> None:
    """Count items that are gone through; raises what :func:`aim.index.sql.interrupt.checkpoint` raises."""
    building.units += units
    if building.units >= UNITS:
        building.units = 0
        checkpoint()


def build(value: Any) -> Any:
    """Count a list or a string that was just made: it stays in memory until its condition is decided."""
    if isinstance(value, list):
        building.built_bytes += len(value) * BYTES_OF_AN_ITEM
        spend(len(value))
    elif isinstance(value, str):
        building.built_bytes += len(value)
        spend(len(value) // CHARS_A_UNIT)
    return value


def build_values(values: list[Any]) -> list[Any]:
    """Count the values of one expression, which others of the same condition are kept beside."""
    if len(values) > 1:
        build(values)
    return values
