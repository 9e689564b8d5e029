"""The collections of Aim 3 by its names; the classes lie in aim.sdk.reading."""

from aim.sdk.reading.results import MetricCollection as QuerySequenceCollection
from aim.sdk.reading.results import RunCollection as QueryRunSequenceCollection
from aim.sdk.reading.results import RunMetrics as SingleRunSequenceCollection

__all__ = ["QueryRunSequenceCollection", "QuerySequenceCollection", "SingleRunSequenceCollection"]
