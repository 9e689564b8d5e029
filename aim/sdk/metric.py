"""``from aim.sdk.metric import Metric``: the path of Aim 3; the class lies in aim.sdk.reading."""

from aim.sdk.reading.results import Metric

__all__ = ["Metric"]
