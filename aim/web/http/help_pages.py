"""The pages of Help: the Markdown files of ``docs/``, from the wheel or from the clone, and the search over them.

``docs/README.md`` is the table of contents: its headings of the second level are the groups, its list items the pages.
A page is named by its file (``aimql`` for ``aimql.md``), a heading as GitHub names it, so links work in both places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

__all__ = ["HelpPage", "Section", "contents", "find", "help_folders", "read_pages", "section_id"]

INDEX: Final = "readme"
"""The page that is the table of contents."""
_FROM_THE_ROOT: Final = ("CHANGELOG.md", "SECURITY.md")
"""Pages that are beside ``docs/`` in a clone."""
MAX_HITS: Final = 50
MAX_WORDS: Final = 20
_LINE_CHARS: Final = 240
_SAY_NOTHING: Final = frozenset(
    "a an and are can do does how i in is it my of on or the to what when where which why with".split()
)

_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.M | re.S)
"""Marks for the tests of the pages."""
_HEADING: Final = re.compile(r"^(#{1,4}) +(.+?) *#*$")
_ITEM: Final = re.compile(r"^- \[([^\]]+)\]\((?:\.\./)?([\w-]+)\.md\)")
_FENCE: Final = re.compile(r"^ *(```|~~~)")
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what follows it, up to the next one."""

    id: str
    level: int
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page.

    Attributes:
        name: The file's name, in lower case and without ``.md``.
        title: Its first heading.
        text: Markdown, without comments.
        sections: In order; the first one is the whole page's heading.
    """

    name: str
    title: str
    text: str
    sections: tuple[Section, ...]


def help_folders() -> tuple[Path, ...]:
    """The folders of the pages: in the package if it was built as a wheel, else in the clone that this file is of."""
    built = Path(__file__).resolve().parents[1] / "help"
    if built.is_dir():
        return (built,)
    root = Path(__file__).resolve().parents[3]
    return (root / "docs", root)


@lru_cache(maxsize=4)
def read_pages(folders: tuple[Path, ...]) -> dict[str, HelpPage]:
    """All pages by name. Empty where the folders have none.

    Args:
        folders: The first holds the pages; the files of a repository's root are looked for in each.
    """
    files = sorted(folders[0].glob("*.md")) if folders[0].is_dir() else []
    names = {file.name for file in files}
    files += [folder / name for name in _FROM_THE_ROOT if name not in names for folder in folders[1:]]
    pages = [_page(file.stem.lower(), file.read_text("utf-8")) for file in files if file.is_file()]
    return {page.name: page for page in pages}


def _page(name: str, text: str) -> HelpPage:
    text = _COMMENT.sub("", text)
    sections = tuple(_sections(text))
    return HelpPage(name, sections[0].title if sections else name, text, sections)


def _sections(text: str) -> Iterator[Section]:
    """The sections of a page; what comes before its first heading belongs to none."""
    taken: dict[str, int] = {}
    heading_before: tuple[str, int, str] | None = None
    lines: list[str] = []
    in_code = False
    for line in text.splitlines():
        in_code ^= bool(_FENCE.match(line))
        heading = None if in_code else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        if heading_before:
            yield Section(*heading_before, tuple(lines))
        title = _plain(heading[2])
        heading_before, lines = (_unused(section_id(title), taken), len(heading[1]), title), []
    if heading_before:
        yield Section(*heading_before, tuple(lines))


def section_id(title: str) -> str:
    """The name of a heading in an address, as GitHub makes it. ``section_id("What `±` means")`` is ``what--means``."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _unused(name: str, taken: dict[str, int]) -> str:
    again = taken.get(name, 0)
    taken[name] = again + 1
    return f"{name}-{again}" if again else name


def _plain(markdown: str) -> str:
    return re.sub(r"[`*]", "", _LINK.sub(r"\1", markdown)).strip()


def contents(pages: dict[str, HelpPage]) -> list[dict[str, Any]]:
    """The pages by group, as the table of contents has them; those that it leaves out come last."""
    groups: list[dict[str, Any]] = []
    left = dict(pages)
    index = left.pop(INDEX, None)
    for section in index.sections if index else ():
        listed = [match for line in section.lines if (match := _ITEM.match(line))]
        entries = [_entry(page, match[1]) for match in listed if (page := left.pop(match[2].lower(), None))]
        if entries:
            groups.append({"title": section.title, "pages": entries})
    if left:
        groups.append({"title": "More", "pages": [_entry(page, page.title) for page in left.values()]})
    return groups


def _entry(page: HelpPage, title: str) -> dict[str, Any]:
    return {
        "name": page.name,
        "title": title,
        "sections": [{"id": s.id, "title": s.title, "level": s.level} for s in page.sections if 1 < s.level < 4],
    }


def find(pages: dict[str, HelpPage], text: str) -> list[dict[str, str]]:
    """The sections that hold every word of `text`: with the words in the heading first, then by contents.

    Words of a question that say nothing (how, do, the) are left out.

    Returns:
        `page` and `page_title`, `id` and `title` of the section, and `line`: the one with the most of the words.
    """
    typed = text.casefold().replace("?", " ").split()[:MAX_WORDS]
    words = [word for word in typed if word not in _SAY_NOTHING] or typed
    if not words:
        return []
    listed = [entry["name"] for group in contents(pages) for entry in group["pages"]]
    places = {name: place for place, name in enumerate(listed)}
    hits: list[tuple[tuple[int, ...], dict[str, str]]] = []
    for page in pages.values():
        for section in page.sections:
            heading = section.title.casefold()
            whole = "\n".join((heading, *section.lines)).casefold()
            if not all(word in whole for word in words):
                continue
            line = max(_paragraphs(section.lines), key=lambda text: _score(text, words), default="")
            in_heading = sum(word in heading for word in words)
            place = places.get(page.name, len(places))
            rank = (-in_heading, place, section.level, -sum(map(whole.count, words)))
            hit = {"page": page.name, "page_title": page.title, "id": section.id, "title": section.title}
            hits.append((rank, {**hit, "line": _excerpt(line, words)}))
    hits.sort(key=lambda hit: hit[0])
    return [hit for _, hit in hits[:MAX_HITS]]


def _paragraphs(lines: tuple[str, ...]) -> list[str]:
    """Paragraphs as one line each; lines of tables, lists and code are kept apart."""
    found: list[str] = []
    in_code, goes_on = False, False
    for line in lines:
        in_code ^= bool(_FENCE.match(line))
        is_alone = in_code or not line.strip() or line.lstrip().startswith(("|", "- ", "```"))
        if goes_on and not is_alone:
            found[-1] += " " + line.strip()
        else:
            found.append(line)
        goes_on = bool(line.strip()) and not in_code and not line.lstrip().startswith(("|", "```"))
    return found


def _score(line: str, words: list[str]) -> int:
    folded = line.casefold()
    return sum(word in folded for word in words)


def _excerpt(line: str, words: list[str]) -> str:
    """The line as plain text, around the first of the words if it is long."""
    line = re.sub(r"\s+", " ", _plain(line).strip("|-# ")).strip()
    if len(line) <= _LINE_CHARS:
        return line
    places = [place for word in words if (place := line.casefold().find(word)) >= 0]
    start = max(0, min(places, default=0) - _LINE_CHARS // 3)
    cut = line[start : start + _LINE_CHARS]
    return ("…" if start else "") + cut + ("…" if start + _LINE_CHARS < len(line) else "")
