"""One contract for all adapters, in every mode: the clauses are in modes/clauses.py, the modes in modes/*_modes.py."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.integration.modes.base import modes

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ.get("ADAPTER_ENVIRONMENT", "newest")
"""Which of the environments of scripts/test_adapters.py this is."""
PROCESS_S = 900
"""Many times what a mode takes: something hangs."""

pytestmark = pytest.mark.adapter


@functools.cache
def results_of(name: str) -> dict[str, str | None]:
    """What became of each clause, in the process of the mode of this name."""
    mode = next(mode for mode in modes() if mode.name == name)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place, "results.json")
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("AIM_", "KERAS_", "TF_"))}
        try:
            printed = subprocess.run(
                [sys.executable, "-m", "tests.integration.modes.process", mode.name, place, str(out)],
                cwd=place,
                env={**variables, "PYTHONPATH": str(ROOT), **mode.variables},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PROCESS_S,
            ).stdout
        except subprocess.TimeoutExpired as error:
            printed = f"{error}\n{(error.stdout or b'').decode(errors='replace')}"
        results: dict[str, str | None] = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
        missing = [clause.__name__ for clause in mode.clauses() if clause.__name__ not in results]
        return {**results, **dict.fromkeys(missing, f"the process ended before it came to this:\n{printed[-5000:]}")}


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
def test_adapter_keeps_the_contract(mode: str, clause: str) -> None:
    failure = results_of(mode)[clause]
    assert failure is None, failure
