"""What a service says of itself at /metrics, read over time: rates, shares and quantiles between two scrapes.

The arithmetic is Prometheus's own (`rate`, `histogram_quantile`), so that a real one shows the same figures.
"""

import math
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from mlsd_lib.operations.errors import OperationsError

Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Scrape:
    """All samples of one moment: values by name and labels. `time_s`: seconds since the epoch."""

    time_s: float
    values: Mapping[Key, float] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, time_s: float) -> "Scrape":
        """From Prometheus's text format. Raises `OperationsError` where it is none."""
        try:
            families = list(text_string_to_metric_families(text))
        except (ValueError, KeyError, IndexError) as error:
            raise OperationsError(f"The text is not in Prometheus's format: {error}. Ask for /metrics.") from None
        samples = (sample for family in families for sample in family.samples if not sample.name.endswith("_created"))
        return cls(time_s, {(sample.name, frozenset(sample.labels.items())): float(sample.value) for sample in samples})


def scrape(url: str, timeout_s: float = 5.0) -> Scrape:
    """What the service at this address says now. Raises `OperationsError` where it does not answer."""
    address = f"{url.rstrip('/')}/metrics"
    try:
        with urllib.request.urlopen(address, timeout=timeout_s) as response:
            text = response.read().decode()
    except (urllib.error.URLError, TimeoutError, OSError, ValueError) as error:
        raise OperationsError(
            f"{address} does not answer: {error}. Start the service, or correct the address."
        ) from None
    return Scrape.parse(text, time.time())


@dataclass(frozen=True)
class Window:
    """What happened between two scrapes of one service. A counter that fell began anew, and counts from 0."""

    before: Scrape
    after: Scrape

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.after.time_s - self.before.time_s

    def grown(self, name: str, **labels: str) -> float:
        """By how much all counters of that name with these labels grew together."""
        return sum(self.by_labels(name, **labels).values())

    def by_labels(self, name: str, **labels: str) -> dict[frozenset[tuple[str, str]], float]:
        """By how much each counter of that name with these labels grew."""
        found = {}
        for (known, own), value in self.after.values.items():
            if known == name and labels.items() <= dict(own).items():
                earlier = self.before.values.get((known, own), 0.0)
                found[own] = value - earlier if value >= earlier else value
        return found

    def quantile(self, q: float, name: str, **labels: str) -> float:
        """The q-quantile of a histogram's observations in the window, interpolated in its bucket; NaN without any."""
        counts: dict[float, float] = {}
        for own, grown in self.by_labels(f"{name}_bucket", **labels).items():
            edge = float(dict(own)["le"])
            counts[edge] = counts.get(edge, 0.0) + grown
        edges = sorted(counts)
        total = counts[edges[-1]] if edges else 0.0
        if total <= 0:
            return math.nan
        below, low = 0.0, 0.0
        for edge in edges:
            if counts[edge] >= q * total:
                if math.isinf(edge):
                    return low
                return low + (edge - low) * (q * total - below) / (counts[edge] - below)
            below, low = counts[edge], edge
        return low

    def mean(self, name: str, **labels: str) -> float:
        """The mean of a histogram's observations in the window; NaN without any."""
        count = self.grown(f"{name}_count", **labels)
        return self.grown(f"{name}_sum", **labels) / count if count > 0 else math.nan

    def histograms(self) -> list[str]:
        """The names of all histograms."""
        return sorted({name.removesuffix("_bucket") for name, _ in self.after.values if name.endswith("_bucket")})

    def counters(self) -> list[str]:
        """The names of all counters that are no part of a histogram."""
        return sorted({name for name, _ in self.after.values if name.endswith("_total")})
