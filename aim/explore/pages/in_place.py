"""What of logs that are read in place is not shown, as the API answers it."""

from __future__ import annotations

from typing import Any, Final

from aim.schema.source import SourceReport

__all__ = ["in_place_answer"]

_PROBLEMS: Final = 50
"""Places that are named; a folder of damaged files could fill any page."""


def in_place_answer(report: SourceReport) -> dict[str, Any] | None:
    """None where nothing is read in place."""
    if not report.places and not report.problems:
        return None
    return {
        "places": list(report.places),
        "runs": report.runs,
        "not_shown": [{"kind": kind, "count": count} for kind, count in sorted(report.not_shown.items())],
        "problems": list(report.problems[:_PROBLEMS]),
        "problem_count": len(report.problems),
    }
