"""Which process of a distributed job this is, by the launcher's environment."""

from __future__ import annotations

import os
import sys
from typing import Final

__all__ = ["environment_job", "environment_rank", "is_distributed", "stray_rank"]

_RANK_VARIABLES: Final = (
    "RANK",
    "SLURM_PROCID",
    "OMPI_COMM_WORLD_RANK",
    "PMI_RANK",
    "LOCAL_RANK",
    "OMPI_COMM_WORLD_LOCAL_RANK",
)
"""Global ranks first; a local rank alone still distinguishes rank 0 from the others on one host."""


def environment_rank() -> int:
    """Our rank, 0 if the environment has none (torchrun, Slurm, Open MPI, MPICH and Lightning set one)."""
    return _rank_in_environment() or 0


def is_distributed() -> bool:
    """Whether a launcher gave this process a rank."""
    return _rank_in_environment() is not None


def _rank_in_environment() -> int | None:
    found = _rank_variable()
    return None if found is None else found[1]


def _rank_variable() -> tuple[str, int] | None:
    for variable in _RANK_VARIABLES:
        text = os.environ.get(variable, "")
        if text.isascii() and text.isdigit():
            return variable, int(text)
    return None


def stray_rank() -> str:
    """What in the environment says that this is not rank 0, e.g. ``RANK=3``, where no job shows that it is meant so.

    Empty on rank 0, and where the ranks of a job meet: by an address (torchrun, Lightning), or in PyTorch or JAX. Tasks
    of their own that a scheduler started, and a variable that was left behind, have a rank and nothing else.
    """
    found = _rank_variable()
    if found is None or found[1] == 0 or os.environ.get("MASTER_ADDR") or os.environ.get("TF_CONFIG"):
        return ""
    try:
        torch, jax = sys.modules.get("torch.distributed"), sys.modules.get("jax")
        if torch is not None and torch.is_available() and torch.is_initialized():
            return ""
        if jax is not None and jax.distributed.is_initialized():
            return ""
    except Exception:  # an old one, or one that is only half imported
        pass
    return f"{found[0]}={found[1]}"


_JOB_VARIABLES: Final = (
    "TORCHELASTIC_RUN_ID",
    "TORCHELASTIC_RESTART_COUNT",
    "SLURM_JOB_ID",
    "SLURM_RESTART_COUNT",
    "OMPI_MCA_ess_base_jobid",
    "PMIX_NAMESPACE",
    "MASTER_ADDR",
    "MASTER_PORT",
    "WORLD_SIZE",
    "SLURM_NTASKS",
    "OMPI_COMM_WORLD_SIZE",
)
"""What the ranks of one start of a job have in common. No single one is always there and differs between starts."""


def environment_job() -> str:
    """One string for all ranks of this start of a distributed job; "" outside of one."""
    if not is_distributed():
        return ""
    return ";".join(f"{name}={os.environ[name][:80]}" for name in _JOB_VARIABLES if os.environ.get(name)) or "ranks"
