"""Which process of a distributed training we are, as TensorFlow, JAX or a launcher tell it."""

from __future__ import annotations

import json
import os
import sys

from aim.sdk.recording.ranks import environment_rank

__all__ = ["training_rank"]


def training_rank() -> int:
    """0 for the process that records: the chief of TF_CONFIG, JAX's process 0, rank 0 of a launcher."""
    rank = _rank_of_tf_config()
    if rank is None:
        rank = _rank_of_jax()
    return environment_rank() if rank is None else rank


def _rank_of_tf_config() -> int | None:
    try:
        config = json.loads(os.environ.get("TF_CONFIG") or "{}")
        cluster, task = config["cluster"], config["task"]
        kind, index = str(task["type"]), int(task["index"])
    except (ValueError, TypeError, KeyError):
        return None
    # without a chief the first worker is it, for TensorFlow, too
    if kind == "chief" or (kind == "worker" and "chief" not in cluster and "master" not in cluster):
        return index
    return 0 if kind == "master" else 1 + index


def _rank_of_jax() -> int | None:
    jax = sys.modules.get("jax")
    try:
        # asked only where it is decided: process_index() would choose the devices
        return int(jax.process_index()) if jax is not None and jax.distributed.is_initialized() else None
    except Exception:
        return None
