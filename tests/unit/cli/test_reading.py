"""query, export, watch."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aim
from aim.schema.jsonvalues import unescape_floats
from tests.unit.cli.support import Aim, record, run_process

JsonLines = Callable[..., list[Any]]
TRAIN = [1.0, 0.5, 1 / 3, 0.25, 0.2]


def test_query_prints_a_table(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    text = run_aim("query", "loss if context.subset == train and params.lr > 0.01").stdout
    head, row, foot = text.splitlines()
    assert head.split()[:4] == ["RUN", "NAME", "PARAMS", "METRIC"]
    assert row.split()[:9] == [
        two_runs[0][:8],
        "first",
        "lr=0.1",
        "optimizer=sgd",
        "loss",
        "subset=train",
        "5",
        "4",
        "0.2",
    ]
    assert foot == "1 sequence of 1 run"


def test_query_json_has_all_points(json_lines: JsonLines, two_runs: tuple[str, str]) -> None:
    (found,) = json_lines("query", "loss if context.subset == val and run.name == 'first'")
    times = found.pop("times")
    assert found == {
        "hash": two_runs[0],
        "name": "first",
        "run": two_runs[0],
        "run_name": "first",
        "experiment": "default",
        "params": {"params": {"lr": 0.1, "optimizer": "sgd"}},
        "metric": "loss",
        "context": {"subset": "val"},
        "steps": [0, 1, 2, 3, 4],
        "epochs": [0.0, 1.0, 2.0, 3.0, 4.0],
        "values": [2 * value for value in TRAIN],
    }
    assert times == sorted(times)


def test_query_computes_an_expression(run_aim: Aim, json_lines: JsonLines, two_runs: tuple[str, str]) -> None:
    (found,) = json_lines("query", "run.name == 'first'", "--expr", "loss.val - loss.train")
    assert (found["metric"], found["context"], found["values"]) == ("loss.val - loss.train", {}, TRAIN)
    assert run_aim("query", "--expr", "loss.val").stdout.splitlines()[-1] == "2 sequences of 2 runs"
    failed = run_aim("query", "--expr", "1 - los", code=2)
    assert "(line 1, column 5); did you mean loss?" in failed.stderr


def test_query_csv_and_limit(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run_aim("query", "loss", "--csv").stdout)))
    assert len(rows) == 4
    assert {row["last"] for row in rows} == {"0.2", "0.4"}
    assert "2 sequences (of 4)" in run_aim("query", "loss", "-n", "2").stdout


def test_query_csv_and_json_exclude_each_other(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    assert "exclude each other" in run_aim("query", "loss", "--csv", "--json", code=2).stderr


def test_texts_of_csv_are_no_formulas_unless_asked_for_as_they_are(run_aim: Aim, repo_path: Path) -> None:
    with aim.Session(repo=repo_path, run="=1+2", experiment="@sum") as session:
        session.track(-1.5, name="-loss", subset="=x")

    def row(*arguments: str) -> dict[str, str]:
        (found,) = csv.DictReader(io.StringIO(run_aim(*arguments).stdout))
        return found

    for command in (("query", "--csv"), ("export",)):
        safe, exact = row(*command), row(command[0], "--csv-exact")
        assert [safe[key] for key in ("run_name", "experiment", "metric")] == ["'=1+2", "'@sum", "'-loss"]
        assert [exact[key] for key in ("run_name", "experiment", "metric")] == ["=1+2", "@sum", "-loss"]
        assert "-1.5" in safe.values() and "subset" in safe["context"]
    assert "always exact" in run_aim("export", "--csv-exact", "--format", "jsonl", code=2).stderr


def test_values_that_differ_by_little_are_told_apart_in_tables(run_aim: Aim, repo_path: Path) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track_many("loss", [1e9, 1e9 - 0.002, 1e9 + 0.001], steps=[0, 1, 12_345_678])
    row = run_aim("query", "loss").stdout.splitlines()[1].split()
    assert row[-5:-1] == ["12345678", "1000000000.001", "999999999.998", "1000000000.001"]
    assert "1000000000.001" in run_aim("runs", "show", session.run_hash).stdout


def test_every_command_that_takes_a_query_says_why_it_may_have_found_nothing(
    run_aim: Aim, two_runs: tuple[str, str]
) -> None:
    assert "Hint: no run has params.lrr; did you mean params.lr?" in run_aim("runs", "ls", "params.lrr > 0").stderr
    assert "did you mean loss?" in run_aim("query", "los").stderr
    assert "did you mean loss?" in run_aim("export", "los").stderr
    assert "did you mean loss?" in run_aim("watch", "los").stdout


def test_columns_sets_the_width_of_a_table_that_is_piped(
    run_aim: Aim, repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(repo_path, name="n" * 100)
    assert max(map(len, run_aim("runs", "ls").stdout.splitlines())) > 120
    monkeypatch.setenv("COLUMNS", "90")
    assert max(map(len, run_aim("runs", "ls").stdout.splitlines())) <= 90


def test_query_that_is_no_aimql_is_wrong_usage(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    assert "column" in run_aim("query", "loss if params.lr >", code=2).stderr


def test_query_without_an_answer(run_aim: Aim, json_lines: JsonLines, two_runs: tuple[str, str]) -> None:
    assert run_aim("query", "nothing_of_the_kind").stdout == "No sequences.\n"
    assert json_lines("query", "nothing_of_the_kind") == []


def test_nan_and_infinities_survive_json_and_are_drawn(run_aim: Aim, json_lines: JsonLines, repo_path: Path) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track_many("loss", [1.0, math.nan, math.inf, -math.inf])
    (found,) = json_lines("query", "loss")
    assert str(unescape_floats(found["values"])) == "[1.0, nan, inf, -inf]"
    assert "·" in run_aim("query", "loss").stdout
    assert "NaN or infinite" in run_aim("watch").stdout


def test_export_csv_reads_back_exactly(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    result = run_aim("export", "loss if context.subset == train and run.name == 'first'")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [float(row["value"]) for row in rows] == TRAIN
    assert {(row["run"], row["context"], row["epoch"]) for row in rows} == {(two_runs[0], '{"subset": "train"}', "")}


def test_export_writes_json_lines_to_a_file(run_aim: Aim, tmp_path: Path, two_runs: tuple[str, str]) -> None:
    path = tmp_path / "points.jsonl"
    assert "20 points of 4 sequences" in run_aim("export", "-o", str(path)).stderr
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == 20
    first = next(row for row in rows if row["run"] == two_runs[1] and row["context"] == {"subset": "val"})
    del first["time"]
    assert first == {
        "run": two_runs[1],
        "run_name": "second",
        "experiment": "default",
        "metric": "loss",
        "context": {"subset": "val"},
        "step": 0,
        "epoch": 0.0,
        "value": 2.0,
    }


def test_watch_prints_one_frame_where_there_is_no_terminal(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    text = run_aim("watch").stdout
    assert "latest run, second: 2 sequences of 1 run" in text
    assert "train 0.2" in text and "val 0.4" in text
    assert any("\u2800" < character <= "\u28ff" for character in text)
    assert "\x1b" not in text


def test_watch_shows_live_runs_first(run_aim: Aim, repo_path: Path, two_runs: tuple[str, str]) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track(3.5, name="speed")
        text = run_aim("watch").stdout
    assert "live: 1 sequence of 1 run" in text and "speed" in text


def test_watch_takes_a_query(run_aim: Aim, two_runs: tuple[str, str]) -> None:
    text = run_aim("watch", "loss if context.subset == train").stdout
    assert "2 sequences of 2 runs" in text
    assert "first train 0.2" in text and "second train 0.2" in text
    assert "No sequences." in run_aim("watch", "nothing").stdout


def test_watch_of_nothing_but_nan(run_aim: Aim, repo_path: Path) -> None:
    with aim.Session(repo=repo_path) as session:
        session.track(math.nan, name="loss")
    text = run_aim("watch").stdout
    assert "(only NaN and infinite values)" in text and "no points" not in text


def test_watch_of_an_empty_repo(run_aim: Aim) -> None:
    run_aim("init")
    assert "Nothing recorded yet." in run_aim("watch").stdout


def test_watch_on_a_terminal_redraws_until_interrupted_and_restores_the_screen(tmp_path: Path) -> None:
    record(tmp_path, name="one")
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).parent / "aim"), "watch", "--interval", "0.1"]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while seen.count(b"\x1b[H") < 3:  # three frames
            seen += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            seen += data
    finally:
        process.kill()
        code = process.wait()
        os.close(ours)
    assert code == 0
    assert b"latest run, one" in seen
    assert seen.rstrip().endswith(b"\x1b[?1049l")


def test_real_process_query_as_the_demo_asks_it(tmp_path: Path) -> None:
    record(tmp_path, name="one", lr=0.01)
    query = "loss if context.subset == train and params.lr > 0.001"
    done = run_process("query", query, "--json", cwd=tmp_path)
    assert [json.loads(line)["values"] for line in done.stdout.splitlines()] == [TRAIN]
    assert done.stderr == ""


def test_query_reads_tensorboard_logs_in_place_without_a_repo(
    run_aim: Aim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.importers.event_bytes import record as as_record
    from tests.unit.importers.event_bytes import scalar

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "logs" / "run"
    folder.mkdir(parents=True)
    data = as_record(scalar("train/loss", 0.25, 3))
    (folder / "events.out.tfevents.1.host").write_bytes(data + b"garbage" * 9 + as_record(scalar("train/loss", 0.5, 4)))
    result = run_aim("query", "--tf_logs", str(tmp_path / "logs"), "tf:loss", repo=None)
    assert "train/loss" in result.stdout
    assert "1 sequence of 1 run" in result.stdout
    assert f"no record starts here at byte {len(data)}; 63 bytes were skipped" in result.stderr
    nowhere = run_aim("query", "--tf_logs", str(tmp_path / "nowhere"), "tf:loss", repo=None, code=1)
    assert "does not exist" in nowhere.stderr
