"""The build hook decides what to build; the building itself is tested with the wheel."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folders(tmp_path: Path, hook: ModuleType) -> tuple[Path, Path]:
    ui, static = tmp_path / "ui", tmp_path / "static"
    (ui / "src").mkdir(parents=True)
    static.mkdir()
    (ui / "package.json").write_text("{}")
    (ui / "src" / "main.ts").write_text("1")
    (static / "index.html").write_text("<html>")
    (static / hook.STAMP).write_text(json.dumps({"sources": hook.source_hash(ui)}))
    return ui, static


def test_fresh_assets_are_used(hook: ModuleType, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert not hook.is_build_needed(*folders)
    (folders[0] / "node_modules").mkdir()
    (folders[0] / "node_modules" / "x.js").write_text("1")
    assert not hook.is_build_needed(*folders)
    monkeypatch.setenv("AIM_UI_BUILD", "force")
    assert hook.is_build_needed(*folders)
    monkeypatch.setenv("AIM_UI_BUILD", "nonsense")
    with pytest.raises(ValueError, match="AIM_UI_BUILD"):
        hook.is_build_needed(*folders)


def test_changed_sources_are_built(
    hook: ModuleType, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folders[0] / "src" / "main.ts").write_text("2")
    assert hook.is_build_needed(*folders)
    monkeypatch.setenv("AIM_UI_BUILD", "skip")
    assert not hook.is_build_needed(*folders)


def test_missing_assets_are_built(hook: ModuleType, folders: tuple[Path, Path]) -> None:
    (folders[1] / "index.html").unlink()
    assert hook.is_build_needed(*folders)


def test_without_sources_nothing_is(hook: ModuleType, folders: tuple[Path, Path]) -> None:
    (folders[0] / "package.json").unlink()
    assert not hook.is_build_needed(*folders)


def test_pages_of_help_are_those_of_the_documentation(hook: ModuleType) -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} | {"CHANGELOG.md", "SECURITY.md"}
    assert set(hook.help_files(ROOT).values()) == {f"aim/web/help/{name}" for name in pages}
