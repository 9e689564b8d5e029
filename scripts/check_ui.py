"""`make check-ui`: the front end's format, lint and layers, types and tests (prettier, oxlint, tsc, vitest).

Needs Node on PATH, in the version that package.json requires. Without it the script fails if CI is set; otherwise
it prints that these checks were left out (the UI itself is built with Node from PyPI there).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "aim" / "web" / "ui"
QUIET = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}
NODE_MIN = (20, 19)


def node_version() -> tuple[int, ...] | None:
    """The version of the Node on PATH; None without Node or npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in text.strip().lstrip("v").split(".") if part.isdigit()) or None


def is_installed() -> bool:
    """Whether node_modules is what the lock file says; npm writes its own copy of that file when it is done."""
    done = UI / "node_modules" / ".package-lock.json"
    return done.exists() and done.stat().st_mtime >= (UI / "package-lock.json").stat().st_mtime


def main() -> int:
    """0: passed, or left out."""
    version = node_version()
    if version is None or version < NODE_MIN:
        found = "none is on PATH" if version is None else f"found {'.'.join(map(str, version))}"
        print(f"LEFT OUT: the front end's checks need Node {NODE_MIN[0]}.{NODE_MIN[1]} or later; {found}", flush=True)
        return 1 if os.environ.get("CI") else 0
    environment = {**os.environ, **QUIET}
    if not is_installed():
        subprocess.run(["npm", "ci"], cwd=UI, env=environment, check=True)
    return subprocess.run(["npm", "run", "--silent", "check"], cwd=UI, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
