"""A way to run commands, and repos to run them on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aim.cli.main import cli
from aim.storage.repo.layout import RepoLayout
from aim.storage.repo.repo_files import resolve_repo
from tests.unit.cli.support import Aim, record


@pytest.fixture(autouse=True)
def _no_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def run_aim(repo_path: Path) -> Aim:
    """Run a command on the repo of the test; checks the exit code."""

    def run(*arguments: str, code: int = 0, answer: str | None = None, repo: Path | None = repo_path) -> Result:
        place = ["--repo", str(repo)] if repo is not None else []
        result = CliRunner().invoke(cli, [*arguments, *place], input=answer)
        assert result.exit_code == code, (arguments, result.output, result.exception)
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def json_lines(run_aim: Aim) -> Callable[..., list[Any]]:
    """Run a command with --json; what it printed, one value a line."""

    def run(*arguments: str, **options: Any) -> list[Any]:
        return [json.loads(line) for line in run_aim(*arguments, "--json", **options).stdout.splitlines()]

    return run


@pytest.fixture
def layout(repo_path: Path) -> RepoLayout:
    return resolve_repo(repo_path)


@pytest.fixture
def two_runs(repo_path: Path) -> tuple[str, str]:
    """Hashes of the runs "first" (lr 0.1) and "second" (lr 0.001)."""
    return record(repo_path, name="first", lr=0.1), record(repo_path, name="second", lr=0.001)
