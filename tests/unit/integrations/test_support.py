"""The table of frameworks: what it says is installed with the extras, and asked for at run time."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from aim.errors import MissingDependencyError
from aim.integrations._support import ADAPTERS, Adapter, is_at_least, need, release
from tests.integration.modes.base import modes

ROOT = Path(__file__).resolve().parents[3]


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    """Make distributions of these versions the only ones: real metadata, as pip leaves it."""
    for distribution, version in versions.items():
        info = folder / f"{distribution}-{version}.dist-info"
        info.mkdir(parents=True)
        name = distribution.replace("_", "-")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (folder / distribution).mkdir()
        (folder / distribution / "__init__.py").write_text("raise RuntimeError('nobody may import it')\n")
    monkeypatch.setattr(sys, "path", [str(folder)])
    importlib.invalidate_caches()


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.module)
def test_extra_of_an_adapter_installs_its_first_framework_at_its_minimum(adapter: Adapter) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    first = adapter.frameworks[0]
    assert extras[adapter.extra] == [f"{first.distribution}>={first.minimum}"]


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.module)
def test_versions_called_tested_are_those_that_the_contract_ran_with(adapter: Adapter) -> None:
    """Of tests/adapters_tested.json, which ``scripts/test_adapters.py --record`` writes after a real run."""
    recorded = json.loads((ROOT / "tests" / "adapters_tested.json").read_text(encoding="utf-8"))
    for framework in adapter.frameworks:
        mine = {mode.name for mode in modes() if mode.adapter == adapter.module and framework.package in mode.requires}
        ran = {
            release(versions[framework.package])[:2]
            for of_environment in recorded.values()
            for mode, versions in of_environment.items()
            if mode in mine and framework.package in versions
        }
        tested = [release(version) for version in framework.tested]
        assert tested == sorted({min(ran), max(ran)} if ran else ()), framework.distribution
        assert tested[0] == release(framework.minimum), framework.distribution


def test_every_mode_is_recorded_in_each_of_its_environments() -> None:
    recorded = json.loads((ROOT / "tests" / "adapters_tested.json").read_text(encoding="utf-8"))
    assert {(name, mode) for name, of_environment in recorded.items() for mode in of_environment} == {
        (name, mode.name) for mode in modes() for name in mode.environments
    }


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.module)
def test_adapter_of_the_table_has_all_that_belongs_to_one(adapter: Adapter) -> None:
    assert (ROOT / "aim" / "integrations" / adapter.name / "__init__.py").exists()
    assert (ROOT / "docs" / adapter.page).exists()
    assert (ROOT / "examples" / f"{adapter.example}.py").exists()
    tests = (ROOT / "tests" / "integration" / "test_adapter_examples.py").read_text(encoding="utf-8")
    assert f'run_example("{adapter.example}"' in tests
    assert [mode for mode in modes() if mode.adapter == adapter.module] != []


def test_what_follows_from_the_table_is_current() -> None:
    script = ROOT / "scripts" / "sync_adapters.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, f"run scripts/sync_adapters.py: {done.stdout}{done.stderr}"


def test_absent_framework_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, monkeypatch)
    with pytest.raises(MissingDependencyError) as raised:
        need("aim.keras")
    assert str(raised.value) == (
        "aim.keras needs keras, which is not installed. Install it with: pip install 'keras>=3.4'"
    )
    assert isinstance(raised.value, ImportError)


def test_framework_that_is_too_old_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, monkeypatch, keras="2.15.0")
    with pytest.raises(MissingDependencyError) as raised:
        need("aim.keras")
    assert str(raised.value) == (
        "aim.keras needs keras 3.4 or later, and 2.15.0 is installed. Upgrade it with: pip install -U 'keras>=3.4'"
    )


def test_any_framework_of_an_adapter_is_enough_and_none_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, monkeypatch, keras="2.15.0", tf_keras="2.16.0")
    assert [framework.distribution for framework in need("aim.keras")] == ["tf-keras"]


def test_package_without_metadata_is_taken_to_be_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, monkeypatch)
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").touch()
    importlib.invalidate_caches()
    assert [framework.distribution for framework in need("aim.tensorflow")] == ["tensorflow"]


@pytest.mark.parametrize(
    ("version", "minimum", "expected"),
    [
        ("3.4.0", "3.4", True),
        ("3.15.1", "3.4", True),
        ("2.6.0rc1", "2.6", True),
        ("2.3.9", "2.4", False),
        ("2", "2.4", False),
        ("unknown", "2.4", True),
    ],
)
def test_versions_compare_by_their_numbers(version: str, minimum: str, expected: bool) -> None:
    assert is_at_least(version, minimum) is expected


def test_adapters_need_their_frameworks_when_made_and_not_when_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aim

    logger = aim.pytorch_lightning.AimLogger
    pretend(tmp_path, monkeypatch)
    with pytest.raises(MissingDependencyError, match=r"pip install 'lightning>=2.4'"):
        logger()
