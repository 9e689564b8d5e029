"""Points of earlier attempts: how many are hidden is said, and they are shown on request."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aim
from tests.unit.cli.support import Aim

JsonLines = Callable[..., list[Any]]
HIDDEN = "3 points of earlier attempts are hidden"


@pytest.fixture
def resumed(repo_path: Path) -> str:
    """A run that went on from step 2 with better values; the first time it had come to step 4."""
    for steps, value in ((range(5), 9.0), (range(2, 4), 1.0)):
        with aim.Session(repo_path, run="job", resume=True) as session:
            for step in steps:
                session.track(value, name="loss", step=step)
            session.track(value, name="other", step=steps[0])
    return session.run_hash


def test_show_says_how_many_points_are_hidden_and_how_to_see_them(
    run_aim: Aim, json_lines: JsonLines, resumed: str
) -> None:
    assert f"{HIDDEN}: aim query 'run.hash == \"{resumed}\"' --attempts all" in run_aim("runs", "show", resumed).stdout
    (shown,) = json_lines("runs", "show", resumed)
    assert (shown["hidden_points"], [m["hidden_points"] for m in shown["metrics"]]) == (3, [3, 0])


def test_query_says_so_and_shows_all_on_request(run_aim: Aim, json_lines: JsonLines, resumed: str) -> None:
    def row(*options: str) -> list[str]:
        (found,) = csv.DictReader(io.StringIO(run_aim("query", "loss", "--csv", *options).stdout))
        return [found[name] for name in ("points", "last_step", "last", "min", "max")]

    assert HIDDEN in run_aim("query", "loss").stderr
    assert row() == ["4", "3", "1.0", "1.0", "9.0"]
    assert row("--attempts", "all") == ["7", "3", "1.0", "1.0", "9.0"]
    for options in (("query", "loss", "--attempts", "all"), ("query", "other")):
        assert run_aim(*options).stderr == ""
    (every,) = json_lines("query", "loss", "--attempts", "all")
    assert every["steps"] == [0, 1, 2, 3, 4, 2, 3]
    assert len(json_lines("query", "metric.hidden_points == 3 and run.hidden_points == 3")) == 1


def test_export_says_so_and_writes_all_on_request(run_aim: Aim, resumed: str) -> None:
    result = run_aim("export", "loss")
    assert (len(result.stdout.splitlines()), HIDDEN in result.stderr) == (1 + 4, True)
    result = run_aim("export", "loss", "--attempts", "all")
    assert (len(result.stdout.splitlines()), result.stderr) == (1 + 7, "")
