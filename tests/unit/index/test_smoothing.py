from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.index.points.smoothing import Smoothing, common_distance, smooth_ema, smooth_gaussian, smooth_mean


def plain_ema(x: list[float], y: list[float], weight: float, unit: float | None = None) -> list[float]:
    """The definition, one x after the other."""
    places = sorted(set(x))
    unit = unit or float(np.median(np.diff(places) if len(places) > 1 else [1.0]))
    means = [math.fsum(v for at, v in zip(x, y, strict=True) if at == place) / x.count(place) for place in places]
    numerator = denominator = 0.0
    result = {}
    for number, (place, mean) in enumerate(zip(places, means, strict=True)):
        decay = weight ** ((place - places[number - 1]) / unit) if number else weight
        numerator = decay * numerator + (1 - decay) * mean
        denominator = decay * denominator + (1 - decay)
        result[place] = numerator / denominator
    return [result[at] for at in x]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.floats(-1e6, 1e6)), min_size=2, max_size=300),
    st.floats(0.01, 0.999),
)
def test_is_the_definition(points: list[tuple[int, float]], weight: float) -> None:
    x = np.cumsum([float(distance) for distance, _ in points])
    y = np.array([value for _, value in points])
    expected = plain_ema(x.tolist(), y.tolist(), weight)
    np.testing.assert_allclose(smooth_ema(x, y, weight), expected, rtol=1e-6, atol=1e-6)


def test_constant_stays_constant_from_the_first_point() -> None:
    x = np.arange(1000.0)
    np.testing.assert_allclose(smooth_ema(x, np.full(1000, 3.25), 0.99), 3.25, rtol=1e-12)


def test_does_not_depend_on_sampling() -> None:
    dense_x = np.arange(0, 1000, 0.25)
    sparse_x = np.arange(0, 1000, 1.0)
    dense = smooth_ema(dense_x, np.sin(dense_x / 50), 0.9**0.25)
    sparse = smooth_ema(sparse_x, np.sin(sparse_x / 50), 0.9)
    assert np.abs(np.interp(sparse_x, dense_x, dense) - sparse)[100:].max() < 0.02


def test_large_values_stay_finite() -> None:
    y = np.array([1.7e308, 1.7e308, -1.7e308, 1.7e308])
    assert np.isfinite(smooth_ema(np.arange(4.0), y, 0.5)).all()


def test_edges() -> None:
    y = np.array([1.0, 2.0])
    assert smooth_ema(np.arange(2.0), y, 0.0).tolist() == [1.0, 2.0]
    assert smooth_ema(np.arange(0.0), y[:0], 0.5).tolist() == []
    assert smooth_ema(np.arange(1.0), y[:1], 0.5).tolist() == [1.0]
    assert smooth_ema(np.zeros(2), y, 0.5).tolist() == [1.5, 1.5]
    for weight in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="weight"):
            smooth_ema(np.arange(2.0), y, weight)


def plain_window(
    x: list[float], y: list[float], weight: Callable[[float], float], unit: float | None = None
) -> list[float]:
    """The definition, one point after the other; `weight` is of a distance in units."""
    unit = unit or float(np.median([d for d in np.diff(x) if d > 0] or [1.0]))
    result = []
    for here in x:
        weights = [weight(abs(there - here) / unit) for there in x]
        result.append(math.fsum(w * v for w, v in zip(weights, y, strict=True)) / math.fsum(weights))
    return result


def plain_mean(width: float) -> Callable[[float], float]:
    return lambda distance: float(distance <= width / 2 * (1 + 1e-9))


def plain_gaussian(width: float) -> Callable[[float], float]:
    return lambda distance: math.exp(-((distance / width) ** 2) / 2) if distance <= 4 * width * (1 + 1e-9) else 0.0


@given(
    st.lists(st.tuples(st.integers(0, 20), st.floats(-1e6, 1e6)), min_size=2, max_size=100),
    st.floats(0.1, 99.0),
)
def test_windows_are_their_definitions(points: list[tuple[int, float]], width: float) -> None:
    x = np.cumsum([float(distance) for distance, _ in points])
    y = np.array([value for _, value in points])
    for smooth, weight in ((smooth_mean, plain_mean(width)), (smooth_gaussian, plain_gaussian(width))):
        expected = plain_window(x.tolist(), y.tolist(), weight)
        np.testing.assert_allclose(smooth(x, y, width), expected, rtol=1e-6, atol=1e-6)


CASES = Path(__file__).parents[1] / "web" / "smoothing_cases.json"
"""What the browser must make of the same points: read by aim/web/ui/test/smooth.test.ts too."""


def expected_of(case: dict[str, Any]) -> list[float]:
    x, y, amount, unit = case["x"], case["y"], case["amount"], case.get("distance")
    if case.get("trim"):
        # spikes are what is above 10 in these cases
        kept = [i for i, v in enumerate(y) if abs(v) < 10]
        smooth = expected_of({**case, "x": [x[i] for i in kept], "y": [y[i] for i in kept], "trim": False})
        return [smooth[max(0, sum(k <= i for k in kept) - 1)] for i in range(len(y))]
    if case["kind"] == "ema":
        return plain_ema(x, y, amount, unit)
    return plain_window(x, y, plain_mean(amount) if case["kind"] == "mean" else plain_gaussian(amount), unit)


@pytest.mark.parametrize("number", range(21))
def test_shared_cases(number: int) -> None:
    case = json.loads(CASES.read_text())[number]
    smooth = Smoothing(case["kind"], case["amount"], case.get("distance"), case.get("trim", False))
    got = smooth(np.array(case["x"]), np.array(case["y"]))
    np.testing.assert_allclose(case["smooth"], expected_of(case), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(got, case["smooth"], rtol=1e-9, atol=1e-9)


def test_windows_refuse_impossible_widths() -> None:
    for smooth, widths in ((smooth_mean, (0.0, -1.0, 1001.0)), (smooth_gaussian, (0.0, 101.0, float("nan")))):
        for width in widths:
            with pytest.raises(ValueError, match="width"):
                smooth(np.arange(2.0), np.arange(2.0), width)


def test_curves_of_one_chart_agree_however_they_were_sampled() -> None:

    def truth(x: Any) -> Any:
        return 0.95 * (1 - np.exp(-x / 400))

    noise = np.random.default_rng(3)
    lines = {every: np.arange(every, 3001, every) for every in (10, 100, 500)}
    values = {every: truth(x) + noise.normal(0, 0.004, len(x)) for every, x in lines.items()}
    distance = common_distance(10.0 * np.ones(1))
    for how in (Smoothing("ema", 0.8, distance), Smoothing("gaussian", 3, distance), Smoothing("mean", 9, distance)):
        smooth = {every: how(lines[every], values[every]) for every in lines}
        assert smooth[100] is values[100] and smooth[500] is values[500], "one point in the span: as it is"
        at_2500 = [smooth[every][lines[every] == 2500].item() for every in lines]
        assert max(at_2500) - min(at_2500) < 0.015, (how, at_2500)
    wide = Smoothing("ema", 0.99, distance)
    assert wide(lines[100], values[100]) is not values[100]
    at_3000 = [wide(lines[every], values[every])[-1] for every in lines]
    assert max(at_3000) - min(at_3000) < 0.03


def test_the_distance_of_a_chart_is_that_of_its_densest_curve() -> None:
    assert common_distance([10.0, 0.0, 7.5, 100.0]) == 7.5
    assert common_distance([0.512345, 3.0]) == 0.51
    assert common_distance([0.0]) is None
    assert Smoothing("ema", 0.8).span(5.0) == pytest.approx(45.0)
    assert Smoothing("mean", 9).span(5.0) == 45.0
