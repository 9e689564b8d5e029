"""`make test`: make sure that there is a Chromium for the browser tests, and print where.

It is the one named in CHROMIUM, else the one on PATH. If there is none and CI is set, the script installs it with apt,
or fails: the browser tests must run there. On a developer's machine without Chromium they are skipped, and the script
only prints so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

__all__ = ["ARGUMENTS", "find_chromium"]

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

ARGUMENTS = [
    "--no-sandbox",  # root, as in most containers, has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # anything but this machine fails at once
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
"""How the tests start it."""


def find_chromium() -> str | None:
    """Path of the browser; None if there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, NAMES)), None)


def install() -> None:
    """Install Debian's, if this is root on a system with apt."""
    if shutil.which("apt-get") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("no Chromium found: installing it with apt", flush=True)
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        if subprocess.run(["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, check=False).returncode:
            return


def main() -> int:
    """Find or install it."""
    path = find_chromium()
    if path is None and os.environ.get("CI"):
        install()
        path = find_chromium()
    if path is not None:
        print(f"browser tests use {path}")
        return 0
    named = os.environ.get("CHROMIUM")
    why = f"CHROMIUM={named} is not there" if named else f"none of {', '.join(NAMES)} is on PATH"
    say = f"no Chromium for the browser tests: {why}. Install it (Debian: apt-get install chromium) or set CHROMIUM."
    if os.environ.get("CI"):
        print(say, file=sys.stderr)
        return 1
    print(say + " They are skipped.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
