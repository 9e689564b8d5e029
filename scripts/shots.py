"""What `make screenshots` takes a picture of: every page and state of the UI, by name, with how to get there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aim

__all__ = ["Shot", "empty_shots", "gone_shots", "page_shots", "prepare"]

Page = Any
"""Playwright's, which is there only in the development environment."""


@dataclass(frozen=True)
class Shot:
    """A picture: its name, the address, and what is done on the page before it is taken."""

    name: str
    address: str
    act: Callable[[Page], None] | None = None


def prepare(repo_path: Path) -> None:
    """Runs that show what the demo's do not: one that failed, one that lost points, one that is empty, and so on."""
    with aim.Repo(repo_path) as repo:
        names = {run.name for run in repo.iter_runs()}
    if "nothing-yet" in names:
        return
    with aim.Run(repo=repo_path, experiment="states", name="nothing-yet"):
        pass
    for name in ("in-the-trash", "in-the-archive"):
        with aim.Run(repo=repo_path, experiment="states", name=name) as run:
            run.track_many("loss", [1.0, 0.5, 0.25])
    try:
        with aim.Run(repo=repo_path, experiment="states", name="went-wrong") as run:
            run["hparams"] = {"lr": 30.0, "precision": "bf16", "schedule": {"warmup": 100, "kind": "cosine"}}
            run.add_tag("baseline")
            run.description = (
                "Tries a **far too large** learning rate, to see what the loss ledger and the error look like.\n\n"
                "- with warm-up\n- in `bf16`\n"
            )
            run.track_many("loss", [2.0, 8.0, 64.0, float("nan")], context={"subset": "train"})
            raise FloatingPointError("loss is not finite at step 3")
    except FloatingPointError:
        pass
    with aim.Repo(repo_path) as repo:
        by_name = {run.name: run for run in repo.iter_runs()}
        by_name["in-the-archive"].archived = True
        repo.delete_run(by_name["in-the-trash"].hash)


def _hashes(repo_path: Path) -> dict[str, str]:
    from aim.storage.care.trash import trashed_run, trashed_runs
    from aim.storage.repo.repo_files import open_repo

    layout = open_repo(repo_path)
    with aim.Repo(repo_path) as repo:
        found = {run.name: run.hash for run in repo.iter_runs()}
        (best, *_) = repo.query_runs("'best' in run.tags")
        found["best"] = best.hash
        found["neighbour"] = next(h for name, h in found.items() if name.startswith("lr") and h != best.hash)
    return found | {trashed_run(layout, run_hash).name: run_hash for run_hash in trashed_runs(layout)}


def _button(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=re.compile(name)).first.click()


def _key(key: str) -> Callable[[Page], None]:
    return lambda page: page.keyboard.press(key)


def _select_two(page: Page) -> None:
    for at in (0, 1):
        page.get_by_role("rowheader").nth(at).locator("[data-check]").click()


def _write_note(page: Page) -> None:
    page.get_by_role("button", name="Add a note").click()
    page.get_by_role("textbox", name="Note, in Markdown").fill(
        "## What we learned\n\nThe wide one is **no better**:\n\n1. same accuracy\n2. twice the time\n"
    )


def _open_head(page: Page) -> None:
    head = page.locator("[role=columnheader][data-column$='lr']")
    head.hover()
    head.get_by_role("button").click()


def _hover_chart(page: Page) -> None:
    page.locator("[data-chart]").first.hover(position={"x": 220, "y": 60})


def page_shots(repo_path: Path) -> list[Shot]:
    """Over the demo's repo."""
    hashes = _hashes(repo_path)
    run = f"/runs/{hashes['best']}"
    found = {"q": "loss, accuracy if params.epochs == 30", "c": "params.lr", "y.loss": "log"}
    metrics = "/metrics?" + urlencode(found)
    grouped = {"q": "loss if params.epochs == 30", "c": "params.lr", "a": "mean:min-max"}
    return [
        Shot("home", "/"),
        Shot("home-headline", "/", _button("Headline metric of digits")),
        Shot("runs", "/runs?" + urlencode({"q": "params.epochs == 30"})),
        Shot("runs-selected", "/runs?" + urlencode({"q": "params.epochs == 30"}), _select_two),
        Shot("runs-columns", "/runs", _button("^Columns")),
        Shot("runs-heat", "/runs?" + urlencode({"q": "params.epochs == 30", "heat": "params.lr"}), _open_head),
        Shot("runs-export", "/runs", _button("^Export")),
        Shot("runs-grouped", "/runs?" + urlencode({"q": "params.epochs == 30", "g": "params.lr"})),
        Shot("metrics", metrics),
        Shot("metrics-hover", metrics, _hover_chart),
        Shot("metrics-groups", "/metrics?" + urlencode(grouped)),
        Shot("metrics-nothing", "/metrics?" + urlencode({**found, "x": "metric:nothing"})),
        Shot("metrics-axis", "/metrics?" + urlencode({**found, "x": "metric:accuracy"})),
        Shot("run", f"{run}?tab=metrics"),
        Shot("run-overview", run),
        Shot("run-params", f"{run}?tab=params"),
        Shot("run-params-json", f"{run}?tab=params&as=json"),
        Shot("run-params-differ", f"{run}?tab=params&vs={hashes['neighbour']}"),
        Shot("run-notes", f"{run}?tab=notes"),
        Shot("run-notes-edit", f"{run}?tab=notes", _write_note),
        Shot("run-metrics-none", f"{run}?tab=metrics&m=nothing"),
        Shot("run-failed", f"/runs/{hashes['went-wrong']}"),
        Shot("run-empty", f"/runs/{hashes['nothing-yet']}"),
        Shot("run-empty-params", f"/runs/{hashes['nothing-yet']}?tab=params"),
        Shot("run-empty-metrics", f"/runs/{hashes['nothing-yet']}?tab=metrics"),
        Shot("run-empty-notes", f"/runs/{hashes['nothing-yet']}?tab=notes"),
        Shot("run-archived", f"/runs/{hashes['in-the-archive']}"),
        Shot("run-deleted", f"/runs/{hashes['in-the-trash']}"),
        Shot("no-run", "/runs/" + 24 * "0"),
        Shot("no-run-near", "/runs/lr0.02"),
        Shot("no-match", "/runs?" + urlencode({"q": "params.lr > 500"})),
        Shot("no-match-metrics", "/metrics?" + urlencode({"q": "loss if params.lr > 500 and params.hidden == 64"})),
        Shot("bad-query", "/runs?" + urlencode({"q": "params.lr >"})),
        Shot("bad-address", "/metrics?sm=7&zzz=1"),
        Shot("no-page", "/nothing/here"),
        Shot("palette", "/runs", _key("Control+k")),
        Shot("keys", "/metrics", _key("?")),
        Shot("settings", "/", _button("^Settings")),
    ]


def empty_shots() -> list[Shot]:
    """Over a repo without runs, in this order."""

    def record(page: Page) -> None:
        page.get_by_role("button", name="Create demo data").click()
        page.get_by_text("The last one is still running").wait_for(timeout=60_000)

    return [
        Shot("first-start", "/"),
        Shot("first-start-runs", "/runs"),
        Shot("first-start-metrics", "/metrics"),
        Shot("demo-data", "/", record),
    ]


def gone_shots(run_hash: str, kill: Callable[[], None]) -> list[Shot]:
    """With a server that dies meanwhile; then nothing can be loaded any more, so there is one."""

    def die(page: Page) -> None:
        kill()
        page.get_by_text("Server not reachable").wait_for(timeout=30_000)
        page.get_by_role("button", name="Rename").click()
        page.get_by_role("textbox", name="Name").fill("renamed without a server")
        page.keyboard.press("Enter")
        page.get_by_role("region", name="Changes not sent").locator("summary").click()

    return [Shot("server-gone", f"/runs/{run_hash}", die)]
