"""A run has one colour: in tables, on Home, on its page and in the pixels of charts, however the tables are sorted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, settle

LEVELS = {"calm-heron": 1.0, "brisk-otter": 2.0, "pale-comet": 3.0, "odd-lynx": 4.0, "warm-cedar": 5.0}
"""Flat lines, each at a value of its own: their pixels are found without a guess."""
RATES = (1e-5, 3e-5, 1e-4, 1e-3, 1e-2)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs that differ in their level and in their learning rate."""
    path = tmp_path_factory.mktemp("colour")
    for (name, level), rate in zip(LEVELS.items(), RATES, strict=True):
        with aim.Run(repo=path, experiment="flat", name=name) as run:
            run["hparams"] = {"lr": rate}
            run.track_many("loss", [level] * 50)
    return path


@pytest.fixture(scope="module")
def url(repo: Path, browser: Browser) -> Iterator[str]:
    server = Server(repo, "--read-only").start()
    yield server.url
    server.stop()


def swatch(place: Locator) -> str:
    """The colour of the swatch beside a name."""
    return str(
        place.locator("[class*=swatch]").first.evaluate(
            """(e) => {
              const text = getComputedStyle(e).backgroundColor
              if (!text.startsWith('color(srgb')) return text
              return `rgb(${text.match(/[\\d.]+/g).map((n) => Math.round(n * 255)).join(', ')})`
            }"""
        )
    )


def colours(page: Page) -> dict[str, str]:
    """By name, the colours of the rows that are shown."""
    found = {}
    for name in LEVELS:
        row = page.locator("[data-run]").filter(has_text=name).first
        expect(row).to_be_visible()
        found[name] = swatch(row)
    return found


def pixels(plot: Locator) -> dict[str, str]:
    """By name, the colour in the middle of each flat line."""
    found = {}
    for name, level in LEVELS.items():
        found[name] = plot.evaluate(
            """(plot, value) => {
              const canvas = plot.querySelector('canvas')
              const [left, top, width, height, , , y0, y1] = plot.dataset.plot.split(' ').map(Number)
              const scale = canvas.width / plot.clientWidth
              const x = Math.round((left + width / 2) * scale)
              const y = Math.round((top + height * (1 - (value - y0) / (y1 - y0))) * scale)
              const { data } = canvas.getContext('2d').getImageData(x, y - 2, 1, 5)
              // The line is the pixel that is farthest from the background.
              let best = 0
              const part = (i, k) => Math.abs(data[i + k] - data[k])
              const distance = (i) => part(i, 0) + part(i, 1) + part(i, 2)
              for (let i = 4; i < data.length; i += 4) if (distance(i) > distance(best)) best = i
              return `rgb(${data[best]}, ${data[best + 1]}, ${data[best + 2]})`
            }""",
            level,
        )
    return found


def is_near(drawn: str, own: str) -> bool:
    """Lines have soft edges: a flat one between two pixels has up to a third of the white behind it."""
    a, b = (np.asarray([int(n) for n in re.findall(r"\d+", text)[:3]], float) for text in (drawn, own))
    share = float((a - b) @ (255 - b) / ((255 - b) @ (255 - b)))
    return -0.02 <= share <= 1 / 3 and bool(np.abs(b + share * (255 - b) - a).max() <= 8)


def test_a_run_has_one_colour_everywhere(page: Page, watch: Watch, url: str, repo: Path) -> None:
    page.goto(f"{url}/runs")
    settle(page, watch)
    own = colours(page)
    assert len(set(own.values())) == len(LEVELS), "runs that began one after the other differ"
    page.goto(f"{url}/runs?q={quote('lr >= 1e-4')}&sort=name")
    few = page.locator("[data-run]").filter(has_text="warm-cedar").first
    expect(few).to_be_visible()
    assert swatch(few) == own["warm-cedar"]
    page.goto(url)
    settle(page, watch)
    assert colours(page) == own
    page.goto(f"{url}/metrics?q=loss")
    plot = chart(page, "loss")
    settle(page, watch)
    assert colours(page) == own
    drawn = pixels(plot)
    assert [name for name in LEVELS if not is_near(drawn[name], own[name])] == []
    # Its page has it, too, and there it can be changed: then it is another one everywhere.
    (run,) = aim.Repo(repo).query_runs("run.name == 'odd-lynx'")
    page.goto(f"{url}/runs/{run.hash}")
    button = page.get_by_role("button", name="Colour of this run")
    expect(button).to_be_visible()
    assert swatch(button) == own["odd-lynx"]
    button.click()
    choices = page.get_by_role("group", name="Colour of this run")
    taken = set(own.values())
    free = next(b for b in choices.get_by_role("button").all()[:8] if swatch(b) not in taken)
    chosen = swatch(free)
    free.click()
    page.goto(f"{url}/metrics?q=loss")
    plot = chart(page, "loss")
    settle(page, watch)
    assert colours(page) == {**own, "odd-lynx": chosen}
    assert is_near(pixels(plot)["odd-lynx"], chosen)


def test_numbers_are_coloured_by_size(page: Page, watch: Watch, url: str) -> None:
    page.goto(f"{url}/metrics?q=loss&c=params.lr")
    plot = chart(page, "loss")
    settle(page, watch)
    by_rate = list(colours(page).values())
    assert len(set(by_rate)) == len(RATES)
    drawn = list(pixels(plot).values())
    assert all(is_near(a, b) for a, b in zip(drawn, by_rate, strict=True))
    # From dark to light: the larger, the lighter.
    light = [float(np.dot([int(n) for n in re.findall(r"\d+", text)[:3]], [0.299, 0.587, 0.114])) for text in by_rate]
    assert light == sorted(light)
    plot.page.set_viewport_size({"width": 1000, "height": 800})
    page.get_by_role("button", name=re.compile("5 groups")).click()
    bar = page.get_by_role("group", name=re.compile("lr from 1e-5 to 0.01, logarithmic"))
    expect(bar.last).to_be_visible()


def test_the_table_shows_the_dashes_of_lines(page: Page, watch: Watch, url: str) -> None:
    page.goto(f"{url}/metrics?q=loss&c=run.experiment&d=params.lr")
    chart(page, "loss")
    settle(page, watch)
    dashes = page.locator("[data-run] svg[class*=line] path").evaluate_all(
        "(all) => all.map((e) => e.getAttribute('stroke-dasharray'))"
    )
    assert len(dashes) == len(LEVELS) and len(set(dashes)) > 1
    page.goto(f"{url}/metrics?q=loss&c=run.experiment")
    settle(page, watch)
    assert page.locator("[data-run] [class*=swatch]").count() == len(LEVELS)
