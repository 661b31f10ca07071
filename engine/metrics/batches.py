"""Counters and histograms of the hot path: plain numbers in lists, which a scrape reads.

A job may cost a microsecond here. prometheus_client takes a lock and looks up labels for each count: 2 µs for one
counter and one histogram. One thread counts, and the scrape runs in the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

OTHER = "other"
Key = tuple[str, ...]
T = TypeVar("T")


class Capped(dict[Key, T], Generic[T]):
    """What is kept a key, for the first `most` keys; whatever comes later shares what `rest(key)` names.

    Labels come from users here: an app may make up queues without end, and each key is a series for ever.
    """

    def __init__(self, make: Callable[[Key], T], *, most: int, rest: Callable[[Key], Key]) -> None:
        super().__init__()
        self._make = make
        self._most = most
        self._rest = rest

    def __missing__(self, key: Key) -> T:
        known = key if len(self) < self._most else self._rest(key)
        if known not in self:
            self[known] = self._make(known)
        return self[known]


class Series:
    """One histogram's numbers: `counts` a bucket, the last one for what is above all, and their sum.

    Whoever observes changes them in place: a call is a third of what an observation costs.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0


class Histograms(Collector):
    """A histogram with labels."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        bounds: Sequence[float],
        *,
        most: int,
        rest: Callable[[Key], Key],
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = labels
        self.series: Capped[Series] = Capped(lambda key: Series(bounds), most=most, rest=rest)

    def collect(self) -> Iterator[Metric]:
        """What a scrape reads."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
        for key, series in self.series.items():
            total, buckets = 0, []
            for bound, count in zip((*series.bounds, float("inf")), series.counts, strict=True):
                total += count
                buckets.append((str(float(bound)) if bound < float("inf") else "+Inf", total))
            family.add_metric(key, buckets, series.sum)
        yield family


class Counts(Collector):
    """A counter with labels; whoever counts changes `values` itself."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = labels
        self.values: dict[Key, list[int]] = {}

    def cell(self, key: Key) -> list[int]:
        """A list of one number, to be counted up."""
        return self.values.setdefault(key, [0])

    def collect(self) -> Iterator[Metric]:
        """What a scrape reads."""
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labels)
        for key, (value,) in self.values.items():
            family.add_metric(key, value)
        yield family
