"""What a page shows is what was recorded: whole numbers of any length, and what is made from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch
from tests.e2e.test_table import open_menu

SEEDS = (2**53 + 1, 2**53 + 2, 204395617283746192837461928374619)


def test_long_integers_have_their_digits_in_cells_filters_and_params(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]
) -> None:
    hashes = []
    for seed in SEEDS:
        with aim.Run(repo=repo) as run:
            run["hparams"] = {"seed": seed, "seeds": [seed]}
            run.track(1.0, name="loss", step=seed % 2**53, context={"seed": seed})
            hashes.append(run.hash)
    url = serve(repo, "--read-only").url
    page.goto(f"{url}/runs?col=hparams.seed&col=hparams.seeds")
    for seed in SEEDS:
        expect(page.get_by_role("gridcell", name=str(seed), exact=True)).to_be_visible()
        expect(page.get_by_role("gridcell", name=f"[{seed}]", exact=True)).to_be_visible()
    menu = open_menu(page, "hparams.seed")
    menu.get_by_role("button", name="Histogram of values").click()
    menu.get_by_role("button", name=re.compile(rf"^Filter to {SEEDS[0]}: 1 runs$")).click()
    expect(page.locator("header")).to_contain_text(re.compile(r"Runs\s*1 of 3 runs"))
    expect(page.get_by_label("Query", exact=True)).to_have_value(f"params.seed == {SEEDS[0]}")
    page.goto(f"{url}/runs/{hashes[2]}?tab=params&as=json")
    expect(page.get_by_role("tabpanel")).to_contain_text(f'"seed": {SEEDS[2]}')
    page.goto(f"{url}/metrics?q=loss")
    expect(page.get_by_role("region", name=f"loss · seed={SEEDS[1]}")).to_be_visible()
