from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aim.web.smoothing import smooth_ema


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
