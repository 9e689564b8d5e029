"""Every environment variable that Aim reads is documented, and every documented one is read."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NOT_FOR_USERS = {
    "AIM_COMPLETE",  # set by the shell's completion
    "AIM_REPO_NAME",  # this and the next are constants of modules of Aim 3
    "AIM_RESOURCE_METRIC_PREFIX",
    "AIM_WATCHED_RUN",  # from `aim run` to the process that it watches
    "AIM_UP_DETACHED",  # from `aim up --detach` to the process that it starts
    "AIM_UP_MADE_TOKEN",  # likewise, so that the token is in no list of processes
}


def test_settings_are_documented() -> None:
    sources = [*(ROOT / "aim").rglob("*.py"), *ROOT.glob("hatch_build.py")]
    read = {name for path in sources for name in re.findall(r"\bAIM_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))}
    documented = set(re.findall(r"^\| `(AIM_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert documented == read - NOT_FOR_USERS
