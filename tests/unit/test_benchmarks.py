"""The repos that benchmarks read are written by hand: they must be what the recorder would have written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aim
from aim.storage.care.checks import check_repo
from aim.storage.repo.repo_files import open_repo

ROOT = Path(__file__).resolve().parents[2]


def run_here(*arguments: str) -> str:
    """Run Python where it finds the benchmarks, which are no part of the package."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=120
    ).stdout


def test_a_written_corpus_is_a_sound_repo_that_reads_back(tmp_path: Path) -> None:
    run_here(
        "-c", f"from benchmarks.corpus import *; write(Corpus(3, 4, 5), __import__('pathlib').Path({str(tmp_path)!r}))"
    )
    params = json.loads(run_here("-c", "import json; from benchmarks.corpus import *; print(json.dumps(params_of(2)))"))

    assert check_repo(open_repo(tmp_path)).findings == []
    runs = list(aim.Repo(tmp_path).iter_runs())
    assert [(run.name, run.status) for run in runs] == [(f"run-{i}", "finished") for i in range(3)]
    assert {name: runs[2][name] for name in params} == params
    assert leaves(params) == 20
    metrics = list(aim.Repo(tmp_path).query_metrics("loss if context.subset == train"))
    assert [metric.steps.tolist() for metric in metrics] == [[0, 1, 2, 3, 4]] * 3


def leaves(params: dict[str, Any]) -> int:
    return sum(leaves(value) if isinstance(value, dict) else 1 for value in params.values())


def test_a_subject_is_measured_and_shown_beside_its_bar() -> None:
    assert "50 metrics in one dict call" in run_here("-m", "benchmarks", "--only", "dict")
