"""Every test runs in a folder of its own, in strict mode, with nothing of the surrounding environment."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Whoever starts the tests in the background, or with nohup, has these ignored, and the processes of tests inherit that.
for _name in ("SIGINT", "SIGQUIT", "SIGHUP"):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _name == "SIGINT" else signal.SIG_DFL)

RANK_VARIABLES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")

# No deadlines: how long an example takes depends on the machine. The same examples each time in CI.
settings.register_profile("aim", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("aim")


@pytest.fixture(autouse=True)
def _clean_surroundings(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("AIM_") or name in RANK_VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("AIM_STRICT", "1")
    monkeypatch.setenv("AIM_QUIET", "1")
    # An index that finds no place beside its repo goes to the user's cache.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.chdir(tmp_path)
    yield


@pytest.fixture
def repo_path(tmp_path: Path) -> Path:
    """A folder in which a test may make a repo: ``<repo_path>/.aim`` does not exist yet."""
    path = tmp_path / "repo"
    path.mkdir()
    return path


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests marked ``requires("package")`` where the package is absent."""
    for mark in item.iter_markers("requires"):
        for package in mark.args:
            if importlib.util.find_spec(package) is None:
                pytest.skip(f"needs {package}")
