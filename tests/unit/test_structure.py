"""The house: how many modules a folder may hold."""

from __future__ import annotations

import ast
from pathlib import Path

AIM = Path(__file__).resolve().parents[2] / "aim"

MOST_MODULES = 24
"""In one folder of Python. Whoever needs more makes rooms: a folder per question, see docs/architecture.md."""
EXEMPT = frozenset(["cli"])
"""One file per command."""


def test_no_folder_is_a_crowd() -> None:
    folders = {path.parent for path in AIM.rglob("*.py") if "node_modules" not in path.parts}
    counts = {folder.relative_to(AIM).as_posix(): len(list(folder.glob("*.py"))) for folder in folders if folder != AIM}
    assert {name: count for name, count in counts.items() if count > MOST_MODULES and name not in EXEMPT} == {}


KNOWS_THE_DRIVER = "index/sql/sqlite.py"


def test_one_module_knows_the_database_driver() -> None:
    importing = [
        path.relative_to(AIM).as_posix()
        for path in AIM.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "sqlite3" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlite3")
        or (isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy.dialects")
    ]
    assert set(importing) == {KNOWS_THE_DRIVER}
