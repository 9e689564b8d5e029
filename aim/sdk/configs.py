"""Constants of Aim 3's ``aim.sdk.configs``."""

from __future__ import annotations

from typing import Final

__all__ = ["AIM_REPO_NAME", "get_aim_repo_name"]

AIM_REPO_NAME: Final = ".aim"
"""The directory of a repo."""


def get_aim_repo_name() -> str:
    """The name of the directory of a repo: ".aim"."""
    return AIM_REPO_NAME
