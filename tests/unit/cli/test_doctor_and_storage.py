from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aim.storage.care.trash import trashed_runs
from aim.storage.reading.runs import run_hashes
from aim.storage.repo.layout import RepoLayout
from tests.unit.cli.support import Aim, record

JsonLines = Callable[..., list[Any]]


def points_file(layout: RepoLayout, run_hash: str) -> Path:
    (path,) = Path(layout.run_dir(run_hash)).glob("*.points")
    return path


def test_doctor_of_a_sound_repo(run_aim: Aim, two_runs: tuple[str, str], layout: RepoLayout) -> None:
    text = run_aim("doctor").stdout
    assert "2 runs (0 live), 2 writers, 4 files, 20 points" in text
    assert f"Index  {layout.index} (in the repo), " in text
    assert "No damage found." in text


def test_doctor_names_damage_and_ends_with_1(
    run_aim: Aim, json_lines: JsonLines, two_runs: tuple[str, str], layout: RepoLayout
) -> None:
    path = points_file(layout, two_runs[0])
    path.write_bytes(path.read_bytes()[:-5])
    text = run_aim("doctor", code=1).stdout
    assert "torn points" in text and "points missing" in text and path.name in text
    (report,) = json_lines("doctor", code=1)
    assert report["damaged"] is True
    assert {finding["kind"] for finding in report["findings"]} == {"torn points", "points missing"}


def test_doctor_repairs_what_it_can(run_aim: Aim, two_runs: tuple[str, str], layout: RepoLayout) -> None:
    path = points_file(layout, two_runs[0])
    whole = path.read_bytes()
    path.write_bytes(whole + b"torn")
    text = run_aim("doctor", "--repair").stdout
    assert "cut 4 bytes" in text and "No damage found." in text
    assert path.read_bytes() == whole


def test_doctor_ends_with_0_once_what_cannot_be_mended_is_acknowledged(
    run_aim: Aim, json_lines: JsonLines, two_runs: tuple[str, str], layout: RepoLayout
) -> None:
    path = points_file(layout, two_runs[0])
    path.write_bytes(path.read_bytes()[:-5])
    assert "aim doctor --acknowledge" in run_aim("doctor", "--repair", code=1).stdout
    assert "Nothing new; 1 damaged place acknowledged." in run_aim("doctor", "--acknowledge").stdout
    assert "Known: points missing (1 time)" in run_aim("doctor").stdout
    (report,) = json_lines("doctor")
    assert (report["damaged"], report["acknowledged"]) == (False, 1)
    assert [(f["kind"], f["damage"], f["acknowledged"]) for f in report["findings"]] == [("points missing", True, True)]
    other = points_file(layout, two_runs[1])
    other.write_bytes(other.read_bytes()[:-32])
    (report,) = json_lines("doctor", code=1)
    assert (report["damaged"], report["acknowledged"]) == (True, 1)


def test_doctor_rebuilds_the_index(run_aim: Aim, json_lines: JsonLines, two_runs: tuple[str, str]) -> None:
    assert len(json_lines("query", "loss")) == 4
    assert "rebuilt" in run_aim("doctor", "--reindex").stdout
    assert len(json_lines("query", "loss")) == 4


def test_doctor_looks_at_a_repo_without_a_version(run_aim: Aim, two_runs: tuple[str, str], layout: RepoLayout) -> None:
    os.unlink(layout.version_path)
    assert "its VERSION file is missing" in run_aim("doctor", code=1).stdout
    os.chdir(Path(layout.root).parent)  # found from within as well
    assert "its VERSION file is missing" in run_aim("doctor", code=1, repo=None).stdout
    Path(layout.version_path).write_bytes(b"\xff\xfe")
    assert "it is not a number" in run_aim("doctor", code=1, repo=None).stdout
    assert "rewritten" in run_aim("doctor", "--repair", repo=None).stdout


def test_init_deletes_a_repo_without_a_version_only_once_it_is_repaired(
    run_aim: Aim, two_runs: tuple[str, str], layout: RepoLayout
) -> None:
    os.unlink(layout.version_path)
    assert "aim doctor --repair" in run_aim("init", "-y", code=1).stderr
    assert run_hashes(layout) == sorted(two_runs)
    run_aim("doctor", "--repair")
    assert "holds 2 runs" in run_aim("init", answer="n\n", code=1).stdout
    assert run_hashes(layout) == sorted(two_runs)
    run_aim("init", "-y")
    assert run_hashes(layout) == []


def test_prune_says_what_it_frees_asks_and_removes(run_aim: Aim, layout: RepoLayout, two_runs: tuple[str, str]) -> None:
    run_aim("runs", "rm", "first")
    old = Path(layout.closed, "2001-01-01")
    old.mkdir()
    (old / f"{two_runs[1]}.1-0123abcd").write_bytes(bytes(512))
    assert "would be freed" in run_aim("storage", "prune", "--dry-run").stdout
    run_aim("storage", "prune", answer="n\n", code=1)
    assert trashed_runs(layout) == [two_runs[0]] and old.exists()
    text = run_aim("storage", "prune", "-y").stdout
    assert "deleted runs: 1" in text and "days of markers older than 90 days: 1, 512 B" in text
    assert trashed_runs(layout) == [] and not old.exists()
    assert run_aim("storage", "prune").stdout == "Nothing to remove.\n"


def test_prune_keeps_recent_markers_and_fresh_temporary_files(
    run_aim: Aim, layout: RepoLayout, repo_path: Path
) -> None:
    record(repo_path)
    fresh, stale, foreign = (
        Path(layout.root, name) for name in ("config.json.7-0123abcd.tmp", "config.json.8-0123abcd.tmp", "not-ours.tmp")
    )
    for path in (fresh, stale, foreign):
        path.write_text("x")
    long_ago = time.time() - 3 * 86_400
    for path in (stale, foreign):
        os.utime(path, (long_ago, long_ago))
    Path(layout.trash).mkdir()
    Path(layout.trash, "letter.txt").write_text("x")
    result = run_aim("storage", "prune", "-y", "--json")
    assert [item["path"] for item in json.loads(result.stdout)["items"]] == [str(stale)]
    assert fresh.exists() and not stale.exists()
    assert foreign.exists() and Path(layout.trash, "letter.txt").exists()
    assert os.listdir(layout.closed) != []
