"""Run the core tests (tests/unit and tests/fault: no framework) on every CPython from 3.11 on that can be found.

Interpreters: $PYTHONS (names or paths, separated by spaces) if set, else every ``python3.N`` on PATH, the versions
behind pyenv's shims included; one for each minor version. Each gets its own environment in ``.venvs/``. Prints
one line for each; ends with 1 if one failed or none was found. Needs nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM = (3, 11)
TESTS = ("tests/unit", "tests/fault")
PROBE = "import sys, venv, ensurepip; print(sys.implementation.name, *sys.version_info[:3])"


def candidates() -> list[str]:
    """Paths that may be interpreters, in the order of PATH."""
    chosen = os.environ.get("PYTHONS", "").split()
    if chosen:
        return [shutil.which(name) or name for name in chosen]
    found: list[str] = []
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        here = Path(folder)
        places = [here]
        if here.name == "shims":  # pyenv: a shim answers for the selected version only
            places = sorted((here.parent / "versions").glob("*/bin"))
        for place in places:
            try:
                names = sorted(entry.name for entry in place.iterdir())
            except OSError:
                continue
            found += [str(place / name) for name in names if re.fullmatch(r"python3\.\d+", name)]
    return found


def version_of(python: str) -> tuple[int, int, int] | None:
    """The version of a CPython that can make environments, else None."""
    try:
        answer = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    name, *numbers = answer.stdout.split()
    major, minor, micro = (int(number) for number in numbers)
    return (major, minor, micro) if name == "cpython" else None


def interpreters() -> list[tuple[tuple[int, int, int], str]]:
    """One interpreter for each minor version, the first found."""
    found: dict[tuple[int, int], tuple[tuple[int, int, int], str]] = {}
    for python in candidates():
        version = version_of(python)
        if version is None:
            if os.environ.get("PYTHONS"):
                print(f"{python}: no usable CPython", file=sys.stderr)
            continue
        if version[:2] >= MINIMUM:
            found.setdefault(version[:2], (version, python))
    return [found[minor] for minor in sorted(found)]


def environment(version: tuple[int, int, int], python: str) -> Path:
    """The interpreter of an environment with the core's test packages; made or refreshed when the pins changed."""
    venv = ROOT / ".venvs" / ".".join(map(str, version))
    pins = (ROOT / "pyproject.toml").read_bytes() + (ROOT / "constraints.txt").read_bytes()
    digest = hashlib.sha256(pins).hexdigest()
    stamp, inner = venv / ".stamp", venv / "bin" / "python"
    if stamp.exists() and stamp.read_text() == digest:
        return inner
    if not inner.exists():
        subprocess.run([python, "-m", "venv", str(venv)], check=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", "constraints.txt"]
    subprocess.run([str(inner), *install, "-e", ".[test-core]"], check=True, cwd=ROOT)
    stamp.write_text(digest)
    return inner


def run_tests(inner: Path) -> tuple[bool, str]:
    """Whether the tests passed, and pytest's last line (all of its output if they did not)."""
    tests = [folder for folder in TESTS if (ROOT / folder).exists()]
    command = [str(inner), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.strip().splitlines() or ["no output"]
    return done.returncode == 0, lines[-1] if done.returncode == 0 else done.stdout


def main() -> int:
    """Run all; 0 if all passed."""
    found = interpreters()
    if not found:
        print("no CPython from 3.11 on found on PATH; name some with PYTHONS=...", file=sys.stderr)
        return 1
    ok = True
    for version, python in found:
        label = "Python " + ".".join(map(str, version))
        started = time.monotonic()
        try:
            passed, text = run_tests(environment(version, python))
        except subprocess.CalledProcessError as error:
            passed, text = False, str(error)
        if not passed and "\n" in text:
            print(text, file=sys.stderr)
            text = text.splitlines()[-1]
        ok = ok and passed
        print(f"{label}: {'passed' if passed else 'FAILED'}: {text.strip('= ')} ({time.monotonic() - started:.0f} s)")
        sys.stdout.flush()
    return 0 if ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
