"""Search, group, zoom and hover; and that the address holds what is seen."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import LONG, SPIKE
from tests.e2e.support import Watch, center, chart, draws, frames, run_query, settle, wait_until

TITLES = ["loss · subset=val", "loss · subset=train", "accuracy · subset=val", "accuracy · subset=train"]


def count(page: Page) -> Locator:
    return page.locator("header").get_by_text(re.compile(r" of .* runs$"))


def choose(page: Page, chip: str, option: str) -> None:
    """Open a chip of the query row, take one of its options, and close it."""
    page.get_by_role("button").filter(has=page.get_by_text(chip, exact=True)).first.click()
    dialog, name = page.get_by_role("dialog", name=chip), re.compile(re.escape(option))
    dialog.get_by_role("menuitemradio", name=name).or_(dialog.get_by_role("menuitemcheckbox", name=name)).first.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name=chip)).to_have_count(0)


def overlay_is_marked(page: Page, plot: Locator) -> bool:
    """Whether anything is drawn on the upper canvas of a chart."""
    return bool(
        plot.locator("canvas").last.evaluate(
            "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v > 0)"
        )
    )


def test_search_runs(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(demo_url + "/runs")
    expect(count(page)).to_have_text("12 of 12 runs")
    run_query(page, 'run.experiment == "digits" and run.hparams.lr >= 0.03')
    expect(count(page)).to_have_text("3 of 12 runs")
    for name in ("digits-5", "digits-6", "digits-7"):
        expect(page.get_by_role("rowheader").filter(has_text=name)).to_be_visible()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "4")


def test_search_that_matches_nothing(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/runs")
    run_query(page, 'run.hparams.lr > 5 and run.experiment == "digits"')
    expect(page.get_by_text("0 of 12 runs match")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="run.experiment").get_by_text("9 runs")).to_be_visible()
    page.get_by_role("row").filter(has_text="run.hparams.lr").get_by_role("button", name="Drop this").click()
    expect(count(page)).to_have_text("9 of 12 runs")


@pytest.mark.parametrize(
    ("path", "good", "bad", "says", "underlined"),
    [
        ("/runs", "run.hparams.lr > 0.05", "run.hparams.lr > nonsense(3)", "no function 'nonsense'", "nonsense"),
        ("/metrics", "loss", "loss if params.lr > > 3", "", ">"),
    ],
)
def test_broken_query_is_underlined_and_the_result_stays(
    page: Page, watch: Watch, demo_url: str, path: str, good: str, bad: str, says: str, underlined: str
) -> None:
    watch.expect_status(400)
    page.goto(demo_url + path)
    run_query(page, good)
    expect(page).to_have_url(re.compile("q="))
    settle(page, watch)
    shown = _rows(page)
    run_query(page, bad)
    field = page.get_by_label("Query", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text(says)
    marked = page.locator("pre[aria-hidden] span").filter(has_text=underlined)
    styles = "(all) => all.map((e) => getComputedStyle(e).textDecorationStyle)"
    wait_until(page, lambda: "wavy" in " ".join(marked.evaluate_all(styles)), "the mistake is underlined")
    settle(page, watch)
    assert _rows(page) == shown
    run_query(page, good)
    expect(page.get_by_role("alert")).to_have_count(0)


def _rows(page: Page) -> str:
    """What the table says, save for how long ago things were: that goes on."""
    return re.sub(r"(just now|\d+ ?s ago|\d+ min ago)", "", page.get_by_role("grid").inner_text())


def test_completion_knows_what_is_logged(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics")
    field = page.get_by_label("Query", exact=True)
    field.press_sequentially("los")
    expect(page.get_by_role("option", name=re.compile("^loss"))).to_be_visible()
    field.press("Tab")
    expect(field).to_have_value("loss")
    field.press_sequentially(" if params.optim")
    expect(page.get_by_role("option").first).to_contain_text("optimizer")
    field.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)


def test_sort_and_back_button(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + '/runs?q=run.experiment+==+"digits"')
    first = page.get_by_role("row").nth(1).get_by_role("rowheader")
    expect(first).to_contain_text("digits-broken")
    page.get_by_role("columnheader", name=re.compile("^lr")).click()
    expect(first).to_contain_text("digits-7")
    expect(page.get_by_role("columnheader", name=re.compile("^lr"))).to_have_attribute("aria-sort", "descending")
    page.get_by_role("columnheader", name=re.compile("^lr")).click()
    expect(first).to_contain_text("digits-0")
    page.go_back()
    expect(first).to_contain_text("digits-7")
    page.go_back()
    expect(first).to_contain_text("digits-broken")
    page.go_forward()
    page.reload()
    expect(first).to_contain_text("digits-7")


def test_group_and_smooth_and_what_the_address_says(
    page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str
) -> None:
    page.goto(demo_url + "/metrics")
    for title in TITLES:
        chart(page, title)
    run_query(page, 'run.experiment == "digits"')
    expect(count(page)).to_have_text("9 of 12 runs")
    choose(page, "Colour", "optimizer.name")
    expect(page).to_have_url(re.compile(r"c=params\.optimizer\.name"))
    region = page.get_by_role("region", name="loss · subset=val")
    expect(region.get_by_role("button", name=re.compile("adam"))).to_be_visible()
    choose(page, "Aggregate", "mean")
    expect(page).to_have_url(re.compile(r"a=mean"))
    expect(region).to_contain_text(re.compile("mean, min–max, n [0-9]"))
    choose(page, "y", "loss")
    expect(page).to_have_url(re.compile(r"y\.loss=log"))
    page.get_by_role("button").filter(has=page.get_by_text("Smoothing", exact=True)).first.click()
    page.get_by_role("textbox", name="Weight as a number").fill("0.6")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"sm=0\.6"))
    settle(page, watch)
    address, seen = page.url, _what_is_seen(page)

    # The same address shows the same elsewhere.
    page.goto(demo_url + "/")
    page.goto(address)
    settle(page, watch)
    assert _what_is_seen(page) == seen

    # Back undoes one change after the other.
    page.go_back()
    page.go_back()
    expect(page).to_have_url(address)
    page.go_back()
    expect(page).not_to_have_url(re.compile("y.loss=log"))
    page.go_back()
    expect(page).not_to_have_url(re.compile("a=mean"))
    expect(region).not_to_contain_text("mean and")
    page.go_back()
    expect(page).not_to_have_url(re.compile("c="))
    page.go_back()
    expect(page).to_have_url(demo_url + "/metrics")


def _what_is_seen(page: Page) -> list[str]:
    charts = page.locator("[data-chart]").evaluate_all("(all) => all.map((e) => e.getAttribute('aria-label'))")
    chips = page.locator("button").evaluate_all(
        "(all) => all.map((e) => e.innerText).filter((t) => /^(Colour|Aggregate|y|Smoothing|x|Chart)/.test(t))"
    )
    return [*charts, *chips]


def test_facets(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics?q=loss&f=params.hparams.optimizer.name")
    for value in ("adam", "sgd", "none"):  # one run has no params
        chart(page, f"loss · optimizer.name={value}")
    expect(page.locator("[data-chart]")).to_have_count(3)


def drag(page: Page, plot: Locator, begin: float, stop: float) -> None:
    x0, y = center(plot, begin)
    x1, _ = center(plot, stop)
    page.mouse.move(x0, y)
    page.mouse.down()
    page.mouse.move(x1, y, steps=4)
    page.mouse.up()


def test_zoom_is_shared_and_undone(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics")
    plots = [chart(page, title) for title in TITLES]
    settle(page, watch)
    before = [draws(plot) for plot in plots]
    asked = len(watch.requests)
    drag(page, plots[0], 0.4, 0.6)
    expect(page).to_have_url(re.compile(r"r=\d"))
    found = re.search(r"[?&]r=([\d.]+):([\d.]+)", page.url)
    assert found and 50 < float(found[1]) < float(found[2]) < 150
    wait_until(page, lambda: all(draws(p) > b for p, b in zip(plots, before, strict=True)), "every chart is zoomed")
    settle(page, watch)
    # Every point is there already: nothing is asked for again, but the one that the pointer rests on.
    assert set(watch.calls(asked)) <= {"POST metrics/point"}
    for title in TITLES:
        expect(page.get_by_role("region", name=title).locator("[data-notes]")).to_contain_text("exact")
    expect(page.get_by_role("button", name=re.compile("Whole range"))).to_be_visible()
    page.reload()
    chart(page, TITLES[0])
    expect(page).to_have_url(re.compile(re.escape(found[0])))
    page.mouse.dblclick(*center(chart(page, TITLES[0])))
    expect(page).not_to_have_url(re.compile(r"[?&]r="))


def test_a_long_curve_shows_its_spike_and_is_refined_on_zoom(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics?q=wave&out=off")
    plot = chart(page, "wave")
    notes = page.get_by_role("region", name="wave").locator("[data-notes]")
    expect(notes).to_contain_text(re.compile(r"1 px = \d+ "))
    expect(plot).to_have_attribute("aria-label", re.compile("lowest [-−]1 "))
    # One point in 20 000 reaches up to 3, and so does the axis: the stroke is there.
    wait_until(page, lambda: _is_painted(page, plot, SPIKE / LONG), "the spike is drawn")
    asked = len(watch.requests)
    drag(page, plot, *(_share_of_box(plot, SPIKE / LONG + d) for d in (-0.04, 0.04)))
    # The address follows a zoom some time after it, which may be after the points have come.
    expect(page).to_have_url(re.compile("[?&]r="))
    expect(notes).to_have_text(re.compile("exact"))
    settle(page, watch)
    assert [call for call in watch.calls(asked) if call != "POST metrics/point"] == ["POST metrics/frame"]
    found = re.search(r"[?&]r=([\d.]+):([\d.]+)", page.url)
    assert found
    low, high = float(found[1]), float(found[2])
    assert low < SPIKE < high
    wait_until(page, lambda: _is_painted(page, plot, (SPIKE - low) / (high - low)), "the spike is drawn")


def _share_of_box(plot: Locator, share: float) -> float:
    """A place of the x axis as a share of the width of the whole chart."""
    return float(
        plot.evaluate(
            """(plot, share) => {
              const [left, , width] = plot.dataset.plot.split(' ').map(Number)
              return (left + share * width) / plot.clientWidth
            }""",
            share,
        )
    )


def _is_painted(page: Page, plot: Locator, share: float) -> bool:
    """Whether a line is drawn high up near a place of the x axis, given as a share of it."""
    return bool(
        plot.locator("canvas").first.evaluate(
            """(canvas, share) => {
              const scale = canvas.width / canvas.clientWidth
              const context = canvas.getContext('2d')
              const [left, , width] = canvas.parentElement.dataset.plot.split(' ').map(Number)
              const near = left + share * width
              const { data } = context.getImageData((near - 30) * scale, 20 * scale, 60 * scale, 100 * scale)
              for (let i = 0; i < data.length; i += 4) {
                // The grid is near white, the colours of lines are not.
                if (data[i] + data[i + 1] + data[i + 2] < 3 * 200) return true
              }
              return false
            }""",
            share,
        )
    )


def test_hover_reaches_every_chart_and_row_and_redraws_no_line(
    page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str
) -> None:
    page.goto(demo_url + "/metrics")
    plots = [chart(page, title) for title in TITLES]
    settle(page, watch)
    before = [draws(plot) for plot in plots]
    asked = len(watch.requests)
    assert not any(overlay_is_marked(page, plot) for plot in plots)
    x, y = center(plots[1], 0.1, 0.3)
    for i in range(40):
        page.mouse.move(x + 4 * i, y + i)
    hovered = page.locator("[role=row][data-hover]")
    expect(hovered.first).to_be_visible()
    frames(page)
    (run,) = set(hovered.evaluate_all("(rows) => rows.map((e) => e.dataset.run)"))
    wait_until(page, lambda: all(overlay_is_marked(page, plot) for plot in plots), "a crosshair on every chart")
    name = next(name for name, key in demo.hashes.items() if key == run)
    expect(page.get_by_text(re.compile(r"^step \d+"))).to_be_visible()
    expect(page.locator("body > *").filter(has_text=re.compile("step")).filter(has_text=name).first).to_be_visible()
    # The value at the crosshair stands in the table.
    cell = hovered.first.locator("[data-cross]")
    expect(cell).to_have_text(re.compile(r"\d"))
    # The other way round: a row of the table lights the run up on the charts.
    page.mouse.move(*center(page.get_by_role("row").nth(2)))
    wait_until(page, lambda: all(overlay_is_marked(page, plot) for plot in plots), "a row highlights its run")
    page.mouse.move(*center(page.locator("header")))
    expect(hovered).to_have_count(0)
    wait_until(page, lambda: not any(overlay_is_marked(page, plot) for plot in plots), "nothing is left behind")
    assert [draws(plot) for plot in plots] == before
    assert set(watch.calls(asked)) <= {"POST metrics/point"}, "nothing but the point the pointer rested on"


def test_the_hovered_point_has_step_time_and_epoch(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics?m=^loss")
    plot = chart(page, TITLES[0])
    settle(page, watch)
    plot.focus()
    page.keyboard.press("ArrowRight")
    tip = page.locator(".chart-tip")
    expect(tip).to_contain_text(re.compile(r"step \d+ · [\d.]+s · epoch [\d.]+"))
    # On another axis the step is what is added.
    page.goto(demo_url + "/metrics?m=^loss&x=epoch")
    chart(page, TITLES[0]).focus()
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text(re.compile(r"epoch [\d.]+ · step \d+ · "))


def test_the_tooltip_closes_when_its_point_moves_away(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + '/metrics?q=loss+if+experiment+==+"digits"')
    plot = chart(page, TITLES[1])
    settle(page, watch)
    tip = page.locator(".chart-tip")
    for key in ("+", "f"):
        page.mouse.move(*center(plot, 0.4, 0.5))
        plot.focus()
        page.keyboard.press("ArrowRight")
        expect(tip).to_be_visible()
        page.keyboard.press(key)
        expect(tip).to_be_hidden()


def test_another_metric_is_the_axis(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics?q=loss if context.subset == val")
    title = "loss · subset=val"
    chart(page, title)
    page.get_by_role("button", name="x step").click()
    page.get_by_label("Metric as x axis").fill("accuracy")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("x=metric:accuracy"))
    expect(chart(page, title)).to_have_attribute("aria-label", re.compile("accuracy −11 to accuracy 0.99"))
    page.goto(demo_url + "/metrics?q=loss if context.subset == val&x=metric:nothing")
    expect(page.get_by_role("region", name=title).locator("[data-notes]")).to_contain_text("without nothing")


def test_charts_are_moved_and_stay_so(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics")
    regions = page.locator("main section:has([data-chart])")
    expect(regions).to_have_count(4)

    def stand_as(titles: list[str]) -> None:
        for i, title in enumerate(titles):
            expect(regions.nth(i)).to_have_attribute("aria-label", title)

    stand_as(TITLES)
    page.get_by_role("button", name=f"Menu of {TITLES[3]}").click()
    page.get_by_role("menuitem", name="Move first").click()
    stand_as([TITLES[3], *TITLES[:3]])
    regions.nth(1).locator("h2").drag_to(regions.nth(3))
    stand_as([TITLES[3], TITLES[1], TITLES[0], TITLES[2]])
    page.reload()
    expect(regions).to_have_count(4)
    stand_as([TITLES[3], TITLES[1], TITLES[0], TITLES[2]])
    page.get_by_role("button", name=f"Menu of {TITLES[3]}").click()
    page.get_by_role("menuitem", name="Order all as at first").click()
    stand_as(TITLES)


def test_pin_and_hide(page: Page, watch: Watch, demo: SimpleNamespace, demo_url: str) -> None:
    page.goto(demo_url + "/metrics?q=loss+if+context.subset+==+val")
    plot = chart(page, "loss · subset=val")
    settle(page, watch)
    box = plot.bounding_box()
    assert box is not None
    for share in range(1, 20):  # down a column of pixels, until a line is near
        page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * share / 20)
        page.wait_for_timeout(100)  # a hover of the place before is gone
        if page.locator("[role=row][data-hover]").count():
            break
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"pin=[0-9a-f]{24}&at="))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("at="))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("pin="))
    label = plot.get_attribute("aria-label")
    page.get_by_role("button", name="Hide the line").first.click()
    expect(page.get_by_text("1 line hidden")).to_be_visible()
    expect(plot).not_to_have_attribute("aria-label", label or "")
    page.get_by_role("button", name="Show all").click()
    expect(plot).to_have_attribute("aria-label", label or "")


def test_clipped_values_are_said_and_shown_on_demand(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics")
    chart(page, "loss · subset=train")
    region = page.get_by_role("region", name="loss · subset=train")
    region.get_by_role("button", name="1 clipped").click()
    page.get_by_role("dialog", name="Clipped points").get_by_role("menuitem", name="Show all in the chart").click()
    expect(page).to_have_url(re.compile("out=off"))
    expect(region.get_by_role("button", name=re.compile("clipped"))).to_have_count(0)


def test_chart_as_table(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics")
    chart(page, "loss · subset=train")
    page.get_by_role("button", name="Menu of loss · subset=train").click()
    page.get_by_text("Show as table", exact=True).click()
    row = page.get_by_role("dialog").get_by_role("row").filter(has_text="digits-3")
    expect(row).to_contain_text("40")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_chart_with_nothing_to_place_says_why(page: Page, watch: Watch, demo_url: str) -> None:
    page.goto(demo_url + "/metrics?q=loss&x=metric:nonsense")
    region = page.get_by_role("region", name="loss · subset=val")
    expect(region).to_contain_text("No value of nonsense at these steps")
    expect(region.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("no lines shown: no value of nonsense")
    )
    page.goto(demo_url + "/metrics?q=loss&x=metric:accuracy")
    chart(page, "loss · subset=val")
    expect(region).not_to_contain_text("No value of")


def test_the_export_menu_says_what_it_cannot_do(page: Page, watch: Watch, demo_url: str) -> None:
    def without_pyarrow(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "exports": ["csv", "json", "markdown"]})

    page.route("**/api/v1/info", without_pyarrow)
    page.goto(demo_url + "/runs")
    expect(page.get_by_role("rowheader").first).to_be_visible()
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("menuitem", name=re.compile(r"^CSV \.csv"))).to_be_enabled()
    parquet = page.get_by_role("menuitem", name=re.compile("^Parquet"))
    expect(parquet).to_be_disabled()
    expect(parquet).to_contain_text("pip install pyarrow")
