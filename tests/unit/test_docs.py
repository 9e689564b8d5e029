"""The pages are held to the code: every Python block runs, and so does every shell block marked to be run.

The ``python`` blocks of a page run in order, in one namespace, in an empty folder, in a process of their own. A
``console`` or ``shell`` block runs if the line before it is ``<!-- run -->``: its lines beginning with ``$ `` are
commands, each of which must succeed; in a ``console`` block what follows a command is its output, where ``...`` stands
for anything. A block after ``<!-- needs PACKAGE ... -->`` runs where these are installed: in the environments of the
adapters' tests. A block after ``<!-- file NAME -->`` is written into that file, for commands that come later. A shell
block that does not run says why: ``<!-- not run: REASON -->``.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

import aim
from aim.cli.main import cli
from aim.sdk.reading.results import Metric
from aim.sdk.reading.stored_run import StoredRun
from aim.web.http.help_pages import help_folders, read_pages

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(
    r"^(?:<!-- file (?P<file>[\w.]+) -->\n)?(?P<mark><!-- run -->\n)?(?P<reason><!-- not run: [^\n]+ -->\n)?"
    r"(?:^<!-- needs (?P<needs>[\w ]+) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```$",
    re.M | re.S,
)


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int
    is_marked: bool
    needs: tuple[str, ...]
    file: str | None
    is_excused: bool

    @property
    def can_run(self) -> bool:
        return all(importlib.util.find_spec(package) is not None for package in self.needs)


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            m["language"],
            re.sub(rf"^{m['indent']}", "", m["body"], flags=re.M),
            text.count("\n", 0, m.start("body")) + 1,
            m["mark"] is not None,
            tuple((m["needs"] or "").split()),
            m["file"],
            m["reason"] is not None,
        )
        for m in _FENCE.finditer(text)
    ]


def run_console(block: Block, page: Path) -> None:
    """Run the commands of a block and compare what they print with what the page says they print."""
    commands: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif commands:
            commands[-1][1].append(line)
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}
    for command, expected in commands:
        done = subprocess.run(command, shell=True, env=env, capture_output=True, text=True, timeout=120)
        where = f"{page.name}:{block.line}: {command}"
        assert done.returncode == 0, f"{where}\n{done.stderr}"
        if block.language == "console" and expected:
            pattern = r"\s*".join(re.escape(part) for part in re.split(r"\s+", "\n".join(expected).strip()))
            pattern = pattern.replace(re.escape("..."), r".*?")
            assert re.fullmatch(pattern, done.stdout.strip(), re.S), f"{where} printed\n{done.stdout}"


def run_page(page: Path) -> None:
    """Run the blocks of a page in this process."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if not block.can_run:
            continue
        if block.file is not None:
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            # the blank lines make line numbers in a traceback those of the page
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), namespace)
        elif block.language in ("console", "shell") and block.is_marked:
            run_console(block, page)


NEEDING = [page for page in PAGES if any(block.needs for block in blocks(page))]


@pytest.mark.adapter
@pytest.mark.parametrize("page", NEEDING, ids=lambda page: page.name)
def test_blocks_that_need_a_framework_run_with_the_others_of_their_page(page: Path) -> None:
    assert [block.needs for block in blocks(page) if not block.can_run] == []
    test_blocks_of_a_page_run(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_of_a_page_run(page: Path) -> None:
    done = subprocess.run([sys.executable, __file__, str(page)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "AimWarning" not in done.stderr


def test_blocks_of_commands_run_or_say_why_not() -> None:
    shells = ("sh", "shell", "console", "bash")
    silent = [
        f"{page.name}:{block.line}"
        for page in PAGES
        for block in blocks(page)
        if block.language in shells and not (block.is_marked or block.is_excused)
    ]
    assert silent == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_links_to_headings_lead_to_one() -> None:
    sections = {name: {section.id for section in page.sections} for name, page in read_pages(help_folders()).items()}
    missing = []
    for page in PAGES:
        own = page.stem.lower() if page.parent.name == "docs" else ""
        for name, heading in re.findall(r"\]\((?:(?:docs/|\.\./)?([\w-]+)\.md)?#([^)]+)\)", page.read_text("utf-8")):
            if heading not in sections.get((name or own).lower(), ()):
                missing.append(f"{page.name}: {name}#{heading}")
    assert missing == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"], ids=lambda page: page.name)
def test_files_of_the_code_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(r"`((?:aim|scripts|tests|benchmarks|examples)/[\w./-]+\.(?:py|ts|tsx|json))`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


TEXTS = {".html", ".md", ".py", ".toml", ".ts", ".tsx", ".txt"}


def test_every_command_that_installs_installs_this_product() -> None:
    """On the public index the name belongs to another product; see docs/install.md."""
    shown = [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md"))]
    for folder in ("aim", "examples", "scripts"):
        shown += [path for path in (ROOT / folder).rglob("*") if path.suffix in TEXTS]
    shown = [path for path in shown if not {"node_modules", "static"} & set(path.relative_to(ROOT).parts)]
    wrong = re.compile(r"pip3? +install(?: +-\S+| +--\S+)* +['\"]?aim\b(?!-\d|\[[^]]*\] @| @)|['\"]aim\[(?![^]]*\] @)")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}" for path in shown for match in wrong.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_extras_that_a_page_names_exist() -> None:
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
    for page in PAGES:
        for named in re.findall(r"['\"](?:\.|aim)\[([\w,-]+)\]", page.read_text("utf-8")):
            assert set(named.split(",")) <= extras, page.name


def test_page_of_the_python_api_names_every_method_of_a_repo_and_what_can_be_set_of_a_run() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(?:Repo\.)?(\w+)\b", page))
    inner = {"close", "edit_run", "engine", "from_path", "index", "layout", "path"}
    assert {name for name in dir(aim.Repo) if not name.startswith("_")} - documented - inner == set()
    settable = {name for name, member in vars(StoredRun).items() if isinstance(member, property) and member.fset}
    assert {name for name in settable if f"run.{name} = " not in page} == set()


def test_page_of_the_python_api_names_every_public_name() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"```python\n.*?```|`[^`\n]+`", page, re.S))))
    classes = (aim.Session, aim.Run, StoredRun, Metric)
    members = {name for owner in classes for name in dir(owner) if not name.startswith("_")}
    public = members | set(aim.__all__) | set(aim.errors.__all__)
    assert public - documented - {"__version__", "record"} == set()


OTHER_WORDS = re.compile(r"\b(trial|(?<!numpy )scalar|series|tracker|dashboard|database|client|worker)s?\b", re.I)
"""What docs/glossary.md calls otherwise."""


def helps(command: click.Command) -> Iterator[str]:
    """All that the help of a command and of those below it says."""
    yield " ".join(
        [command.help or "", command.epilog or "", *(getattr(p, "help", None) or "" for p in command.params)]
    )
    for below in getattr(command, "commands", {}).values():
        yield from helps(below)


def test_help_of_commands_and_docstrings_use_the_words_of_the_glossary() -> None:
    owners = (aim.Session, aim.Run, aim.Repo, StoredRun, Metric)
    members = [getattr(owner, name) for owner in owners for name in dir(owner) if not name.startswith("_")]
    texts = [*helps(cli), *(member.__doc__ or "" for member in (*owners, *members))]
    found = {match[0] for text in texts if "TensorBoard" not in text for match in OTHER_WORDS.finditer(text)}
    assert found == set()


if __name__ == "__main__":
    run_page(Path(sys.argv[1]))
