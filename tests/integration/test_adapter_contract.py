"""One contract for all adapters, in every mode: the clauses are in modes/clauses.py, the modes in modes/*_modes.py."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.modes.base import mode_named, modes
from tests.integration.modes.process import RESULTS

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ.get("ADAPTER_ENVIRONMENT", "newest")
"""Which of the environments of scripts/test_adapters.py this is."""
RECORD = os.environ.get("ADAPTER_RECORD")
"""A folder for the versions that each mode ran with, one file a mode, if all of its clauses passed."""
PROCESS_S = 900
"""Many times what a mode takes: something hangs."""

pytestmark = pytest.mark.adapter


@functools.cache
def results_of(name: str) -> dict[str, dict[str, Any]]:
    """What became of each clause, in the process of the mode of this name: its failure or None, and its seconds."""
    mode = mode_named(name)
    with tempfile.TemporaryDirectory() as place:
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("AIM_", "KERAS_", "TF_", "PYTEST_"))}
        try:
            printed = subprocess.run(
                [sys.executable, "-m", "tests.integration.modes.process", mode.name, place],
                cwd=place,
                env={**variables, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **mode.variables},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PROCESS_S,
            ).stdout
        except subprocess.TimeoutExpired as error:
            printed = f"{error}\n{(error.stdout or b'').decode(errors='replace')}"
        out = Path(place, RESULTS)
        results = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {"clauses": {}, "versions": {}}
        clauses: dict[str, dict[str, Any]] = results["clauses"]
        for clause in mode.clauses():
            failure = f"the process ended before it came to this:\n{printed[-5000:]}"
            clauses.setdefault(clause.__name__, {"failure": failure, "seconds": 0.0})
        if RECORD is not None and all(result["failure"] is None for result in clauses.values()):
            Path(RECORD, f"{name}.json").write_text(json.dumps(results["versions"]), encoding="utf-8")
        return clauses


@pytest.mark.parametrize(
    ("mode", "clause"),
    [
        pytest.param(
            mode.name, clause.__name__, id=f"{mode.name}-{clause.__name__}", marks=pytest.mark.requires(*mode.requires)
        )
        for mode in modes()
        if ENVIRONMENT in mode.environments
        for clause in mode.clauses()
    ],
)
def test_adapter_keeps_the_contract(mode: str, clause: str, record_property: Callable[[str, object], None]) -> None:
    result = results_of(mode)[clause]
    record_property("seconds", result["seconds"])  # of the clause: the first one asked for waits for the whole mode
    if result["failure"] is not None:
        pytest.fail(result["failure"], pytrace=False)
