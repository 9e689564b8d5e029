"""Help in the UI: the pages of docs/, their contents, and the search over them."""

from __future__ import annotations

import re
from pathlib import Path

from aim.web.http.help_pages import contents, find, help_folders, read_pages, section_id
from tests.unit.web.support import Api

ROOT = Path(__file__).resolve().parents[3]
PAGES = read_pages(help_folders())


def write(folder: Path, **pages: str) -> tuple[Path]:
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return (folder,)


def test_contents_are_those_of_the_index_and_lack_no_page() -> None:
    groups = contents(PAGES)
    listed = [entry["name"] for group in groups for entry in group["pages"]]
    files = {path.stem.lower() for path in (ROOT / "docs").glob("*.md")} | {"changelog", "security"}
    assert sorted([*listed, "readme"]) == sorted(files)
    assert "More" not in [group["title"] for group in groups]


def test_a_page_that_the_index_leaves_out_comes_last(tmp_path: Path) -> None:
    index = "# All\n\n## First\n\n- [Bees](bees.md): what they do\n- [Gone](gone.md)\n"
    groups = contents(read_pages(write(tmp_path, README=index, bees="# Bees\n\n## Wax\n", ants="# Ants\n")))
    assert [(g["title"], [p["title"] for p in g["pages"]]) for g in groups] == [
        ("First", ["Bees"]),
        ("More", ["Ants"]),
    ]
    assert groups[0]["pages"][0]["sections"] == [{"id": "wax", "title": "Wax", "level": 2}]


def test_headings_are_named_as_github_names_them(tmp_path: Path) -> None:
    text = "# `aim` & co.\n\n```shell\n# not one\n```\n\n## What ± means\n\n## [A link](x.md) *two*\n\n## A link two"
    (page,) = read_pages(write(tmp_path, one=text)).values()
    assert [s.id for s in page.sections] == ["aim--co", "what--means", "a-link-two", "a-link-two-1"]
    assert [section_id(t) for t in ("snake_case", "Größe", "a-b c")] == ["snake_case", "größe", "a-b-c"]


def test_comments_for_the_tests_are_not_shown(tmp_path: Path) -> None:
    (page,) = read_pages(write(tmp_path, one="# One\n\n<!-- run -->\n```shell\n$ aim\n```\n")).values()
    assert page.text == "# One\n\n```shell\n$ aim\n```\n"


def test_search_finds_sections_with_all_words_and_shows_the_line(tmp_path: Path) -> None:
    folders = write(
        tmp_path,
        one="# One\n\nA run can be resumed.\n\n## Resume a run\n\nGive `run_hash=`, and the *run* goes on.\n",
        two="# Two\n\nRuns, and nothing else.\n",
    )
    pages = read_pages(folders)
    found = [(hit["page"], hit["id"], hit["line"]) for hit in find(pages, "RESUME run")]
    assert found == [
        ("one", "resume-a-run", "Give run_hash=, and the run goes on."),
        ("one", "one", "A run can be resumed."),
    ]
    assert find(pages, "resume else") == find(pages, " ") == []


def test_a_question_is_searched_by_its_words_and_answered_in_the_order_of_the_contents(tmp_path: Path) -> None:
    index = "# All\n\n## First\n\n- [Two](two.md)\n- [One](one.md)\n"
    folders = write(tmp_path, README=index, one="# One\n\nResume a run.\n", two="# Two\n\nA run may resume.\n")
    pages = read_pages(folders)
    assert [hit["page"] for hit in find(pages, "How do I resume a run?")] == ["two", "one"]
    assert find(pages, "how") == []


def test_what_is_found_in_a_paragraph_is_shown_with_what_surrounds_it(tmp_path: Path) -> None:
    text = "# One\n\nThe first line ends\nwith a needle here.\n\n- an item\n  that goes on\n\n```\nx = 1\ny = 2\n```\n"
    pages = read_pages(write(tmp_path, one=text))
    lines = [find(pages, word)[0]["line"] for word in ("needle", "goes", "y =")]
    assert lines == ["The first line ends with a needle here.", "an item that goes on", "y = 2"]


def test_long_lines_are_cut_around_the_word(tmp_path: Path) -> None:
    pages = read_pages(write(tmp_path, one=f"# One\n\n{'many words ' * 60}needle {'and more ' * 60}\n"))
    (hit,) = find(pages, "needle")
    assert "needle" in hit["line"] and len(hit["line"]) < 250
    assert hit["line"].startswith("…") and hit["line"].endswith("…")


def test_the_server_answers_contents_search_and_pages(api: Api) -> None:
    answer = api.get("help")
    assert answer["hits"] == [] and answer["groups"][0]["pages"]
    assert "aimql" in [hit["page"] for hit in api.get("help?q=query+language")["hits"]]
    page = api.get("help/aimql")
    assert page["title"] == "AimQL" and page["text"].startswith("# AimQL") and "<!--" not in page["text"]
    assert api.get("help/nothing", status=404)["code"] == "not_found"
    assert api.get("help/..%2f..%2fpyproject", status=404)["code"] == "not_found"


def test_no_page_holds_html_or_pictures_of_other_hosts() -> None:
    for page in PAGES.values():
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.text, flags=re.S)
        assert re.findall(r"</?[a-z]+[^>]*>|!\[[^\]]*\]\(https?:", prose) == [], page.name
