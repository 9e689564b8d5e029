"""The shapes of Help."""

from __future__ import annotations

from aim.web.models.base import Answer

__all__ = ["HelpContents", "HelpEntry", "HelpGroup", "HelpHit", "HelpSection", "HelpText"]


class HelpSection(Answer):
    """A heading of a page; its id is that of GitHub."""

    id: str
    title: str
    level: int


class HelpEntry(Answer):
    """A page in the table of contents."""

    name: str
    title: str
    sections: list[HelpSection]


class HelpGroup(Answer):
    """Pages that belong together."""

    title: str
    pages: list[HelpEntry]


class HelpHit(Answer):
    """A section that holds all words of a search, and the line with the most of them."""

    page: str
    page_title: str
    id: str
    title: str
    line: str


class HelpContents(Answer):
    """The table of contents, and what a search found."""

    groups: list[HelpGroup]
    hits: list[HelpHit]


class HelpText(Answer):
    """A page, as Markdown."""

    name: str
    title: str
    text: str
