"""`import aim` is light, and the public names are the intended ones."""

from __future__ import annotations

import subprocess
import sys
import tomllib
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


def test_public_names_are_the_intended_ones() -> None:
    assert sorted(aim.__all__) == ["Repo", "Run", "Session", "__version__", "errors", "flush", "set_params", "track"]
    assert set(aim.__all__) <= set(dir(aim))


def test_version_is_that_of_the_distribution() -> None:
    assert aim.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
