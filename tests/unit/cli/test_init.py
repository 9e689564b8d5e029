from __future__ import annotations

from pathlib import Path

import aim
from aim.storage.housekeeping import run_hashes
from aim.storage.layout import RepoLayout
from tests.unit.cli.support import Aim


def test_init_makes_an_empty_repo(run_aim: Aim, layout: RepoLayout) -> None:
    assert layout.root in run_aim("init").stdout
    assert Path(layout.version_path).read_text() == "1\n"


def test_init_again_names_what_it_deletes_and_asks(run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]) -> None:
    result = run_aim("init", answer="n\n", code=1)
    assert "2 runs, 20 points" in result.stdout
    assert run_hashes(layout) == sorted(two_runs)
    run_aim("init", answer="y\n")
    assert run_hashes(layout) == []


def test_init_again_with_yes_does_not_ask(run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]) -> None:
    run_aim("init", "-y")
    assert run_hashes(layout) == []


def test_init_refuses_while_a_run_is_written(run_aim: Aim, repo_path: Path, layout: RepoLayout) -> None:
    with aim.Session(repo=repo_path) as session:
        run_aim("init", "-y", code=4)
        assert run_hashes(layout) == [session.run_hash]
