"""How many examples a property test tries: some in `make test`, many in `make test-slow`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import settings

__all__ = ["examples"]

T = TypeVar("T", bound=Callable[..., Any])

IS_LONG = bool(os.environ.get("LONG_TESTS"))


def examples(quick: int, long: int) -> Callable[[T], T]:
    """Mark a property test whose examples take long: `quick` of them, or `long` with LONG_TESTS=1."""

    def decorate(test: T) -> T:
        return pytest.mark.long(settings(max_examples=long if IS_LONG else quick)(test))

    return decorate
