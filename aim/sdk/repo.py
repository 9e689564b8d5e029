"""``from aim.sdk.repo import Repo``: the path that code written for Aim 3 uses; the class lies in aim.sdk.reading."""

from aim.sdk.reading.repo import Repo

__all__ = ["Repo"]
