from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.refusing import can_refuse
from tests.fault.support import assert_repo_agrees, layout_of


@pytest.fixture(scope="session")
def _kernel_can_refuse() -> bool:
    return can_refuse()


@pytest.fixture
def refusing(_kernel_can_refuse: bool) -> None:
    """Skip where the kernel does not let a process refuse its own system calls (see tests/fault/refusing.py)."""
    if not _kernel_can_refuse:
        pytest.skip("needs seccomp")


@pytest.fixture(autouse=True)
def _repo_agrees(repo_path: Path) -> Iterator[None]:
    """After every test aim.Repo is asked for the same: the index must tell what the files tell."""
    yield
    if Path(layout_of(repo_path).version_path).exists():
        assert_repo_agrees(repo_path)


@pytest.fixture
def open_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that another user can reach."""
    above = [path for path in (tmp_path, *tmp_path.parents) if path.stat().st_uid == os.getuid()]
    modes = [(path, path.stat().st_mode) for path in above]
    for path in above:
        path.chmod(path.stat().st_mode | 0o011)
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    yield folder
    for path, mode in modes:
        path.chmod(mode & 0o7777)
