"""Columns -> a data frame of pandas or polars, whichever is installed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Literal

from aim.errors import InvalidValueError, MissingDependencyError

__all__ = ["Backend", "make_frame"]

Backend = Literal["pandas", "polars"]


def make_frame(columns: Mapping[str, Any], backend: Backend | None = None) -> Any:
    """A data frame of these columns.

    Args:
        columns: Name -> array or list, all of one length.
        backend: "pandas" or "polars"; None: pandas if it is installed, else polars.

    Raises:
        MissingDependencyError: the library is not installed.
    """
    if backend not in (None, "pandas", "polars"):
        raise InvalidValueError(f"unknown backend {backend!r:.80}; use 'pandas' or 'polars'")
    for name in (backend,) if backend is not None else ("pandas", "polars"):
        try:
            library = importlib.import_module(name)
        except ImportError:
            continue
        if name == "polars":
            # mixed columns (params of several runs) are no error in pandas either
            return library.DataFrame(dict(columns), strict=False)
        return library.DataFrame(dict(columns))
    wanted = backend or "pandas"
    raise MissingDependencyError(
        f"dataframe() needs {backend or 'pandas or polars'}, which is not installed. "
        f"Install it with: pip install {wanted}"
    )
