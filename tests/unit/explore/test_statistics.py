"""Student's t, against scipy: the same table as in ``aim/web/ui/test/statistics.test.ts``."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from aim.explore.statistics import t_interval, t_quantile

UI_TABLE = Path(__file__).resolve().parents[3] / "aim/web/ui/test/statistics.test.ts"
SCIPY = [
    tuple(float(number.replace("_", "")) for number in row)
    for row in re.findall(r"^  \[([\d_]+), ([\d.]+), ([\d.]+)\],$", UI_TABLE.read_text("utf-8"), re.M)
]
"""scipy 1.17: `t.ppf(0.975, df)`, `t.ppf(0.9, df)`."""


def test_quantiles_are_those_of_scipy_and_of_the_ui() -> None:
    assert len(SCIPY) == 15
    for df, wide, narrow in SCIPY:
        assert t_quantile(df) == pytest.approx(wide, abs=1e-9), df
        assert t_quantile(df, 0.8) == pytest.approx(narrow, abs=1e-9), df


def test_the_interval_of_a_mean() -> None:
    # numpy and scipy: v.mean(), t.ppf(0.975, 4) * sem(v)
    found = t_interval([0.31, 0.29, 0.325, 0.276, 0.308])
    assert found.n == 5 and found.mean == pytest.approx(0.3018)
    assert found.half == pytest.approx(0.023630793877110565, abs=1e-12)
    assert t_interval([2.0, 2.0, 2.0]).half == 0.0
    assert t_interval([1e9 + 1, 1e9 + 2, 1e9 + 3]).half == pytest.approx(4.302652729749462 / math.sqrt(3), abs=1e-6)


def test_below_two_values_there_is_none() -> None:
    lone = t_interval([math.nan, 3.0, math.inf])
    assert (lone.n, lone.mean) == (1, 3.0) and math.isnan(lone.half)
    assert t_interval([]).n == 0 and math.isnan(t_interval([]).mean)
    for df, level in ((0.5, 0.95), (3, 0.0), (3, 1.0)):
        with pytest.raises(ValueError, match="possible"):
            t_quantile(df, level)


def test_it_covers_the_mean_as_often_as_it_says() -> None:
    import numpy as np

    draws = np.random.default_rng(7).normal(size=(4_000, 3))
    half = t_quantile(2) * draws.std(axis=1, ddof=1) / math.sqrt(3)
    assert np.mean(np.abs(draws.mean(axis=1)) < half) == pytest.approx(0.95, abs=0.01)
