"""The worker's `/metrics` text becomes figures for people. Pure.

Quantiles come from histogram buckets as in Prometheus' `histogram_quantile`, so `penstock run` and a dashboard agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, isinf
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

BREAKER_CLOSED = 0


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts by upper bound in seconds, `inf` last."""

    buckets: Mapping[float, float] = field(default_factory=dict)

    @property
    def count(self) -> float:
        return self.buckets.get(inf, 0)

    def quantile(self, fraction: float) -> float | None:
        """Seconds; None without observations. Linear inside a bucket; the last finite bound for the open one."""
        if not self.count:
            return None
        rank = fraction * self.count
        bounds = sorted(self.buckets)
        for below, bound in pairwise([0.0, *bounds]):
            if self.buckets[bound] >= rank:
                return below if isinf(bound) else self._interpolate(below, bound, rank)
        return bounds[-1]

    def _interpolate(self, below: float, bound: float, rank: float) -> float:
        before = self.buckets.get(below, 0)
        return below + (bound - below) * (rank - before) / max(self.buckets[bound] - before, 1)

    def plus(self, other: Self, sign: int = 1) -> "Histogram":
        bounds = self.buckets.keys() | other.buckets.keys()
        return Histogram({bound: self.buckets.get(bound, 0) + sign * other.buckets.get(bound, 0) for bound in bounds})


@dataclass(frozen=True, slots=True)
class Measurement:
    """One scrape. Counters and histograms grow while the worker process lives; the rest is of the moment."""

    produced_records: float = 0
    retries: float = 0
    partitions_assigned: int = 0
    partitions_held: int = 0
    breaker_state: int = BREAKER_CLOSED
    lag_records: float = 0
    prediction: Histogram = Histogram()
    end_to_end: Histogram = Histogram()

    def plus(self, earlier: Self) -> "Measurement":
        """This process together with an earlier one: counters add up, what is of the moment stays."""
        return self._with_counters_of(earlier, sign=1)

    def since(self, earlier: Self) -> "Measurement":
        """What happened between two scrapes of one process; all of it when the process is a new one."""
        if earlier.produced_records > self.produced_records:
            return self
        return self._with_counters_of(earlier, sign=-1)

    def _with_counters_of(self, earlier: Self, sign: int) -> "Measurement":
        return Measurement(
            produced_records=self.produced_records + sign * earlier.produced_records,
            retries=self.retries + sign * earlier.retries,
            partitions_assigned=self.partitions_assigned,
            partitions_held=self.partitions_held,
            breaker_state=self.breaker_state,
            lag_records=self.lag_records,
            prediction=self.prediction.plus(earlier.prediction, sign),
            end_to_end=self.end_to_end.plus(earlier.end_to_end, sign),
        )


def parse_measurement(text: str) -> Measurement:
    """Metrics that a worker does not expose count as zero. Raises `ValueError` for text that is not an exposition."""
    sums: dict[str, float] = {}
    buckets: dict[str, dict[float, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if "le" in sample.labels:
                buckets.setdefault(family.name, {})[float(sample.labels["le"])] = sample.value
            else:
                sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return Measurement(
        produced_records=sums.get("penstock_records_produced_total", 0),
        retries=sums.get("penstock_retries_total", 0),
        partitions_assigned=int(sums.get("penstock_partitions_assigned", 0)),
        partitions_held=int(sums.get("penstock_partitions_held", 0)),
        breaker_state=int(sums.get("penstock_breaker_state", BREAKER_CLOSED)),
        lag_records=sums.get("penstock_lag_records", 0),
        prediction=Histogram(buckets.get("penstock_prediction_seconds", {})),
        end_to_end=Histogram(buckets.get("penstock_end_to_end_seconds", {})),
    )
