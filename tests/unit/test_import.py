"""`import aim` is light, and the public names are the intended ones."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import aim

ROOT = Path(__file__).resolve().parents[2]

HEAVY = (
    "click fastapi jax keras lightning numpy pandas polars pyarrow sqlalchemy starlette tensorflow torch uvicorn wrapt"
).split()


def test_import_aim_loads_no_heavy_package() -> None:
    code = f"import sys, aim; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_adapters_are_there_after_a_bare_import_and_load_no_framework() -> None:
    code = (
        "import sys, aim; print(aim.pytorch_lightning.AimLogger.__name__, "
        "sorted({'keras', 'lightning', 'pytorch_lightning', 'tensorflow', 'torch'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "AimLogger []"


def test_version_is_that_of_the_distribution() -> None:
    assert aim.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def normal(name: str) -> str:
    """The name of a package as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements = [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]
    declared = {re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower() for requirement in requirements}
    declared.add("pytorch-lightning")  # the same as lightning, by its older name
    imported: dict[str, Path] = {}
    for path in (ROOT / "aim").rglob("*.py"):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            imported.update({name.partition(".")[0]: path for name in names})
    distributions = packages_distributions()
    missing = {
        package: path
        for package, path in imported.items()
        if package not in sys.stdlib_module_names | {"aim"}
        and not {normal(name) for name in distributions.get(package, [package])} & declared
    }
    assert missing == {}
