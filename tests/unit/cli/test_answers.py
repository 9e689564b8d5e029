"""Which run is best, in what do runs differ: answers of the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aim
from tests.unit.cli.support import Aim

JsonLines = Callable[..., list[Any]]


@pytest.fixture
def sweep(repo_path: Path) -> dict[str, str]:
    """Hashes by name: "a" reaches the lowest loss but ends high, "b" is in between, "c" has no val loss."""
    hashes = {}
    for name, lr, losses in (("a", 0.1, [0.5, 0.1, 0.9]), ("b", 0.01, [0.6, 0.4, 0.3]), ("c", 0.001, [])):
        with aim.Session(repo=repo_path, experiment="sweep", run=name) as session:
            session.set_params({"lr": lr, "optimizer": "sgd"})
            session.track(1.0, name="loss", subset="train")
            for loss in losses:
                session.track(loss, name="loss", subset="val")
                session.track(1 - loss, name="eval/acc")
                session.track(loss, name="gap")
        hashes[name] = session.run_hash
    return hashes


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--sort", "min loss.val"], "abc"),
        (["--sort", "loss.val"], "bac"),
        (["--sort", "best eval/acc", "--reverse"], "abc"),
        (["--sort", "lr"], "cba"),
        (["--sort", "params.lr", "-r"], "abc"),
        (["--sort", "optimizer,name", "--reverse"], "cba"),
        (["--sort", "last(loss.val) - last(loss.train)"], "bac"),
        (["--reverse"], "abc"),
        (["--sort", "name", "-n", "2"], "ab"),
        (["params.lr > 0.005", "--sort", "lr"], "ba"),
    ],
)
def test_ls_sorts(arguments: list[str], names: str, json_lines: JsonLines, sweep: dict[str, str]) -> None:
    assert "".join(run["name"] for run in json_lines("runs", "ls", *arguments)) == names


def test_sort_column_is_shown_beside_the_name(run_aim: Aim, sweep: dict[str, str]) -> None:
    head, first, *_ = run_aim("runs", "ls", "--sort", "min loss.val").stdout.splitlines()
    assert "  min loss.val  " in head and first.split()[1:3] == ["a", "0.1"]


def test_columns_are_those_that_are_asked_for(run_aim: Aim, json_lines: JsonLines, sweep: dict[str, str]) -> None:
    columns = "name,lr,min loss.val,count loss.train"
    lines = run_aim("runs", "ls", "--columns", columns, "--sort", "name").stdout.splitlines()
    assert [line.split()[1:] for line in lines[1:]] == [
        ["a", "0.1", "0.1", "1"],
        ["b", "0.01", "0.3", "1"],
        ["c", "0.001", "-", "1"],
    ]
    (shown,) = json_lines("runs", "ls", "run.name == 'a'", "--columns", columns)
    assert shown["columns"] == {"name": "a", "lr": 0.1, "min loss.val": 0.1, "count loss.train": 1}
    assert {"name": "loss", "context": {"subset": "val"}, "last": 0.9} in shown["metrics"]


@pytest.mark.parametrize(
    ("column", "said"),
    [("nothing", "no run has"), ("min loss", "loss.train, loss.val"), ("best gap", "say min or max")],
)
def test_column_that_cannot_be_one_is_told(column: str, said: str, run_aim: Aim, sweep: dict[str, str]) -> None:
    assert said in run_aim("runs", "ls", "--columns", column, code=1).stderr


def test_csv_has_params_and_metrics(run_aim: Aim, sweep: dict[str, str], tmp_path: Path) -> None:
    text = run_aim("runs", "ls", "--csv", "--sort", "name", "--columns", "min loss.val").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["name"], row["hash"]) for row in rows] == list(sweep.items())
    lr, last, low = rows[0]["params.lr"], rows[0]["loss(subset=val).last"], rows[0]["loss(subset=val).min"]
    assert (float(lr), float(last), float(low)) == (0.1, 0.9, 0.1)
    assert rows[2]["loss(subset=val).last"] == ""
    file = tmp_path / "runs.csv"
    assert "3 runs written" in run_aim("runs", "ls", "-o", str(file)).stderr
    assert len(list(csv.DictReader(file.open(newline="")))) == 3


def test_best_knows_the_direction_by_the_name_or_is_told(
    run_aim: Aim, json_lines: JsonLines, sweep: dict[str, str]
) -> None:
    found = json_lines("runs", "best", "loss.val")
    assert [(one["name"], one["value"], one["goal"]) for one in found] == [("a", 0.1, "min"), ("b", 0.3, "min")]
    assert json_lines("runs", "best", "eval/acc", "-n", "1")[0]["value"] == 0.9
    assert [one["name"] for one in json_lines("runs", "best", "loss.val", "params.lr < 0.05")] == ["b"]
    assert "--min or --max" in run_aim("runs", "best", "gap", code=2).stderr
    assert json_lines("runs", "best", "gap", "--max")[0]["value"] == 0.9
    assert run_aim("runs", "best", "loss.val").stdout.splitlines()[1].split()[1:3] == ["a", "0.1"]


def test_best_shows_the_params_in_which_the_best_differ_from_the_others(run_aim: Aim, repo_path: Path) -> None:
    for lr, seed in ((0.3, 0), (0.3, 1), (0.1, 0)):
        with aim.Session(repo=repo_path, run=f"{lr} {seed}") as session:
            session.set_params({"lr": lr, "seed": seed})
            session.track(1 - lr - seed / 100, "loss")
    rows = run_aim("runs", "best", "loss", "-n", "2").stdout.splitlines()[1:3]
    assert all("lr=0.3" in row for row in rows)


def test_diff_shows_what_differs_and_counts_what_is_equal(
    run_aim: Aim, json_lines: JsonLines, sweep: dict[str, str]
) -> None:
    text = run_aim("runs", "diff", "a", "b").stdout
    assert "params.lr" in text and "optimizer" not in text
    assert "Equal, and not shown: 1 param and the last values of 1 metric" in text
    (found,) = json_lines("runs", "diff", "a", "b", "c")
    assert found["params"] == [{"path": "params.lr", "values": [0.1, 0.01, 0.001], "present": [True] * 3}]
    (val,) = (one for one in found["metrics"] if one["context"] == "subset=val")
    assert (val["values"], val["present"]) == ([0.9, 0.3, None], [True, True, False])
    run_aim("runs", "diff", "a", code=2)


def test_rename_tag_note_and_describe(run_aim: Aim, repo_path: Path, sweep: dict[str, str]) -> None:
    run_aim("runs", "rename", "a", "winner")
    run_aim("runs", "tag", "winner", "b", "--add", "keep", "--add", "paper")
    run_aim("runs", "tag", "b", "--remove", "paper")
    note = run_aim("runs", "note", "winner", "**why**").stdout.strip()
    run_aim("runs", "describe", "winner", "the one")
    with aim.Repo(repo_path) as repo:
        run = repo.get_run(sweep["a"])
        assert (run.name, run.tags, run.description) == ("winner", ["keep", "paper"], "the one")
        assert [(one.id, one.text) for one in run.notes] == [(note, "**why**")]
        assert repo.get_run("b").tags == ["keep"]
    run_aim("runs", "note", "winner", "", "--replace", note)
    run_aim("runs", "note", "winner", "x", "--replace", "nope", code=2)
    with aim.Repo(repo_path) as repo:
        assert repo.get_run("winner").notes == []
    assert "1 other run" in run_aim("runs", "rename", "b", "winner").stderr
    run_aim("runs", "tag", "c", code=2)


@pytest.mark.parametrize("command", ["rm", "mv", "archive", "tag"])
def test_query_says_the_number_and_asks_before_anything_is_done(
    command: str, run_aim: Aim, json_lines: JsonLines, sweep: dict[str, str], tmp_path: Path
) -> None:
    more = {"mv": ["--to", str(tmp_path / "other")], "tag": ["--add", "x"]}.get(command, [])
    query = ["--query", "run.loss.val.last > 0.2"]
    assert "2 runs" in run_aim("runs", command, *query, *more, answer="n\n", code=1).stderr
    before = json_lines("runs", "ls")
    assert len(before) == 3 and not any(run["tags"] for run in before)
    run_aim("runs", command, *query, *more, "-y")
    after = json_lines("runs", "ls")
    assert [run["name"] for run in after if not run["tags"]] == ["c"]


def test_unarchive_by_query_finds_the_archived(run_aim: Aim, json_lines: JsonLines, sweep: dict[str, str]) -> None:
    run_aim("runs", "archive", "a", "b")
    run_aim("runs", "unarchive", "-y", "--query", "params.lr == 0.1")
    assert {run["name"] for run in json_lines("runs", "ls")} == {"a", "c"}


def test_query_in_the_place_of_a_run_is_noticed(run_aim: Aim, sweep: dict[str, str]) -> None:
    assert "--query" in run_aim("runs", "rm", "isnan(run.loss.val.last)", code=3).stderr
    run_aim("runs", "rm", code=2)
    run_aim("runs", "rm", "a", "--query", "params.lr > 0", code=2)


def test_address_of_another_machine_is_refused(run_aim: Aim, sweep: dict[str, str], tmp_path: Path) -> None:
    for address in ("user@laptop:repo", "laptop:work/repo"):
        assert "another machine" in run_aim("runs", "cp", "a", "--to", address, code=2).stderr


def test_query_sorts_and_its_csv_has_params(run_aim: Aim, json_lines: JsonLines, sweep: dict[str, str]) -> None:
    def names(*arguments: str) -> str:
        return "".join(one["name"] for one in json_lines("query", "loss if context.subset == val", *arguments))

    assert (names("--sort", "last"), names("--sort", "lr"), names("--sort", "min")) == ("ba", "ba", "ab")
    assert names("--sort", "run", "--reverse") == "ba"
    assert "cannot sort by" in run_aim("query", "loss", "--sort", "nope", code=2).stderr
    rows = list(csv.DictReader(io.StringIO(run_aim("query", "gap", "--csv").stdout)))
    assert [(row["run_name"], row["params.lr"], row["params.optimizer"]) for row in rows] == [
        ("a", "0.1", "sgd"),
        ("b", "0.01", "sgd"),
    ]


def test_query_without_a_query_shows_the_first_and_says_so(run_aim: Aim, repo_path: Path) -> None:
    with aim.Session(repo=repo_path) as session:
        for i in range(60):
            session.track(1.0, name=f"m{i}")
    shown = run_aim("query")
    assert "50 sequences (of 60)" in shown.stdout and "the first 50 are shown" in shown.stderr
    assert "60 sequences" in run_aim("query", "-n", "60").stdout
    assert len(run_aim("query", "--csv").stdout.splitlines()) == 61


def test_ls_reads_tensorboard_logs_in_place(run_aim: Aim, tmp_path: Path) -> None:
    from tests.unit.importers.event_bytes import scalar, write_records

    (tmp_path / "logs" / "first").mkdir(parents=True)
    write_records(tmp_path / "logs" / "first" / "events.out.tfevents.1.host", [scalar("loss", 0.5, 1)])
    assert "first" in run_aim("runs", "ls", "--tf_logs", str(tmp_path / "logs"), repo=None).stdout
