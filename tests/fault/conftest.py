from __future__ import annotations

import pytest

from tests.fault.refusing import can_refuse


@pytest.fixture(scope="session")
def _kernel_can_refuse() -> bool:
    return can_refuse()


@pytest.fixture
def refusing(_kernel_can_refuse: bool) -> None:
    """Skip where the kernel does not let a process refuse its own system calls (see tests/fault/refusing.py)."""
    if not _kernel_can_refuse:
        pytest.skip("needs seccomp")
