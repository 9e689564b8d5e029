"""A further tool whose files are read in place is one entry of the registry."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import aim
from aim.importers import _registry
from aim.importers.tensorboard.source import TensorBoardSource
from aim.schema.in_place import InPlace, InPlaceKind
from aim.storage.repo.repo_files import create_repo
from aim.web.app import create_app
from tests.unit.importers.event_bytes import scalar, write_records
from tests.unit.web.support import ADDRESS, Api

ROOT = Path(__file__).resolve().parents[3]


class ToolSource(TensorBoardSource):
    """Another tool's source."""

    name = "tool"


TOOL = InPlaceKind("tool_logs", "Tool", ToolSource, digest_prefix="tool:")


def write_logs(folder: Path, name: str, values: list[float]) -> None:
    folder.mkdir(parents=True)
    records = [scalar(name, value, step, 1.5e9 + step) for step, value in enumerate(values)]
    write_records(folder / "events.out.tfevents.1.host", records)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Files of the other tool."""
    write_logs(tmp_path / "logs" / "a", "loss", [1.0, 0.5, 0.25])
    return tmp_path / "logs"


@pytest.fixture
def _tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_registry, "KINDS", (*_registry.KINDS, TOOL))


def test_names_and_prefixes_are_unique() -> None:
    kinds = _registry.in_place_kinds()
    assert len({kind.name for kind in kinds}) == len({kind.digest_prefix for kind in kinds}) == len(kinds)
    assert all(kind.name.isidentifier() for kind in kinds)


@pytest.mark.usefixtures("_tool")
def test_a_repo_reads_it_by_its_name(logs: Path, repo_path: Path) -> None:
    create_repo(repo_path)
    with aim.Repo(repo_path, tool_logs=logs) as repo:
        (metric,) = repo.query_metrics("tf:loss")
        assert metric.values.tolist() == [1.0, 0.5, 0.25]
        with pickle.loads(pickle.dumps(repo)) as again:
            assert len(again.query_metrics("tf:loss")) == 1
    with aim.Repo(repo_path) as repo:
        assert len(repo.query_metrics()) == 0
    with aim.Repo(tool_logs=[logs], tf_logs=[]) as alone, aim.Repo(tf_logs=logs) as other:
        assert len(alone.query_metrics()) == 1
        assert alone.path != other.path
        assert aim.Repo(tool_logs=logs).path == alone.path


@pytest.mark.usefixtures("_tool")
def test_both_kinds_are_read_beside_each_other(logs: Path, tmp_path: Path, repo_path: Path) -> None:
    write_logs(tmp_path / "other" / "b", "acc", [1.0])
    create_repo(repo_path)
    with aim.Session(repo=repo_path) as session:
        session.track(1.0, name="own")
    with aim.Repo(repo_path, tool_logs=logs, tf_logs=tmp_path / "other") as repo:
        assert sorted(metric.name for metric in repo.query_metrics()) == ["acc", "loss", "own"]
        (run,) = repo.query_runs("tf:loss")
        run.name = "renamed"
        assert [found.name for found in repo.query_runs("tf:loss")] == ["renamed"]


@pytest.mark.usefixtures("_tool")
def test_the_configuration_names_it(logs: Path, repo_path: Path) -> None:
    Path(create_repo(repo_path).config_path).write_text(json.dumps({"tool_logs": [str(logs), 5]}))
    with aim.Repo(repo_path) as repo:
        assert len(repo.query_metrics("tf:loss")) == 1
        assert any("tool_logs names 5" in problem for problem in repo.report().problems)


@pytest.mark.usefixtures("_tool")
def test_the_web_app_shows_it(logs: Path, repo_path: Path) -> None:
    app = create_app(create_repo(repo_path), in_place=[InPlace("tool_logs", (str(logs),))])
    with TestClient(app, base_url=ADDRESS) as client:
        api = Api(client)
        app.state.aim.service.wait_until_caught_up(10)
        (run,) = api.post("runs/search")["rows"]
        assert api.get(f"runs/{run['hash']}")["in_place"]["places"] == [str(logs / "a")]


@pytest.mark.usefixtures("_tool")
def test_wrong_folders_are_named_by_their_tool(tmp_path: Path) -> None:
    with pytest.raises(aim.errors.InvalidValueError, match=r"^Tool log folder '.*gone' does not exist$"):
        aim.Repo(tool_logs=tmp_path / "gone")


def test_what_is_not_in_the_registry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="there is no 'tool_logs'; files can be read in place as tf_logs"):
        aim.Repo(tool_logs=tmp_path)


COMMAND = """
from aim.importers import _registry
from tests.unit.importers.test_registry import TOOL
_registry.KINDS = (*_registry.KINDS, TOOL)
import sys
from aim.cli.main import cli
cli(sys.argv[1:])
"""


def test_the_command_line_has_an_option_for_it(logs: Path, repo_path: Path) -> None:
    create_repo(repo_path)

    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", COMMAND, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    assert "Read the Tool logs below this folder in place, too" in " ".join(run("query", "--help").split())
    found = run("query", "--json", "--tool_logs", str(logs), "tf:loss", "--repo", str(repo_path))
    assert [json.loads(line)["metric"] for line in found.splitlines()] == ["loss"]
    assert run("query", "--json", "tf:loss", "--repo", str(repo_path)) == ""
