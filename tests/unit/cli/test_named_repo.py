"""AIM_REPO names the repo of every command that is not given another one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from aim.cli.main import cli
from aim.storage.reading.runs import run_hashes
from aim.storage.repo.layout import RepoLayout
from tests.integration.test_server_process import run
from tests.unit.cli.support import record
from tests.unit.cli.test_main import ALL
from tests.unit.importers.event_bytes import scalar, write_records

WITHOUT_REPO = {"aim version", "aim completion"}
SERVER = {"aim up", "aim ui", "aim down"}
SSH = """sh -c 'exec sh -c "$3"' ssh"""
"""Called as ssh is, it runs the command on this machine."""
ARGUMENTS = {
    "aim init": [],
    "aim experiments add": ["-n", "new"],
    "aim experiments checkout": ["-n", "digits"],
    "aim experiments ls": [],
    "aim experiments rm": ["-y", "-n", "digits"],
    "aim experiments close": ["digits"],
    "aim runs ls": [],
    "aim runs show": ["first"],
    "aim runs best": ["loss.train"],
    "aim runs diff": ["first", "third"],
    "aim runs rename": ["first", "other"],
    "aim runs tag": ["first", "--add", "good"],
    "aim runs note": ["first", "text"],
    "aim runs describe": ["first", "text"],
    "aim runs rm": ["-y", "first"],
    "aim runs restore": ["gone"],
    "aim runs cp": ["first", "--to", "../other"],
    "aim runs mv": ["first", "--to", "../other"],
    "aim runs push": ["first", "--to", "far:../other", "--ssh", SSH, "--remote-aim", f"{sys.executable} -m aim"],
    "aim runs pull": ["--from", "far:../named", "--ssh", SSH, "--remote-aim", f"{sys.executable} -m aim"],
    "aim runs peer": [],
    "aim runs archive": ["first"],
    "aim runs unarchive": ["first"],
    "aim runs close": ["--force", "first"],
    "aim query": ["loss"],
    "aim export": ["loss"],
    "aim watch": ["--once"],
    "aim convert tensorboard": ["--logdir", "../logs"],
    "aim doctor": [],
    "aim storage prune": ["-y"],
}


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repo that AIM_REPO names; the working directory has none."""
    repo = tmp_path / "named"
    record(repo, name="first", experiment="digits")
    record(repo, name="third", experiment="digits")
    gone = record(repo, name="gone")
    assert CliRunner().invoke(cli, ["runs", "rm", gone, "--repo", str(repo)]).exit_code == 0
    (tmp_path / "logs").mkdir()
    write_records(tmp_path / "logs" / "events.out.tfevents.1.host", [scalar("loss", 0.5, 1)])
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("AIM_REPO", str(repo))
    return repo


def test_every_command_is_walked() -> None:
    leaves = {name for name, command in ALL.items() if not isinstance(command, click.Group)}
    assert leaves - WITHOUT_REPO - SERVER == set(ARGUMENTS)


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if name != "aim init"])
def test_a_command_works_on_the_repo_that_the_environment_names(name: str, named: Path) -> None:
    done = CliRunner().invoke(cli, [*name.split()[1:], *ARGUMENTS[name]])
    assert done.exit_code == 0, done.output
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("name", ["experiments add", "init"])
def test_a_repo_that_the_environment_names_is_made_there(name: str, named: Path) -> None:
    shutil.rmtree(named)
    done = CliRunner().invoke(cli, [*name.split(), *ARGUMENTS[f"aim {name}"]])
    assert done.exit_code == 0, done.output
    assert (named / ".aim" / "VERSION").exists() and list(Path.cwd().iterdir()) == []


def test_a_repo_that_only_the_environment_names_is_not_emptied_unasked(named: Path) -> None:
    refused = CliRunner().invoke(cli, ["init", "-y"])
    assert refused.exit_code == 1
    assert (
        f"only the environment variable AIM_REPO names it: nothing was changed. To empty it, pass --repo {named};"
        in (refused.stderr)
    )
    assert CliRunner().invoke(cli, ["init", "-y", "--force"]).exit_code == 1
    asked = CliRunner().invoke(cli, ["init"], input="n\n")
    assert asked.exit_code == 1 and "Named by the environment variable AIM_REPO:" in asked.stdout
    assert len(run_hashes(RepoLayout(named / ".aim"))) == 2
    named_twice = CliRunner().invoke(cli, ["init", "-y", "--repo", str(named)])
    assert named_twice.exit_code == 0, named_twice.output
    assert run_hashes(RepoLayout(named / ".aim")) == [] and list(Path.cwd().iterdir()) == []


def test_a_repo_that_only_the_environment_names_is_emptied_after_asking(named: Path) -> None:
    assert CliRunner().invoke(cli, ["init"], input="y\n").exit_code == 0
    assert run_hashes(RepoLayout(named / ".aim")) == []


def test_a_named_option_comes_before_the_environment(named: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    record(other, name="second")
    done = CliRunner().invoke(cli, ["--repo", str(other), "runs", "ls"])
    assert "second" in done.stdout and "first" not in done.stdout


def test_the_server_serves_and_ends_on_the_repo_that_the_environment_names(named: Path) -> None:
    out = run("up", "-d", "-y", "--no-open", "-p", "0", cwd=Path.cwd(), AIM_REPO=str(named))
    assert f"Aim serves {named}/.aim at" in out and out.rstrip().endswith("Stop it with: aim down")
    assert "Stopped the server" in run("down", cwd=Path.cwd(), AIM_REPO=str(named))
    assert list(Path.cwd().iterdir()) == []
