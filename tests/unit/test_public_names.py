"""The public names: adding one is a decision, losing one breaks somebody."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import aim
import aim.errors

PUBLIC = (
    "Repo Run Session __version__ add_note add_record add_tag errors finish flush log_error log_info log_warning "
    "remove_tag session set_note set_params track track_many"
).split()

RUN = (
    "active add_note add_record add_tag archived as_row close collect_sequence_info created_at creation_time "
    "dataframe description duration end_time ended_at experiment finalize finalized_at finish flush get get_metric "
    "hash is_foreign iter_metrics_info log_artifact log_artifacts log_error log_info log_warning loss metrics name "
    "notes params props records remove_tag repo repo_path report_progress report_successful_finish run_hash set "
    "set_artifacts_uri set_note set_params status tags track track_many"
).split()
REPO = (
    "acknowledge active_experiment add_experiment archive_runs check check_experiment_removable check_not_active "
    "check_out_experiment close close_experiment close_run collect_params_info collect_sequence_info copy_runs create "
    "default_repo default_repo_path delete_experiment delete_run delete_runs edit_run empty_trash engine exists "
    "experiment_runs experiments for_repair from_path get_run in_place_runs index index_report iter_runs layout "
    "list_active_runs list_all_runs move_runs path prunable prune pull_runs push_runs query_metrics query_runs "
    "read_state reindex repair report restore_runs rm run_exists run_hashes run_report runs_named total_runs_count "
    "trashed_runs unarchive_runs unreadable_runs"
).split()


def test_the_package_has_these_names() -> None:
    assert sorted(aim.__all__) == sorted(PUBLIC)
    assert set(PUBLIC) <= set(dir(aim))
    for name in PUBLIC:
        assert getattr(aim, name) is not None


def test_star_import_gives_them_all() -> None:
    names: dict[str, object] = {}
    exec("from aim import *", names)
    assert set(PUBLIC) <= set(names)


def test_name_that_is_not_there_is_said() -> None:
    with pytest.raises(AttributeError, match="module 'aim' has no attribute 'nothing'"):
        aim.nothing  # noqa: B018


@pytest.mark.parametrize(("kind", "expected"), [(aim.Session, RUN), (aim.Run, RUN), (aim.Repo, REPO)])
def test_handles_have_these_members(kind: type, expected: list[str]) -> None:
    assert sorted(name for name in dir(kind) if not name.startswith("_")) == sorted(expected)


@pytest.mark.parametrize("kind", [aim.Session, aim.Run, aim.Repo])
def test_every_public_member_is_documented(kind: type) -> None:
    assert [name for name in dir(kind) if not name.startswith("_") and not inspect.getdoc(getattr(kind, name))] == []


def test_errors_are_those_of_the_tree_in_their_module() -> None:
    drawn = set(re.findall(r"\b\w+Error\b", (aim.errors.__doc__ or "").split("::", 1)[1]))
    defined = {name for name in aim.errors.__all__ if name.endswith("Error")}
    assert drawn - {"ImportError", "KeyError", "OSError", "ValueError"} == defined
    assert all(issubclass(getattr(aim.errors, name), aim.errors.AimError) for name in defined)


LAYERS = ("schema", "storage", "index", "query", "sdk", "explore")


@pytest.mark.parametrize(
    "module",
    sorted(
        info.name
        for layer in LAYERS
        for info in pkgutil.walk_packages(importlib.import_module(f"aim.{layer}").__path__, f"aim.{layer}.")
        if not info.ispkg
    ),
)
def test_every_module_says_what_it_offers(module: str) -> None:
    names = importlib.import_module(module).__all__
    assert len(set(names)) == len(names)
    for name in names:
        assert hasattr(importlib.import_module(module), name)


def test_what_a_module_imports_of_another_is_offered_there() -> None:
    root = Path(aim.__file__).parent
    missing = []
    for path in sorted(root.rglob("*.py")):
        module = ".".join(("aim", *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[:1] != ["aim"]:
                continue
            parts = str(node.module).split(".")
            if len(parts) < 2 or parts[1] not in LAYERS or node.module == module:
                continue
            source = root.joinpath(*parts[1:]).with_suffix(".py")
            if not source.exists():  # a package: its modules are imported
                continue
            offered = importlib.import_module(str(node.module)).__all__
            missing += [f"{module}: {node.module}.{a.name}" for a in node.names if a.name not in offered]
    assert missing == []
