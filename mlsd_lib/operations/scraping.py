"""What a service says of itself at /metrics, read over time: rates, shares and quantiles between two scrapes.

The arithmetic is Prometheus's own (`rate`, `histogram_quantile`), so that a real one shows the same figures.
"""

import http.client
import math
import re
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property

from prometheus_client.metrics_core import Sample
from prometheus_client.parser import text_string_to_metric_families

from mlsd_lib.operations.errors import OperationsError

Key = tuple[str, frozenset[tuple[str, str]]]
DEADLINE_S = 5.0
"""For a whole reading, whatever it is spent on."""
MOST_BYTES, MOST_LINES, LONGEST_LINE = 4_000_000, 20_000, 10_000
"""What a reading may take: the parser's time grows with the lines, and with the square of a line."""
LARGEST = 1e100
"""Sums and rates of numbers up to it are finite."""
COUNTS = ("_total", "_bucket", "_count", "_sum")
EDGE = re.compile(r"[+-]?(?:Inf|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
INDEX, ALARM = "monitor_index", "monitor_alarm"
"""The names at /metrics of what the service's own monitor found; the second has the first thing to do as a label."""
LABELS = {"requests_total": ("route", "status"), INDEX: ("metric",), ALARM: ("metric", "runbook")}
"""By which labels a metric is read."""


@dataclass(frozen=True)
class Scrape:
    """All samples of one moment: values by name and labels. `time_s`: by a clock that is never set."""

    time_s: float
    values: Mapping[Key, float] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, time_s: float) -> "Scrape":
        """From Prometheus's text format. Raises `OperationsError` where it is none, or lacks what the figures need.

        A gauge that is no number was not seen.
        """
        lines = text.split("\n")
        if len(lines) > MOST_LINES or max(map(len, lines)) > LONGEST_LINE:
            raise OperationsError(
                f"It has {len(lines):,} lines, the longest of {max(map(len, lines)):,} characters; {MOST_LINES:,} of "
                f"{LONGEST_LINE:,} are read. Count less at the service."
            )
        try:
            families = list(text_string_to_metric_families(text))
        except Exception as error:  # the parser raises whatever it trips over
            raise OperationsError(
                f"The text is not in Prometheus's format: {repr(error)[:200]}. Ask for /metrics."
            ) from None
        samples = [sample for family in families for sample in family.samples if not sample.name.endswith("_created")]
        for sample in samples:
            _require_whole(sample.name, sample.labels, sample.value)
        _require_last_bucket(samples)
        return cls(
            time_s,
            {
                (sample.name, frozenset(sample.labels.items())): float(sample.value)
                for sample in samples
                if abs(sample.value) <= LARGEST
            },
        )

    @cached_property
    def labels(self) -> Mapping[str, Sequence[frozenset[tuple[str, str]]]]:
        """The labels of each sample, by name."""
        found: dict[str, list[frozenset[tuple[str, str]]]] = {}
        for name, own in self.values:
            found.setdefault(name, []).append(own)
        return found


def _require_whole(name: str, labels: Mapping[str, str], value: float) -> None:
    if name.endswith(COUNTS) and not abs(value) <= LARGEST:  # also for NaN
        raise OperationsError(f"{name} is no number up to {LARGEST:g} at the service. Correct what the service counts.")
    needed = ("le",) if name.endswith("_bucket") else LABELS.get(name, ())
    for label in needed:
        if label not in labels:
            raise OperationsError(f"{name} has no label {label}, by which it is read. Add it at the service.")
    if name.endswith("_bucket") and not _is_edge(labels["le"]):
        raise OperationsError(f"{name} has the edge {labels['le']!r}, which is no number. Correct it at the service.")


def _require_last_bucket(samples: Sequence[Sample]) -> None:
    """Without the bucket of all observations, those beyond the last edge would be seen by nobody."""
    edges: dict[Key, set[float]] = {}
    for sample in samples:
        if sample.name.endswith("_bucket"):
            others = frozenset(sample.labels.items() - {("le", sample.labels["le"])})
            edges.setdefault((sample.name, others), set()).add(float(sample.labels["le"]))
    for (name, _), own in edges.items():
        if math.inf not in own:
            raise OperationsError(f'{name} has no bucket le="+Inf", which counts all. Add it at the service.')


def _is_edge(text: str) -> bool:
    edge = float(text) if EDGE.fullmatch(text) else math.nan
    return math.isinf(edge) or abs(edge) <= LARGEST


def scrape(url: str) -> Scrape:
    """What the service at this address says now, within `DEADLINE_S`. Raises `OperationsError` where it says nothing.

    No redirection is followed: whoever answers for the service could send the monitor anywhere.
    """
    address = f"{url.rstrip('/')}/metrics"
    try:
        return Scrape.parse(_read(address).decode(), time.monotonic())
    except OSError as error:
        why = str(error) or type(error).__name__
        raise OperationsError(f"{address} does not answer: {why}. Start the service, or correct the address.") from None
    except (http.client.HTTPException, ValueError) as error:
        fix = "Correct the address, or what the service shows there."
        raise OperationsError(f"{address} cannot be read: {error}. {fix}") from None
    except OperationsError as error:
        raise OperationsError(f"{address} cannot be read: {error}") from None


def _read(address: str) -> bytes:
    connection, path = connection_to(address, DEADLINE_S)
    with closing(connection), within(connection, DEADLINE_S):
        return _answer(connection, path)


def connection_to(address: str, timeout_s: float) -> tuple[http.client.HTTPConnection, str]:
    """A connection to where an address leads, not opened yet, and what to ask for there; raises `ValueError`."""
    where = urllib.parse.urlsplit(address)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if where.scheme not in kinds or not where.hostname:
        raise ValueError("it is no address of the form http://127.0.0.1:8000")
    path = where.path + (f"?{where.query}" if where.query else "")
    return kinds[where.scheme](where.hostname, where.port, timeout=timeout_s), path or "/"


@contextmanager
def within(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Ends what a block reads from a connection, which is opened if it is not, after so long with `TimeoutError`."""
    late, opened = threading.Event(), list[socket.socket]()

    def end() -> None:
        late.set()
        for one in opened:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # wakes whoever reads

    deadline = threading.Timer(seconds, end)
    deadline.start()
    try:
        if connection.sock is None:
            connection.connect()
        opened.append(connection.sock)  # kept here: the connection lets go of one that ends with its answer
        if not late.is_set():
            yield
    except (http.client.HTTPException, OSError, ValueError):
        if not late.is_set():
            raise
    finally:
        deadline.cancel()
    if late.is_set():
        raise TimeoutError(f"it was not read within {seconds:g} s")


def _answer(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"Connection": "close"})
    with closing(connection.getresponse()) as response:
        if response.status != 200:
            raise ValueError(f"its status is {response.status}")
        text = body_of(response, MOST_BYTES)
        if not text.endswith(b"\n"):  # which the format asks for
            raise ValueError("it ends within a line")
        return text


def body_of(response: http.client.HTTPResponse, most: int) -> bytes:
    """What an answer holds; raises `ValueError` where it ends early, or has more than `most` bytes, then not read."""
    buffer = bytearray(most + 1)  # `read` takes all there is for a chunk of a length below zero
    text = bytes(buffer[: response.readinto(buffer)])
    if len(text) > most:
        raise ValueError(f"it has more than {most:,} bytes")
    if response.length:
        raise ValueError(f"it ends {response.length:,} bytes early")
    return text


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
        for own in self.after.labels.get(name, ()):
            if labels.items() <= dict(own).items():
                value = self.after.values[name, own]
                earlier = self.before.values.get((name, own), 0.0)
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
        if total <= 0 or len(edges) < 2:
            return math.nan
        below, low = 0.0, min(0.0, edges[0])  # as in Prometheus: nothing is interpolated up to an edge below 0
        for edge in edges:
            if counts[edge] >= q * total:
                if math.isinf(edge):
                    return low
                return low + (edge - low) * (q * total - below) / (counts[edge] - below)
            below, low = counts[edge], edge
        return low

    def mean(self, name: str, **labels: str) -> float:
        """The mean of a histogram's observations in the window; NaN without any."""
        counts, total = self.by_labels(f"{name}_count", **labels), 0.0
        for own in counts:
            value, earlier = (one.values.get((f"{name}_sum", own), 0.0) for one in (self.after, self.before))
            anew = self.after.values[f"{name}_count", own] < self.before.values.get((f"{name}_count", own), 0.0)
            total += value if anew else value - earlier  # a sum may fall, a count may not
        return total / sum(counts.values()) if sum(counts.values()) > 0 else math.nan

    def histograms(self) -> list[str]:
        """The names of all histograms."""
        return sorted({name.removesuffix("_bucket") for name, _ in self.after.values if name.endswith("_bucket")})

    def counters(self) -> list[str]:
        """The names of all counters that are no part of a histogram."""
        return sorted({name for name, _ in self.after.values if name.endswith("_total")})
