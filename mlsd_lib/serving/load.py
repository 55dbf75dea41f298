"""Load for a server on this machine: on schedule (open loop), or each request after the last answer (closed loop).

The two ask different questions. A closed loop waits while the server stands still and so hardly samples its worst
moments (G. Tene, "How NOT to Measure Latency", 2013: coordinated omission); an open loop sends when users would have
and counts from the time a request was *due*.
"""

import ipaddress
import json
import subprocess
import sys
import urllib.parse
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlsd_lib.serving.errors import ServingError

CLIENT = Path(__file__).with_name("client.py")
TIMED_OUT, NO_ANSWER = 0, -1
BEHIND_MS = 100.0
"""A client that sends so late says so."""
Body = bytes | str | Mapping[str, Any]


@dataclass(frozen=True)
class LoadResult:
    """One record a request, in the order in which they were due; arrays of shape (requests,).

    `scheduled_s`: when it was due, since the start; `sent_s`: when it was sent (later, if the client fell behind);
    `latency_ms`: from due to answered, for a timeout to when the client gave up, infinite where no answer came;
    `status`: the HTTP status, 0 for a timeout, -1 for no answer. `duration_s`: for how long requests were due.
    """

    scheduled_s: np.ndarray
    sent_s: np.ndarray
    latency_ms: np.ndarray
    status: np.ndarray
    duration_s: float

    def __len__(self) -> int:
        return len(self.status)

    @property
    def ok(self) -> np.ndarray:
        """Which requests were answered with a 2xx, shape (requests,)."""
        return (self.status >= 200) & (self.status < 300)

    @property
    def behind_ms(self) -> float:
        """How much later than due the client sent one request in a hundred, or more of them; 0 without requests."""
        return float(1_000 * np.percentile(self.sent_s - self.scheduled_s, 99)) if len(self) else 0.0

    @property
    def timeouts(self) -> int:
        """How many requests the client gave up."""
        return int((self.status == TIMED_OUT).sum())

    def percentile_ms(self, q: float) -> float:
        """The q-th percentile of the latency of all requests, in ms; infinite where it falls on one never answered.

        A request that was given up counts with the time it was waited for, which is less than it would have taken.
        """
        return float(np.percentile(self.latency_ms, q, method="inverted_cdf")) if len(self) else float("nan")

    def goodput_per_s(self, limit_ms: float) -> float:
        """Requests a second that were answered with a 2xx within `limit_ms` of when they were due."""
        return float((self.ok & (self.latency_ms <= limit_ms)).sum() / self.duration_s)

    def error_share(self) -> float:
        """The share of requests without a 2xx, timeouts and lost connections included."""
        return float(1 - self.ok.mean()) if len(self) else float("nan")


def open_loop(
    url: str,
    bodies: Sequence[Body],
    rate_per_s: float,
    duration_s: float,
    rng: np.random.Generator,
    *,
    timeout_s: float = 10.0,
    headers: Mapping[str, str] | None = None,
) -> LoadResult:
    """The result of requests that arrive as a Poisson process of `rate_per_s`, whether answers come or not.

    `bodies` are sent in turn as JSON, from the first again after the last, each with `headers`. The client is a process
    of its own, so the call works inside a notebook and a busy notebook does not disturb it.

    Warns where the client could not keep its schedule. Raises `ServingError` for another host, and for
    values out of range.
    """
    _require(rate_per_s > 0 and duration_s > 0, f"rate_per_s is {rate_per_s}, duration_s {duration_s}; both are > 0")
    schedule_s = np.sort(rng.uniform(0, duration_s, rng.poisson(rate_per_s * duration_s)))
    job = {"schedule_s": schedule_s.tolist(), "headers": dict(headers or {})}
    result = _result(_run_client(url, bodies, job, timeout_s), duration_s)
    if result.behind_ms > BEHIND_MS:
        warnings.warn(
            f"The client did not keep its schedule: one request in a hundred was sent {result.behind_ms:.0f} ms late "
            "or later. Latencies count from when a request was due and hold that delay. Ask for less.",
            stacklevel=2,
        )
    return result


def closed_loop(
    url: str,
    bodies: Sequence[Body],
    clients: int,
    duration_s: float,
    *,
    timeout_s: float = 10.0,
    headers: Mapping[str, str] | None = None,
) -> LoadResult:
    """The result of `clients` that each send the next request once their last was answered; see `open_loop`.

    Here a request is due when it is sent, and `duration_s` of the result lasts until the last answer.
    """
    _require(clients >= 1 and duration_s > 0, f"clients is {clients}, duration_s {duration_s}; clients is at least 1")
    job = {"clients": clients, "duration_s": duration_s, "headers": dict(headers or {})}
    records = _run_client(url, bodies, job, timeout_s)
    return _result(records, float(records[:, 2].max(initial=0.0)) or duration_s)


def capacity_per_s(
    url: str,
    bodies: Sequence[Body],
    *,
    clients: int = 8,
    duration_s: float = 2.0,
    headers: Mapping[str, str] | None = None,
) -> float:
    """Good answers a second under a short closed loop: the rate against which an open-loop rate is chosen."""
    result = closed_loop(url, bodies, clients, duration_s, headers=headers)
    return result.goodput_per_s(float("inf"))


def _run_client(url: str, bodies: Sequence[Body], job: dict[str, Any], timeout_s: float) -> np.ndarray:
    """Records of shape (requests, 4): due, sent, answered (s), status, in order of due time."""
    _require(len(bodies) > 0, "bodies is empty; give at least one")
    if not _is_loopback(url):
        raise ServingError(
            f"The load test was pointed at {url}; only this machine may be loaded. "
            "Start a server with ServerProcess, or forward a port of a host that is yours (ssh -L)."
        )
    job |= {"url": url, "bodies": [_encoded(body).decode("latin-1") for body in bodies], "timeout_s": timeout_s}
    done = subprocess.run([sys.executable, "-P", str(CLIENT)], input=json.dumps(job).encode(), capture_output=True)
    if done.returncode:
        raise ServingError(f"The client of the load test failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    records = np.array(json.loads(done.stdout), dtype=float).reshape(-1, 4)
    return records[np.argsort(records[:, 0], kind="stable")]


def _result(records: np.ndarray, duration_s: float) -> LoadResult:
    due_s, sent_s, end_s, status = records.T
    latency_ms = np.where(status == NO_ANSWER, np.inf, (end_s - due_s) * 1000)
    return LoadResult(due_s, sent_s, latency_ms, status.astype(int), duration_s)


def _encoded(body: Body) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _is_loopback(url: str) -> bool:
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ServingError(f"A load test cannot run so: {rule}.")
