"""Which process of a distributed training records."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from aim.integrations._ranks import lightning_rank, training_rank


@pytest.mark.parametrize(
    ("kind", "index", "cluster", "rank"),
    [
        ("worker", 0, {"worker": ["a", "b"]}, 0),
        ("worker", 1, {"worker": ["a", "b"]}, 1),
        ("chief", 0, {"chief": ["a"], "worker": ["b"]}, 0),
        ("worker", 0, {"chief": ["a"], "worker": ["b"]}, 1),
        ("ps", 0, {"chief": ["a"], "ps": ["b"]}, 1),
        ("evaluator", 0, {"worker": ["a"]}, 1),
    ],
)
def test_chief_of_tf_config_has_rank_0(
    monkeypatch: pytest.MonkeyPatch, kind: str, index: int, cluster: dict[str, Any], rank: int
) -> None:
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}}))
    assert training_rank() == rank


@pytest.mark.parametrize("text", ["", "{}", "no json", "[]", '{"cluster": {}, "task": {"type": "worker"}}'])
def test_launchers_rank_counts_without_a_tf_config(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    assert training_rank() == 0
    monkeypatch.setenv("RANK", "3")
    assert training_rank() == 3


def test_jax_counts_where_it_is_distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "3")
    for is_initialized, rank in ((True, 2), (False, 3)):
        distributed = SimpleNamespace(is_initialized=lambda answer=is_initialized: answer)
        monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(process_index=lambda: 2, distributed=distributed))
        assert training_rank() == rank


def test_process_group_of_torch_counts_without_a_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_initialized, rank in ((True, 1), (False, 0)):
        distributed = SimpleNamespace(
            is_available=lambda: True, is_initialized=lambda answer=is_initialized: answer, get_rank=lambda: 1
        )
        monkeypatch.setitem(sys.modules, "torch.distributed", distributed)
        assert training_rank() == rank


def test_lightning_counts_for_its_own_adapter_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "3")
    assert lightning_rank() == 3
    rank_zero_only = SimpleNamespace(rank=0)
    module = SimpleNamespace(rank_zero_only=rank_zero_only)
    monkeypatch.setitem(sys.modules, "lightning_utilities.core.rank_zero", module)
    assert (lightning_rank(), training_rank()) == (0, 3)
