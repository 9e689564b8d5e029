"""Experiments that several processes change at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import aim

ADD = """
import sys
import aim

path, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with aim.Repo(path) as repo:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        repo.add_experiment(f"{prefix}-{number}")
        repo.check_out_experiment(f"{prefix}-{number}")
"""


def test_no_experiment_that_processes_add_at_once_is_lost(tmp_path: Path) -> None:
    with aim.Repo.create(tmp_path) as repo:
        names = {f"{prefix}-{number}" for prefix in "ab" for number in range(20)}
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", ADD, str(tmp_path), prefix, "20"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for prefix in "ab"
        ]
        for process in processes:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.communicate()[1] for process in processes] == [None, None]
        assert [process.returncode for process in processes] == [0, 0]
        assert set(repo.experiments()) == {*names, "default"}
        assert repo.active_experiment in {"a-19", "b-19"}
