"""What a table of runs shows where there is little room, and which params."""

from __future__ import annotations

from pathlib import Path

import pytest

import aim
from aim.cli.differing import describe_differences, mentioned_params
from aim.cli.output import cell_width, table_lines
from tests.unit.cli.support import Aim, record

SWEEP = [{"params": {"lr": lr, "seed": seed}} for lr in (0.1, 0.01) for seed in (0, 1)]
TUNED = [{"params": {"model": {"name": "llama", "dtype": "bf16"}, "optim": {"lr": lr}}} for lr in (1e-4, 1e-5)]


def test_params_differ_within_an_experiment_and_a_missing_one_is_no_difference() -> None:
    groups = ["sweep"] * 4 + ["sft"] * 2
    assert describe_differences([*SWEEP, *TUNED], groups) == [
        "lr=0.1 seed=0",
        "lr=0.1 seed=1",
        "lr=0.01 seed=0",
        "lr=0.01 seed=1",
        "lr=0.0001",
        "lr=1e-05",
    ]


def test_run_that_is_alone_in_its_experiment_shows_what_tells_it_from_the_others() -> None:
    assert describe_differences([{"p": {"lr": 0.1}}, {"p": {"lr": 0.2}}], ["a", "b"]) == ["lr=0.1", "lr=0.2"]


def test_one_run_shows_its_best_known_params() -> None:
    assert describe_differences([{"params": {"zeta": 1, "lr": 0.1, "batch_size": 8}}]) == ["lr=0.1 batch_size=8 zeta=1"]


def test_param_that_the_query_mentions_is_shown_even_if_all_runs_have_the_same() -> None:
    mentioned = mentioned_params("params.model.dtype == 'params.no' and run.params.r > 1 or tags")
    assert mentioned == ("model.dtype", "r")
    assert describe_differences(TUNED, mentioned=mentioned) == ["dtype=bf16 lr=0.0001", "dtype=bf16 lr=1e-05"]


def test_name_and_status_are_whole_where_others_can_be_cut() -> None:
    row = ("0123abcd", "sft lr 1e-4 bs 16", "llama-sft-long", "finished", "14:03", "x" * 80)
    head = ("RUN", "NAME", "EXPERIMENT", "STATUS", "CREATED", "PARAMS")
    line = table_lines(head, [row], width=80)[1]
    assert cell_width(line) == 80
    assert "sft lr 1e-4 bs 16  " in line and "  finished  14:03  " in line


def test_long_name_in_a_file_does_not_push_the_other_rows_aside() -> None:
    lines = table_lines(("NAME", "N"), [("n" * 300, "1"), ("short", "2")])
    assert lines[1] == "n" * 300 + "  1"
    assert cell_width(lines[2]) < 70


def test_created_has_no_seconds_where_there_is_little_room(
    run_aim: Aim, repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_hash = record(repo_path, name="first")
    assert run_aim("runs", "ls").stdout.count(":") == 2
    monkeypatch.setenv("COLUMNS", "80")
    lines = run_aim("runs", "ls").stdout.splitlines()
    assert lines[1].count(":") == 1 and run_hash[:8] in lines[1]


def test_archived_runs_are_marked(run_aim: Aim, repo_path: Path) -> None:
    record(repo_path, name="first")
    run_aim("runs", "archive", "first")
    assert "finished (archived)" in run_aim("runs", "ls", "-a").stdout


def test_show_prints_notes_and_description_and_cuts_long_params(run_aim: Aim, repo_path: Path) -> None:
    with aim.Session(repo=repo_path, run="first") as session:
        session.set_params({"ids": list(range(100_000)), "text": "t" * 10_000, **{f"p{i}": i for i in range(300)}})
    with aim.Repo(repo_path) as repo:
        run = repo.get_run("first")
        run.description = "tried\nagain"
        run.add_note("# Diverged\nat 1,700")
    text = run_aim("runs", "show", "first").stdout
    assert "description tried\n              again" in text
    assert "  # Diverged\n  at 1,700" in text
    assert "… (100,000 items; --all shows them)" in text and "… (10,000 characters; --all shows them)" in text
    assert "and 102 more; --all shows them" in text
    assert max(map(len, text.splitlines())) < 300
    assert "99998, 99999]" in run_aim("runs", "show", "first", "--all").stdout


def test_show_as_json_has_notes_and_description(run_aim: Aim, json_lines, repo_path: Path) -> None:  # type: ignore[no-untyped-def]
    record(repo_path, name="first")
    with aim.Repo(repo_path) as repo:
        run = repo.get_run("first")
        run.description = "why"
        note = run.add_note("text")
    (shown,) = json_lines("runs", "show", "first")
    assert shown["description"] == "why"
    assert [(one["id"], one["text"]) for one in shown["notes"]] == [(note, "text")]
