"""Which process of a distributed training we are, as frameworks and launchers say. Imports no framework."""

from __future__ import annotations

import json
import os
import sys

from aim.sdk.recording.ranks import environment_rank

__all__ = ["lightning_rank", "training_rank"]


def training_rank() -> int:
    """0 for the process that records.

    The first that knows: TensorFlow's TF_CONFIG (the chief is 0), JAX, torch.distributed, the launcher's environment.
    """
    for rank in (_tf_config_rank(), _jax_rank(), _torch_rank()):
        if rank is not None:
            return rank
    return environment_rank()


def lightning_rank() -> int:
    """The global rank that Lightning's strategy has set; before there is one, as :func:`training_rank`.

    For Lightning's own adapter: loaded beside another framework it says 0 in every process.
    """
    ranks = sys.modules.get("lightning_utilities.core.rank_zero")
    rank = getattr(getattr(ranks, "rank_zero_only", None), "rank", None)
    return training_rank() if rank is None else int(rank)


def _tf_config_rank() -> int | None:
    try:
        config = json.loads(os.environ.get("TF_CONFIG") or "{}")
        cluster, task = config["cluster"], config["task"]
        kind, index = str(task["type"]), int(task["index"])
    except (ValueError, TypeError, KeyError):
        return None
    # Without a chief the first worker is it, for TensorFlow, too.
    if kind == "chief" or (kind == "worker" and "chief" not in cluster and "master" not in cluster):
        return index
    return 0 if kind == "master" else 1 + index


def _jax_rank() -> int | None:
    jax = sys.modules.get("jax")
    try:
        # Asked only where it is decided: process_index() would choose the devices.
        return int(jax.process_index()) if jax is not None and jax.distributed.is_initialized() else None
    except Exception:
        return None


def _torch_rank() -> int | None:
    distributed = sys.modules.get("torch.distributed")
    try:
        is_known = distributed is not None and distributed.is_available() and distributed.is_initialized()
        return int(distributed.get_rank()) if is_known and distributed is not None else None
    except Exception:
        return None
