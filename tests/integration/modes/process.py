"""Runs the contract of one mode: ``python -m tests.integration.modes.process MODE FOLDER [arguments for pytest]``.

One process a mode, since importing a framework takes longer than most clauses. What became of it is written into
FOLDER/results.json after each clause, so that a mode that hangs says where. To try one clause: ``-k part_of_its_name``.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

__all__ = ["RESULTS"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
RESULTS = "results.json"


class Results:
    """A plugin that keeps what became of each clause."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._clauses: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.partition("[")[2].removesuffix("]")
        clause = self._clauses.setdefault(name, {"failure": None, "seconds": 0.0})
        if report.when == "call":  # not what importing the framework took, in the setup of the first
            clause["seconds"] = report.duration
        if report.failed:
            clause["failure"] = report.longreprtext
        if report.when == "teardown":
            self._write({})

    def pytest_sessionfinish(self) -> None:
        self._write(loaded_versions())

    def _write(self, versions: dict[str, str]) -> None:
        aside = self._out.with_suffix(".new")
        aside.write_text(json.dumps({"clauses": self._clauses, "versions": versions}, indent=1), encoding="utf-8")
        aside.replace(self._out)


def loaded_versions() -> dict[str, str]:
    """The versions of what this process has imported: the frameworks of the table of adapters, and what they run on.

    Returns:
        By the name of the package, "python" too.
    """
    from aim.integrations._support import ADAPTERS

    found = {name: name for name in ("torch", "jax", "tensorflow", "numpy")}
    found |= {f.package: f.comes_with or f.distribution for adapter in ADAPTERS for f in adapter.frameworks}
    versions = {package: metadata.version(name) for package, name in found.items() if package in sys.modules}
    return {"python": platform.python_version(), **versions}


def main() -> int:
    mode, folder, *arguments = sys.argv[1:]
    os.environ["ADAPTER_MODE"] = mode
    return pytest.main(
        [
            str(HERE / "run_mode.py"),
            f"--config-file={ROOT / 'pyproject.toml'}",
            f"--rootdir={ROOT}",
            f"--basetemp={Path(folder, 'clauses')}",
            "--noconftest",
            "-vv",  # whole differences
            *("-p", "no:cacheprovider"),
            *("-p", "no:warnings"),  # the clauses look at them
            *("--tb", "short"),
            *arguments,
        ],
        plugins=[Results(Path(folder, RESULTS))],
    )


if __name__ == "__main__":
    raise SystemExit(main())
