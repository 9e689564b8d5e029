"""What is changed on a page stands in the run directory; what is text stays text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

import aim
from tests.e2e.support import Server, Watch, chart, settle, wait_until


@pytest.fixture
def run(repo: Path) -> str:
    """Hash of an ended run."""
    with aim.Run(repo=repo, experiment="digits", name="first name") as run:
        run.track_many("loss", [1.0, 0.5, 0.25])
        return run.hash


def events(repo: Path, run: str) -> list[dict[str, Any]]:
    """Every event of a run directory."""
    found = []
    for path in sorted((repo / ".aim" / "runs" / run).glob("*.events.jsonl")):
        found += [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return found


def has_event(repo: Path, run: str, **wanted: Any) -> bool:
    return any(all(event.get(key) == value for key, value in wanted.items()) for event in events(repo, run))


def test_name_tags_and_description(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    page.goto(f"{serve(repo).url}/runs/{run}")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("second name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("second name")
    page.get_by_role("button", name="Add a tag").click()
    page.get_by_role("textbox", name="New tag").fill("baseline")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Edit tags")).to_be_visible()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("textbox", name="Description, in Markdown").fill("Tries **one** thing.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("strong").filter(has_text="one")).to_be_visible()

    def is_kept() -> bool:
        stored = aim.Repo(repo).get_run(run)
        assert stored is not None
        return (stored.name, list(stored.tags), stored.description) == (
            "second name",
            ["baseline"],
            "Tries **one** thing.",
        )

    wait_until(page, is_kept, "the run directory holds it")
    text = json.dumps(events(repo, run))
    assert "second name" in text and "baseline" in text
    # The writer of the run itself is not touched.
    assert len(list((repo / ".aim" / "runs" / run).glob("*.events.jsonl"))) == 2
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("second name")


def test_note_is_saved_by_itself_with_its_history(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    page.goto(f"{serve(repo).url}/runs/{run}?tab=notes")
    expect(page.get_by_text("No notes yet")).to_be_visible()
    page.get_by_role("button", name="Add a note").click()
    field = page.get_by_role("textbox", name="Note, in Markdown")
    field.fill("It *diverged* at step 2.")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    wait_until(page, lambda: "It *diverged* at step 2." in json.dumps(events(repo, run)), "the note is in a file")
    field.fill("It did not.")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("article")).to_contain_text("It did not.")
    # shown at once, sent behind it
    wait_until(page, lambda: "It did not." in json.dumps(events(repo, run)), "the second text is in the file")
    texts = [e["text"] for e in events(repo, run) if e.get("text")]
    assert texts == ["It *diverged* at step 2.", "It did not."]
    page.reload()
    expect(page.get_by_role("article")).to_contain_text("It did not.")


def test_a_note_that_two_people_change_is_not_lost(
    new_context: Callable[..., BrowserContext],
    page: Page,
    watch: Watch,
    repo: Path,
    run: str,
    serve: Callable[..., Server],
) -> None:
    watch.expect_status(409)
    url = f"{serve(repo).url}/runs/{run}?tab=notes"
    page.goto(url)
    page.get_by_role("button", name="Add a note").click()
    page.get_by_role("textbox", name="Note, in Markdown").fill("mine")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("article")).to_contain_text("mine")
    other = new_context().new_page()
    other.goto(url)
    for someone in (page, other):
        someone.get_by_role("button", name="Edit", exact=True).click()
    other.get_by_role("textbox", name="Note, in Markdown").fill("theirs")
    other.get_by_role("button", name="Done").click()
    expect(other.get_by_role("article")).to_contain_text("theirs")
    page.get_by_role("textbox", name="Note, in Markdown").fill("mine, changed")
    expect(page.get_by_text("Someone else changed this note meanwhile")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("theirs")
    page.get_by_role("button", name="Join both").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("article")).to_contain_text("theirs")
    expect(page.get_by_role("article")).to_contain_text("mine, changed")


def test_rename_in_the_table_with_the_keyboard(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    page.goto(serve(repo).url + "/runs")
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("F2")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("typed name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader")).to_contain_text("typed name")
    wait_until(page, lambda: "typed name" in json.dumps(events(repo, run)), "the new name is in a file")


def test_many_runs_are_tagged_archived_and_deleted_with_undo(
    page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]
) -> None:
    hashes = []
    for i in range(3):
        with aim.Run(repo=repo, experiment="digits", name=f"run-{i}") as run:
            run.track(1.0, name="loss", step=0)
            hashes.append(run.hash)
    page.goto(serve(repo).url + "/runs")
    rows = page.get_by_role("rowheader")
    expect(rows).to_have_count(3)
    rows.nth(0).locator("[data-check]").click()
    rows.nth(1).locator("[data-check]").click()
    bar = page.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Tag").click()
    page.get_by_role("textbox", name="Tag").fill("pair")
    page.keyboard.press("Enter")
    wait_until(page, lambda: all("pair" in json.dumps(events(repo, h)) for h in hashes[1:]), "both are tagged")
    assert "pair" not in json.dumps(events(repo, hashes[0]))
    bar.get_by_role("button", name="Archive").click()
    expect(rows).to_have_count(1)
    page.get_by_role("status").or_(page.locator("body")).get_by_role("button", name="Undo").last.click()
    expect(rows).to_have_count(3)
    for i in range(2):
        rows.nth(i).locator("[data-check]").click()
    bar.get_by_role("button", name="Delete").click()
    confirm = page.get_by_role("dialog")
    expect(confirm.get_by_role("button", name="Delete 2 runs")).to_be_disabled()
    confirm.get_by_role("textbox", name="Number of runs").fill("2")
    confirm.get_by_role("button", name="Delete 2 runs").click()
    expect(rows).to_have_count(1)
    assert [h for h in hashes if (repo / ".aim" / "runs" / h).exists()] == hashes[:1]
    page.get_by_role("button", name="Undo").last.click()
    expect(rows).to_have_count(3)
    assert all((repo / ".aim" / "runs" / h).is_dir() for h in hashes)


ATTACKS = [
    "<img src=x onerror=\"document.title='pwned'\">",
    "<script>document.title='pwned'</script>",
    "\"><svg onload=document.title='pwned'>",
    "[x](javascript:document.title='pwned')",
    "{{constructor.constructor('alert(1)')()}}",
]


def test_markup_in_what_is_recorded_is_text(page: Page, watch: Watch, repo: Path, serve: Callable[..., Server]) -> None:
    attack = " ".join(ATTACKS)
    with aim.Run(repo=repo, experiment=ATTACKS[0], name=attack) as run:
        run["hparams"] = {ATTACKS[1]: attack, "note": attack, "nested": {ATTACKS[2]: [attack]}}
        run.add_tag(ATTACKS[0])
        run.description = f"{attack}\n\n![tracker](http://192.0.2.1/pixel.png) <http://192.0.2.1>"
        for i, text in enumerate(ATTACKS):
            run.track(1.0, name=f"loss {i}", step=0, context={"subset": text})
            run.track(0.5, name=f"loss {i}", step=1, context={"subset": text})
    dialogs: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", on_dialog)
    url = serve(repo).url
    page.goto(f"{url}/runs/{run.hash}?tab=notes")
    page.get_by_role("button", name="Add a note").click()
    page.get_by_role("textbox", name="Note, in Markdown").fill(
        f"{attack}\n\n<iframe src=//192.0.2.1></iframe><form action=//192.0.2.1><style>*{{display:none}}</style>"
        "\n\n![tracker](http://192.0.2.1/pixel.png)\n\n<a href=\"javascript:document.title='pwned'\">click</a>"
    )
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("article")).to_be_visible()
    for path in (
        "/",
        "/runs",
        "/metrics",
        *(f"/runs/{run.hash}?tab={tab}" for tab in ("overview", "params", "metrics", "notes")),
    ):
        page.goto(url + path)
        settle(page, watch)
        expect(page.get_by_text("<img src=x onerror").first).to_be_attached()
        _assert_harmless(page)
        if "metrics" in path:
            plot = page.locator("[data-chart]").first
            plot.hover(position={"x": 80, "y": 60})
            plot.focus()
            page.keyboard.press("ArrowRight")
            settle(page, watch)
            _assert_harmless(page)
    assert dialogs == []


def _assert_harmless(page: Page) -> None:
    assert "pwned" not in page.title() or "<" in page.title()  # the name of the run may be in the title, as it is
    found = page.evaluate(
        """() => {
          const tags = ['iframe', 'form[action]', 'style', 'object', 'embed'].map((t) => `main ${t}`).join()
          const loads = /^(src|srcset|href|xlink:href|action|poster|data)$/
          const isOdd = (e, a) => a.name.startsWith('on') || /^\\s*javascript:/i.test(a.value)
            || (loads.test(a.name) && e.tagName !== 'A' && a.value.includes('192.0.2.1'))
          const odd = [...document.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => isOdd(e, a)))
          const bad = [...document.querySelectorAll(`${tags}, script:not([src])`)]
          return [...bad, ...odd].map((e) => e.outerHTML.slice(0, 200))
        }"""
    )
    assert found == []


def test_read_only_offers_no_change(
    page: Page, watch: Watch, repo: Path, run: str, serve: Callable[..., Server]
) -> None:
    url = serve(repo, "--read-only").url
    page.goto(f"{url}/runs/{run}")
    expect(page.get_by_role("heading", name="first name")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Rename|Delete|Archive|Add a tag|^Edit"))).to_have_count(0)
    page.goto(f"{url}/runs/{run}?tab=metrics")
    chart(page, "loss")
