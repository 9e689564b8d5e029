"""The pages of Help: the documentation that came with this version. Nothing here reads the repo."""

from __future__ import annotations

from fastapi import APIRouter, Response

from aim.web.http.answers import json_response
from aim.web.http.errors import ApiError
from aim.web.http.help_pages import contents, find, help_folders, read_pages
from aim.web.models.help_pages import HelpContents, HelpText

__all__ = ["router"]

router = APIRouter(tags=["help"])

MAX_SEARCH_CHARS = 1_000


@router.get("/help", response_model=HelpContents)
def help_contents(q: str = "") -> Response:
    """The table of contents, and the sections that hold every word of `q`."""
    pages = read_pages(help_folders())
    return json_response({"groups": contents(pages), "hits": find(pages, q[:MAX_SEARCH_CHARS])})


@router.get("/help/{name}", response_model=HelpText)
def help_page(name: str) -> Response:
    """One page; `readme` is the first."""
    page = read_pages(help_folders()).get(name)
    if page is None:
        raise ApiError(404, f"Help has no page {name!r:.80}; /api/v1/help lists the pages")
    return json_response({"name": page.name, "title": page.title, "text": page.text})
