"""What the first page says of runs is what `aim.Repo` has of them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

import aim
from tests.e2e.support import Server, Watch, findings

TOTAL = 1099
PACE_S = 30.0


def _record(repo: Path, name: str, values: list[float], experiment: str = "digits", tag: str = "") -> str:
    with aim.Run(repo=repo, experiment=experiment, name=name) as run:
        if tag:
            run.add_tag(tag)
        run.track_many("loss", values, context={"subset": "val"})
    return run.hash


def _spoken(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min"


def test_home_says_what_the_repo_has(page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]) -> None:
    _record(repo, "old", [0.9, 0.5, 0.7])
    seen = time.time()
    dipped = _record(repo, "dipped", [0.8, 0.25, 0.375], tag="baseline-with-a-name-that-is-long")
    _record(repo, "undeclared", [0.4, 0.3], experiment="other")
    with pytest.raises(ZeroDivisionError), aim.Run(repo=repo, experiment="digits", name="broken"):
        raise ZeroDivisionError
    with aim.Run(repo=repo, experiment="digits", name="at-work") as run:
        run["hparams"] = {"max_steps": TOTAL}
        values = [1.0 - step / 200 for step in range(100)]
        times = [time.time() - PACE_S * (99 - step) for step in range(100)]
        run.track_many("loss", values, times=times, context={"subset": "val"})
        url = serve(repo).url
        page.add_init_script(
            "localStorage.getItem('aim.home.visits') ||"
            f" localStorage.setItem('aim.home.visits', JSON.stringify({{since: {seen}, seen: {time.time()}}}))"
        )
        page.goto(url + "/")
        rows = {name: page.locator("a", has_text=name) for name in ("at-work", "dipped", "old", "undeclared")}
        active, recent = rows["at-work"].first, {name: row.last for name, row in rows.items()}

        # nothing is called the best before a direction is declared, whatever the metric's name suggests
        expect(recent["dipped"]).to_contain_text("0.3750")
        assert page.get_by_text(re.compile(r"\bbest\b")).count() == 0
        page.get_by_role("button", name="Headline metric of digits").click()
        page.get_by_role("menuitemradio", name="loss subset=val").click()
        page.get_by_role("button", name="Headline metric of digits").click()
        page.get_by_role("menuitemradio", name="Lower is better").click()
        expect(page.get_by_text("loss subset=val ↓")).to_be_visible()
        config = json.loads((repo / ".aim" / "config.json").read_text())
        assert config["headlines"]["digits"] == {"name": "loss", "context": {"subset": "val"}, "goal": "min"}

        with aim.Repo(repo) as data:
            by_name = {found.name: found for found in data.iter_runs()}
            arrays = {
                name: found.get_metric("loss", {"subset": "val"}).values
                for name, found in by_name.items()
                if name not in ("broken", "undeclared")
            }
        best = min(values.min() for values in arrays.values())
        # of the run at work: its last value, and how far that is from the best that another run reached
        expect(active).to_contain_text(f"{arrays['at-work'][-1]:.3g}")
        expect(active).to_contain_text(f"+{arrays['at-work'][-1] - best:.3g}")
        expect(active).to_contain_text(f"99 / 1\u2009099{_spoken((TOTAL - 99) * PACE_S)} left")
        # the best one, whose best value is not its last
        expect(recent["dipped"]).to_contain_text(f"best {best}")
        for name in ("old", "undeclared"):
            expect(recent[name]).not_to_contain_text("best")

        ended = [found for found in by_name.values() if found.ended_at is not None and found.ended_at >= int(seen)]
        line = page.get_by_role("region", name="Since your last visit")
        expect(line).to_contain_text(f"{len([r for r in ended if r.ended_at >= seen])} runs ended")
        failed = [found for found in ended if found.status in ("failed", "crashed")]
        expect(line).to_contain_text(f"{len(failed)} failed")
        new = line.get_by_role("link", name="1 new best")
        expect(new).to_have_attribute("href", re.compile(dipped))
        asked = parse_qs(urlsplit(line.get_by_role("link", name="Show these runs").get_attribute("href") or "").query)
        (moment,) = re.findall(r'datetime\("(.*)"\)', asked["q"][0])
        assert datetime.fromisoformat(moment).timestamp() == int(seen)
        assert findings(page) == []

        # the grouping is in the address, and goes back by undo
        page.get_by_role("button", name="Group none").click()
        page.get_by_role("menuitemradio", name="By experiment").click()
        expect(page).to_have_url(url + "/?g=experiment")
        expect(page.get_by_role("heading", level=3)).to_have_text(["digits", "other"])
        page.keyboard.press("Control+z")
        expect(page).to_have_url(url + "/")

        # a narrow window: no text of a row lies over another
        page.set_viewport_size({"width": 640, "height": 800})
        assert _overprints(page) == []
        page.set_viewport_size({"width": 2560, "height": 1000})
        main, aside = page.locator("main").bounding_box(), page.get_by_text("This repo").bounding_box()
        assert main and aside and aside["x"] + 400 > main["x"] + main["width"]


def _overprints(page: Page) -> list[str]:
    """Texts of one row that lie over each other."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll('[data-run] > a')].flatMap((row) => {
              const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT), boxes = []
              while (walker.nextNode()) {
                const range = document.createRange()
                range.selectNodeContents(walker.currentNode)
                const { x, y, width, height } = range.getBoundingClientRect()
                const box = walker.currentNode.parentElement.getBoundingClientRect()
                const right = Math.min(x + width, box.right)
                if (right > x && height > 0)
                  boxes.push({ x, y, right, bottom: y + height, text: walker.currentNode.data })
              }
              return boxes.flatMap((a, i) => boxes.slice(i + 1)
                .filter((b) => a.x < b.right - 1 && b.x < a.right - 1 && a.y < b.bottom - 4 && b.y < a.bottom - 4)
                .map((b) => `${a.text} | ${b.text}`))
            })"""
        )
    )
