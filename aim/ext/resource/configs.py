"""Constants of Aim 3 that adapters import; the tracking of system metrics comes with a later version."""

from __future__ import annotations

from typing import Final

__all__ = ["AIM_RESOURCE_METRIC_PREFIX", "DEFAULT_SYSTEM_TRACKING_INT"]

DEFAULT_SYSTEM_TRACKING_INT: Final = 10
"""Seconds between two system metrics: the default of ``system_tracking_interval=`` in Aim 3."""
AIM_RESOURCE_METRIC_PREFIX: Final = "__system__"
"""Begins the names of system metrics in Aim 3."""
