"""The clauses of the mode that ADAPTER_MODE names, as tests of pytest: one that fails shows what it got and expected.

Started by process.py, in a process of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Before they are imported: it is what shows the values.
pytest.register_assert_rewrite(
    *(f"tests.integration.modes.{path.stem}" for path in Path(__file__).parent.glob("*.py") if path.stem != "process")
)


@pytest.fixture(scope="session")
def harness() -> Any:
    from tests.integration.modes.base import mode_named

    return mode_named(os.environ["ADAPTER_MODE"]).make()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    from tests.integration.modes.base import mode_named

    clauses = mode_named(os.environ["ADAPTER_MODE"]).clauses()
    metafunc.parametrize("clause", clauses, ids=[clause.__name__ for clause in clauses])


def test_clause(clause: Callable[[Any, Path], None], harness: Any, tmp_path: Path) -> None:
    try:
        clause(harness, tmp_path)
    except KeyboardInterrupt as error:
        raise AssertionError("Ctrl-C of the training came out of the clause") from error
