from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.index.points.smoothing import smooth_ema, smooth_gaussian, smooth_mean


def plain_ema(x: list[float], y: list[float], weight: float) -> list[float]:
    """The definition, one point after the other."""
    distances = [b - a for a, b in itertools.pairwise(x)]
    unit = float(np.median([d for d in distances if d > 0] or [1.0]))
    numerator = denominator = 0.0
    result = []
    for at, value in enumerate(y):
        decay = weight if at == 0 else weight ** (distances[at - 1] / unit)
        numerator = decay * numerator + (1 - decay) * value
        denominator = decay * denominator + (1 - decay)
        result.append(numerator / denominator)
    return result


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
    assert smooth_ema(np.zeros(2), y, 0.5).tolist() == [1.0, 1.0]
    for weight in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="weight"):
            smooth_ema(np.arange(2.0), y, weight)


def plain_window(x: list[float], y: list[float], weight: Callable[[float], float]) -> list[float]:
    """The definition, one point after the other; `weight` is of a distance in median distances."""
    unit = float(np.median([d for d in np.diff(x) if d > 0] or [1.0]))
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
    x, y, amount = case["x"], case["y"], case["amount"]
    if case["kind"] == "ema":
        return plain_ema(x, y, amount)
    return plain_window(x, y, plain_mean(amount) if case["kind"] == "mean" else plain_gaussian(amount))


@pytest.mark.parametrize("number", range(12))
def test_shared_cases(number: int) -> None:
    case = json.loads(CASES.read_text())[number]
    smooth = {"ema": smooth_ema, "mean": smooth_mean, "gaussian": smooth_gaussian}[case["kind"]]
    got = smooth(np.array(case["x"]), np.array(case["y"]), case["amount"])
    np.testing.assert_allclose(case["smooth"], expected_of(case), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(got, case["smooth"], rtol=1e-9, atol=1e-9)


def test_windows_refuse_impossible_widths() -> None:
    for smooth, widths in ((smooth_mean, (0.0, -1.0, 1001.0)), (smooth_gaussian, (0.0, 101.0, float("nan")))):
        for width in widths:
            with pytest.raises(ValueError, match="width"):
                smooth(np.arange(2.0), np.arange(2.0), width)
