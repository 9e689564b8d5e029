"""Types of Aim 3's ``aim.sdk.types`` that code names in annotations and arguments."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeAlias

__all__ = ["AimObject", "AimObjectKey", "AimObjectPath", "QueryReportMode"]

AimObjectKey: TypeAlias = "int | str"
AimObjectPath: TypeAlias = "AimObjectKey | tuple[AimObjectKey, ...]"
AimObject: TypeAlias = Any


class QueryReportMode(Enum):
    """How a query of Aim 3 reports its progress; accepted as ``report_mode=`` and without effect."""

    DISABLED = 0
    PROGRESS_BAR = 1
    PROGRESS_TUPLE = 2
