"""The server that the options ask for."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aim.schema.in_place import InPlace
    from aim.web.http.access import Access

__all__ = ["MADE_TOKEN_VARIABLE", "TOKEN_VARIABLE", "Wanted"]

TOKEN_VARIABLE = "AIM_UI_TOKEN"
MADE_TOKEN_VARIABLE = "AIM_UP_MADE_TOKEN"
"""The token that `aim up -d` made up, for the server that it starts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of `aim up`, checked.

    Attributes:
        base_path: "" or a path that begins with a slash and ends without one.
        is_opened: Whether to open a browser; None: if someone is sitting at this machine.
        frame_ancestors: Of the content security policy.
        query_limit: As it was given.
        in_place: Folders of other tools' files to serve, too.
    """

    host: str
    port: int
    base_path: str
    is_read_only: bool
    is_opened: bool | None
    no_token: bool
    allowed_hosts: tuple[str, ...]
    frame_ancestors: str
    query_limit: str
    in_place: tuple[InPlace, ...]
    access: Access

    @property
    def wants_browser(self) -> bool:
        """Whether to open a browser: as asked for, else if someone is sitting at this machine."""
        if self.is_opened is not None:
            return self.is_opened
        if not sys.stdout.isatty() or os.environ.get("SSH_CONNECTION") or os.environ.get("CI"):
            return False
        if sys.platform in ("darwin", "win32"):
            return True
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

    def as_arguments(self) -> list[str]:
        """The options of a further `aim up` that serves the same, without the token."""
        arguments = ["--host", self.host, "--port", str(self.port), "--query-limit", self.query_limit]
        if self.base_path:
            arguments += ["--base-path", self.base_path]
        if self.is_read_only:
            arguments.append("--read-only")
        if self.no_token:
            arguments.append("--no-token")
        for name in self.allowed_hosts:
            arguments += ["--allowed-host", name]
        for each in self.in_place:
            for folder in each.folders:
                arguments += [f"--{each.kind}", folder]
        return arguments
