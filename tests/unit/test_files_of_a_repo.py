"""Files of a repo are opened, listed, moved and removed by four modules of aim/storage/repo alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = (
    "storage",
    "index",
    "query",
    "sdk",
    "integrations",
    "web",
    "cli",
    "apps",
    "importers",
    "schema",
    "explore",
    "server",
    "doors",
    "compat",
)

OS = frozenset(
    "open scandir listdir walk fwalk stat makedirs mkdir rmdir removedirs rename renames replace unlink remove link "
    "symlink truncate utime chmod chown mkfifo access".split()
)
OS_PATH = frozenset(["exists", "isdir", "isfile", "getsize", "getmtime", "getctime"])
PATH = frozenset(
    "open read_text read_bytes write_text write_bytes touch unlink rename mkdir rmdir iterdir rglob glob "
    "symlink_to hardlink_to".split()
)
"""Methods of pathlib.Path; of other objects they are allowed where the module has no path."""

WITH_DESCRIPTOR = frozenset(["utime", "truncate", "chmod"])
"""Fine on a descriptor, which somebody opened safely."""

ALLOWED: dict[tuple[str, str], str] = {
    # (module, what is called): why it touches no file of a repo, or none through a link that is not the owner's
    ("storage/repo/folders.py", "*"): "an open directory, and what lies directly in it",
    ("storage/repo/descent.py", "*"): "from the root of a repo down to a directory",
    ("storage/repo/files.py", "*"): "what others use: files by path below a root",
    ("storage/repo/trees.py", "*"): "whole directories",
    ("storage/repo/process.py", "open"): "/proc",
    ("storage/repo/repo_files.py", "os.path.exists"): "the root itself, which may be a link",
    ("index/sql/location.py", "open"): "/proc/self/mounts",
    ("index/sql/location.py", "tempfile.gettempdir"): "names the folder only",
    ("index/index.py", "tempfile.gettempdir"): "names the folder only",
    ("index/sql/database.py", "tempfile.mkdtemp"): "a folder of our own among the system's temporary files",
    ("index/sql/sqlite.py", "os.open"): "/dev/null, to count what may be opened",
    ("index/sql/holder.py", "os.stat"): "the number of the file that has the locks; nothing is opened",
    ("index/sql/holder.py", "open"): "/proc",
    ("sdk/recording/opening.py", "os.path.isdir"): "the folder that Hydra names as the one it was started in",
    ("sdk/reading/sources.py", "os.path.isdir"): "folders of logs that the user names",
    ("sdk/reading/sources.py", "tempfile.gettempdir"): "names the folder only",
    ("sdk/reading/sources.py", "os.mkdir"): "a folder of our own among the system's temporary files",
    ("web/http/static_files.py", "os.path.isfile"): "the UI in the installed package",
    ("web/http/static_files.py", "os.stat"): "the UI in the installed package",
    ("web/http/static_files.py", "open"): "the UI in the installed package",
    ("web/http/help_pages.py", "Path.glob"): "the documentation in the installed package",
    ("web/http/help_pages.py", "Path.read_text"): "the documentation in the installed package",
    ("web/process/instance.py", "open"): "/proc",
    ("web/http/peers.py", "open"): "/proc",
    ("web/http/sockets.py", "open"): "/proc",
    ("cli/main.py", "os.open"): "/dev/null",
    ("cli/limits.py", "os.open"): "/dev/null, to count what may be opened",
    ("cli/export.py", "open"): "the file that the user names for the output",
    ("cli/runs/list.py", "open"): "the file that the user names for the output",
    ("cli/runs/transfer.py", "os.path.exists"): "a destination that the user names; nothing is opened",
    ("cli/query.py", "shutil.get_terminal_size"): "no file",
    ("cli/output.py", "shutil.get_terminal_size"): "no file",
    ("cli/watch.py", "shutil.get_terminal_size"): "no file",
    ("importers/tensorboard/log_file.py", "open"): "logs, which are not in the repo",
    ("importers/tensorboard/format/event_file.py", "open"): "logs, which are not in the repo",
    ("importers/tensorboard/source.py", "os.stat"): "logs, which are not in the repo",
    ("importers/tensorboard/following.py", "os.path.isdir"): "logs, which are not in the repo",
    ("importers/tensorboard/logdir.py", "os.stat"): "logs, which are not in the repo",
    ("importers/tensorboard/logdir.py", "os.scandir"): "logs, which are not in the repo",
    ("importers/tensorboard/logdir.py", "os.path.exists"): "logs, which are not in the repo",
    ("importers/tensorboard/convert.py", "os.path.isdir"): "logs, which are not in the repo",
    ("importers/tensorboard/convert.py", "open"): "logs, which are not in the repo",
}


@cache
def _nodes(source: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source)))


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def calls(source: str) -> Iterator[tuple[str, int]]:
    """What a module calls, or takes in hand, that opens, lists, moves or removes by path: (name, line)."""
    nodes = _nodes(source)
    has_pathlib = any(
        (isinstance(node, ast.ImportFrom) and node.module == "pathlib")
        or (isinstance(node, ast.Import) and any(alias.name == "pathlib" for alias in node.names))
        for node in nodes
    )
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "os.path", "shutil", "tempfile", "io", "glob"):
            banned = {"os": OS, "os.path": OS_PATH, "io": {"open", "FileIO"}}.get(node.module)
            for alias in node.names:
                if banned is None or alias.name in banned:
                    yield f"{node.module}.{alias.name}", node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            yield "open", node.lineno
        elif isinstance(node, ast.Attribute):
            owner = _dotted(node.value)
            if owner in ("os", "posix") and node.attr in OS:
                yield f"os.{node.attr}", node.lineno
            elif owner == "os.path" and node.attr in OS_PATH:
                yield f"os.path.{node.attr}", node.lineno
            elif owner in ("shutil", "tempfile", "glob") or (owner == "io" and node.attr in ("open", "FileIO")):
                yield f"{owner}.{node.attr}", node.lineno
            elif has_pathlib and node.attr in PATH:
                yield f"Path.{node.attr}", node.lineno


def violations(name: str, source: str) -> list[str]:
    """Calls that are neither allowed nor about a descriptor."""
    if (name, "*") in ALLOWED:
        return []
    on_descriptors = {
        node.func.lineno
        for node in _nodes(source)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WITH_DESCRIPTOR
        and node.args
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id.endswith("fd")
    }
    return [
        f"aim/{name}:{line}: {call} - files of a repo are opened by aim/storage/repo/files.py"
        for call, line in calls(source)
        if (name, call) not in ALLOWED and not (call.removeprefix("os.") in WITH_DESCRIPTOR and line in on_descriptors)
    ]


@cache
def modules() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / "aim" / package).rglob("*.py")):
            name = path.relative_to(ROOT / "aim").as_posix()
            if not name.startswith("web/ui/"):
                found[name] = path.read_text(encoding="utf-8")
    return found


def test_no_module_opens_files_of_a_repo_by_itself() -> None:
    found = [violation for name, source in modules().items() for violation in violations(name, source)]
    assert found == []


def test_what_is_allowed_is_still_done() -> None:
    done = {(name, call) for name, source in modules().items() for call, _ in calls(source)}
    stale = [allowed for allowed in ALLOWED if allowed[1] != "*" and allowed not in done]
    assert stale == []


@pytest.mark.parametrize(
    "planted",
    [
        "open(layout.config_path)",
        "import os\nos.open(path, os.O_RDONLY)",
        "import os\nwith os.scandir(layout.runs) as entries:\n    pass",
        "import os\nlisting = os.listdir",
        "import os\nos.replace(a, b)",
        "import os\nos.path.isdir(layout.runs)",
        "import os\nos.utime(path)",
        "import os\nos.truncate(path, 3)",
        "from os import unlink",
        "import shutil\nshutil.rmtree(path)",
        "from shutil import copy2",
        "import tempfile\ntempfile.NamedTemporaryFile(dir=layout.root)",
        "from pathlib import Path\nPath(layout.root, 'VERSION').read_text()",
        "import io\nio.open(path)",
    ],
)
def test_a_planted_violation_is_found(planted: str) -> None:
    assert len(violations("storage/planted.py", planted)) == 1


@pytest.mark.parametrize("fine", ["import os\nos.utime(fd)", "folder.open(name)", "import os\nos.fdopen(fd, 'rb')"])
def test_what_goes_by_descriptor_is_fine(fine: str) -> None:
    assert violations("storage/planted.py", fine) == []
