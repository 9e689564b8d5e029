from __future__ import annotations

import math

import pytest

from aim.cli.differing import describe_differences
from aim.cli.output import (
    cell_width,
    digits_of,
    format_age,
    format_number,
    format_size,
    format_step,
    plural,
    printable,
    sparkline,
    table_lines,
)
from aim.cli.plot import Curve, draw


def test_table_aligns_wide_characters_and_numbers() -> None:
    lines = table_lines(("NAME", "N"), [("loss", "5"), ("損失", "1,000")], right=("N",))
    assert lines == ["NAME      N", "loss      5", "損失  1,000"]


def test_table_is_cut_to_the_width_given() -> None:
    lines = table_lines(("A", "B"), [("x" * 50, "y")], width=30)
    assert all(cell_width(line) <= 30 for line in lines)
    assert lines[1].endswith("…  y")


def test_hashes_and_times_are_never_cut() -> None:
    row = ("0123abcd", "n" * 40, "2026-01-01 10:20:30")
    lines = table_lines(("RUN", "NAME", "CREATED"), [row], width=43)
    assert lines[1] == "0123abcd  nnnnnnnnnnn…  2026-01-01 10:20:30"


def test_names_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[31mred\x07\u202e") == "a\N{REPLACEMENT CHARACTER}[31mred" + "\N{REPLACEMENT CHARACTER}" * 2
    in_any_script = "می\u200cروم 👩\u200d🔬 精度\u3000値"
    assert printable(in_any_script + "\u2028\ud800") == in_any_script + "\N{REPLACEMENT CHARACTER}" * 2
    assert "\x1b" not in "".join(table_lines(("A",), [("\x1b[2J",)]))


def test_sparkline_shows_a_single_spike_among_many_points() -> None:
    values = [0.0] * 10_000
    values[5_000] = 1.0
    assert sparkline(values, 10).count("█") == 1
    values[5_000] = -1.0
    assert sparkline(values, 10).count("▁") == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ""),
        ([1.0], "▅"),
        ([0.0, 1.0], "▁█"),
        ([math.nan, 0.0, 1.0], "·▁█"),
        ([math.nan], "·"),
        ([0.0, 1.0, math.inf], "▁██"),
        ([1e308, -1e308], "█▁"),
    ],
)
def test_sparkline(values: list[float], expected: str) -> None:
    assert sparkline(values) == expected


def test_runs_are_told_apart_by_the_params_in_which_they_differ() -> None:
    params = [
        {"hparams": {"lr": 0.1, "seed": 0}, "model": {"depth": 2, "name": "mlp"}},
        {"hparams": {"lr": 0.01, "seed": 0}, "model": {"depth": 2, "name": "mlp"}, "data": {"name": "digits"}},
    ]
    assert describe_differences(params) == ["lr=0.1", "lr=0.01"]
    assert describe_differences(params[:1]) == ["lr=0.1 name=mlp seed=0 depth=2"]
    assert describe_differences([{"lr": 0.12345671}, {"lr": 0.12345674}]) == ["lr=0.12345671", "lr=0.12345674"]
    assert describe_differences([{"a": 1, "seed": 2**60}, {"a": 1.0, "seed": 2**60 + 1}]) == [
        f"seed={2**60}",
        f"seed={2**60 + 1}",
    ]
    assert describe_differences([]) == []


def test_units() -> None:
    assert [format_size(n) for n in (0, 1023, 1536, 5 * 2**30)] == ["0 B", "1023 B", "1.5 KiB", "5.0 GiB"]
    assert [format_age(s) for s in (None, 5, 65, 3_700, 90_000)] == ["-", "5s", "1m 5s", "1h 1m", "1d 1h"]
    assert [format_number(v, digits_of((1e9, 1e9 + 1e-3))) for v in (1e9, 1e9 + 1e-3)] == [
        "1000000000",
        "1000000000.001",
    ]
    assert digits_of([0.1, 5.0, math.nan, None]) == digits_of([]) == digits_of([7.0]) == digits_of([-1e308, 1e308]) == 6
    assert digits_of([5e-324, 1e-310]) == 6 and digits_of([1e16, 1e16 + 2]) == 17
    nearly = (0.3, 0.1 + 0.2, math.nan)
    assert [format_number(v, digits_of(nearly)) for v in nearly] == ["0.3", "0.30000000000000004", "nan"]
    assert (format_step(12_345_678), format_step(None)) == ("12345678", "-")
    assert [format_number(v) for v in (None, 1 / 3, math.nan, 10)] == ["-", "0.333333", "nan", "10"]
    assert [plural(1, "run"), plural(1_200, "run")] == ["1 run", "1,200 runs"]


def test_plot_has_the_size_asked_for_and_the_ranges_of_both_axes() -> None:
    lines = draw([Curve([0, 50, 100], [0.5, 2.0, 1.0])], width=40, height=8, styled=False)
    assert len(lines) == 8 and all(cell_width(line) <= 40 for line in lines)
    assert lines[0].startswith("  2 │") and lines[6].startswith("0.5 │")
    assert lines[7].split() == ["0", "100"]


def test_plot_breaks_the_line_where_a_value_is_not_finite() -> None:
    whole = draw([Curve([0, 1, 2, 3], [0, 0, 0, 0])], width=30, height=4, styled=False)
    broken = draw([Curve([0, 1, 2, 3], [0, math.nan, 0, 0])], width=30, height=4, styled=False)
    assert "".join(broken).count(" ") > "".join(whole).count(" ")


@pytest.mark.parametrize("ys", [[], [math.nan], [math.inf, -math.inf]])
def test_plot_without_points_says_so(ys: list[float]) -> None:
    said = "(only NaN and infinite values)" if ys else "(no points yet)"
    assert draw([Curve(range(len(ys)), ys)], width=30, height=5)[0].strip() == said


def test_plot_of_one_point_and_of_a_huge_range() -> None:
    one = "".join(draw([Curve([3], [7])], width=30, height=5, styled=False))
    assert sum("\u2800" < character <= "\u28ff" for character in one) == 1
    assert len(draw([Curve([0, 1], [-1e308, 1e308])], width=30, height=5, styled=False)) == 5
