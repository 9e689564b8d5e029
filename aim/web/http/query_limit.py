"""What one question may cost on a server: time of a processor, and size of the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aim.web.http.errors import ApiError

__all__ = ["DEFAULT_QUERY_LIMIT", "QueryLimit", "read_query_limit"]

_UNITS: Final = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
_TIME: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)s")
_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(KB|MB|GB)")


@dataclass(frozen=True, slots=True)
class QueryLimit:
    """What one question may cost; None: any amount."""

    cpu_s: float | None = 20.0
    size_bytes: int | None = 200 * 10**6
    built_bytes: int = 80 * 10**6
    """Of lists and strings that one condition makes of the values of one run: 10 million items."""

    def __str__(self) -> str:
        parts = [
            "" if self.cpu_s is None else f"{self.cpu_s:g}s",
            "" if self.size_bytes is None else f"{self.size_bytes / 10**6:g}MB",
        ]
        return ",".join(part for part in parts if part) or "none"

    def check_time(self, spent_s: float) -> None:
        """Raises:
        ApiError: `spent_s` seconds of a processor are too many.
        """
        if self.cpu_s is not None and spent_s > self.cpu_s:
            raise _exceeded(f"stopped after {self.cpu_s:g} s of CPU")

    def check_size(self, size_bytes: int) -> None:
        """Raises:
        ApiError: an answer of `size_bytes` is too large.
        """
        if self.size_bytes is not None and size_bytes > self.size_bytes:
            raise _exceeded(f"stopped at {self.size_bytes / 10**6:g} MB of answer")

    def check_built(self, size_bytes: int) -> None:
        """Raises:
        ApiError: a condition made lists and strings of `size_bytes`, which are too many, and there is a limit at all.
        """
        if size_bytes > self.built_bytes and not (self.cpu_s is None and self.size_bytes is None):
            raise ApiError(
                400,
                f"stopped at {self.built_bytes / 10**6:g} MB of lists and strings that one condition makes: "
                "ask for fewer in one condition, or start the server with --query-limit none",
                code="query_limit",
            )


DEFAULT_QUERY_LIMIT: Final = QueryLimit()


def _exceeded(what: str) -> ApiError:
    return ApiError(
        400, f"{what}: narrow the query, or start the server with a higher --query-limit", code="query_limit"
    )


def read_query_limit(text: str) -> QueryLimit:
    """The limit that a text such as ``20s,200MB`` gives; a part that is left out has no limit, ``none``: neither has.

    Raises:
        ValueError: the text is not a limit.
    """
    cpu_s: float | None = None
    size_bytes: int | None = None
    parts = [part.strip() for part in text.split(",")]
    if parts in (["none"], ["0"]):
        return QueryLimit(None, None)
    for part in parts:
        if (found := _TIME.fullmatch(part)) and cpu_s is None and float(found[1]) > 0:
            cpu_s = float(found[1])
        elif (found := _SIZE.fullmatch(part)) and size_bytes is None and float(found[1]) > 0:
            size_bytes = round(float(found[1]) * _UNITS[found[2]])
        else:
            raise ValueError(f"{text!r:.80} is not a limit such as 20s, 200MB, 20s,200MB or none")
    return QueryLimit(cpu_s, size_bytes)
