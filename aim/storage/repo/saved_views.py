"""Stored views: the state of a page of the UI under the hash of its content, for links that would be too long.

A view never changes: its name is a hash of its content. So a link to one always shows the same, two people who store
the same view store one file, and a damaged file is known as such. Bookmarks, which are names for views, are not here.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final

from aim.errors import InvalidValueError, UnsafeFileError
from aim.schema.names import has_unusable_characters
from aim.storage.repo import files
from aim.storage.repo.layout import RepoLayout

__all__ = ["MAX_STATE_CHARS", "View", "read_view", "view_hash", "write_view"]

MAX_STATE_CHARS: Final = 200_000
"""Of a state; a link to 5,000 runs by their hashes has 140,000."""
_MAX_FILE_BYTES: Final = 2_000_000
_PAGE: Final = re.compile(r"/[A-Za-z0-9/_-]{0,200}\Z")
_HASH: Final = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class View:
    """A page and its state, as in an address.

    Attributes:
        page: The path, below the root of the UI, e.g. "/metrics".
        state: The query string without its question mark.
    """

    page: str
    state: str

    def __post_init__(self) -> None:
        if not _PAGE.match(self.page):
            raise InvalidValueError(f"{self.page!r:.80} is not a page: give a path such as /metrics")
        if not self.state or len(self.state) > MAX_STATE_CHARS or has_unusable_characters(self.state):
            raise InvalidValueError(f"the state of a view is a query string of 1 to {MAX_STATE_CHARS:,} characters")
        try:
            self.state.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidValueError("the state of a view is not valid Unicode") from None


def view_hash(view: View) -> str:
    """The name of a view: 32 hex digits of the SHA-256 of its file."""
    return hashlib.sha256(_encode(view)).hexdigest()[:32]


def write_view(layout: RepoLayout, view: View) -> str:
    """Store a view, if it is not there yet; returns its hash.

    Raises:
        OSError: the file system refuses.
    """
    data = _encode(view)
    name = hashlib.sha256(data).hexdigest()[:32]
    if read_view(layout, name) is None:
        files.make_folders(layout.root, layout.views)
        files.publish(layout.root, layout.view_path(name), data)
    return name


def read_view(layout: RepoLayout, name: str) -> View | None:
    """The view of this hash; None if there is none, or its content does not match its name.

    Raises:
        OSError: the file is there and cannot be read.
    """
    if not _HASH.match(name):
        return None
    try:
        data = files.read_bytes(layout.root, layout.view_path(name), _MAX_FILE_BYTES)
    except (FileNotFoundError, UnsafeFileError):
        return None
    if hashlib.sha256(data).hexdigest()[:32] != name:
        return None
    try:
        found = json.loads(data)
        return View(found["page"], found["state"])
    except (ValueError, KeyError, TypeError, InvalidValueError):
        return None


def _encode(view: View) -> bytes:
    text = json.dumps({"page": view.page, "state": view.state}, ensure_ascii=True, separators=(",", ":"))
    return f"{text}\n".encode("ascii")
