"""The wheel and the sdist as a user gets them: what is in them, and that they work in an empty environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_WHEEL_BYTES = 8_000_000
PIP = ["-m", "pip", "--disable-pip-version-check", "--quiet"]

RECORD_AND_QUERY = """
import sys
import aim
assert not {"numpy", "sqlalchemy", "fastapi"} & set(sys.modules)
with aim.Session(repo="r") as session:
    session.set_params({"lr": 0.1})
    for step in range(5):
        session.track(step / 10, name="loss", subset="train")
found = aim.Repo("r").query_metrics("loss if params.lr == 0.1")
assert [m.values.tolist() for m in found] == [[0.0, 0.1, 0.2, 0.3, 0.4]]
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command, which must succeed, with nothing of ours on its path; its stdout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIM_", "PYTHON"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def pythons_of(venv: Path) -> Path:
    """The folder of an environment's programs."""
    return venv / ("Scripts" if os.name == "nt" else "bin")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (found,) = folder.glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, so that what the sdist lacks is missed; the UI anew, from its sources."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, *PIP, "wheel", "--no-deps", "-w", folder, sdist, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that holds the wheel and what it asks for, and nothing else."""
    venv = tmp_path_factory.mktemp("empty") / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=ROOT)
    programs = pythons_of(venv)
    run(programs / "python", *PIP, "install", "-c", ROOT / "constraints.txt", wheel, cwd=venv)
    return programs


def test_wheel_holds_what_runs_and_not_what_it_was_made_from(wheel: Path) -> None:
    assert wheel.stat().st_size < MAX_WHEEL_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        licences = archive.read("aim/web/static/licenses.txt").decode()
    assert {"aim/__init__.py", "aim/py.typed", "aim/web/static/index.html"} <= set(names)
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} | {"CHANGELOG.md", "SECURITY.md"}
    assert {name.removeprefix("aim/web/help/") for name in names if name.startswith("aim/web/help/")} == pages
    assert any(re.fullmatch(r"aim/web/static/assets/index-[\w-]+\.js", name) for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert all(name.startswith(("aim/", "aim-")) for name in names)
    assert not [name for name in names if name.startswith("aim/web/ui/") or "node_modules" in name]
    assert not [name for name in names if name.endswith((".ts", ".tsx", ".map", ".pyc"))]
    # what is bundled goes with its licence
    bundled = json.loads((ROOT / "aim" / "web" / "ui" / "package.json").read_text("utf-8"))["dependencies"]
    assert [name for name in bundled if name not in licences] == []


def test_sdist_holds_the_sources_of_the_ui_and_nothing_built(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"LICENSE", "README.md", "CHANGELOG.md", "hatch_build.py", "pyproject.toml", "constraints.txt", "Makefile"}
    assert wanted <= names
    assert {"aim/web/ui/package.json", "aim/web/ui/package-lock.json", "aim/web/ui/vite.config.ts"} <= names
    assert not [name for name in names if "node_modules" in name or name.startswith("aim/web/static/")]


def test_the_lock_file_names_no_place_to_download_from() -> None:
    lock = (ROOT / "aim" / "web" / "ui" / "package-lock.json").read_text("utf-8")
    assert re.findall(r'"resolved"|"https?://registry[^"]*', lock) == []


def test_an_empty_environment_records_and_queries(installed: Path, tmp_path: Path) -> None:
    version = run(installed / "aim", "version", "--json", cwd=tmp_path)
    metadata = run(
        installed / "python", "-c", "from importlib.metadata import version; print(version('aim'))", cwd=tmp_path
    )
    assert json.loads(version)["aim"] == metadata.strip()
    run(installed / "python", "-c", RECORD_AND_QUERY, cwd=tmp_path)
    found = run(installed / "aim", "query", "loss if context.subset == train", "--json", "--repo", "r", cwd=tmp_path)
    assert json.loads(found)["values"] == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_aim_up_of_an_empty_environment_answers_with_the_page(installed: Path, tmp_path: Path) -> None:
    run(installed / "aim", "init", cwd=tmp_path)
    command = [str(installed / "aim"), "up", "--port", "0", "--no-open"]
    server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None and server.stderr is not None
        url = next(line.split()[-1] for line in server.stdout if line.startswith("Aim serves"))
        with urllib.request.urlopen(url, timeout=60) as answer:
            page = answer.read().decode()
        (script,) = re.findall(r'src="(/assets/index-[^"]+\.js)"', page)
        with urllib.request.urlopen(url + script[1:], timeout=60) as answer:
            assert len(answer.read()) > 100_000
        with urllib.request.urlopen(url + "api/v1/info", timeout=60) as answer:
            assert json.load(answer)["runs"] == 0
    finally:
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=30)
    assert server.returncode == 0
    assert said == ""


def test_without_node_the_ui_is_built_with_node_from_pypi(sdist: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "env", "uname"):  # what npm's scripts call, and no node
        for folder in ("/bin", "/usr/bin"):
            if (Path(folder) / name).exists() and not (programs / name).exists():
                (programs / name).symlink_to(Path(folder) / name)
    assert shutil.which("node", path=str(programs)) is None
    folder = tmp_path / "wheel"
    run(sys.executable, *PIP, "wheel", "--no-deps", "-w", folder, sdist, cwd=tmp_path, PATH=str(programs))
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert "aim/web/static/index.html" in archive.namelist()
