"""A stream sent to a running service, as its acquirers and the card scheme would send it."""

import http.client
import itertools
import json
import urllib.parse
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from case_studies.fraud.data import Adapter, FraudError
from case_studies.fraud.features import reports_of
from mlsd_lib.datasets.fraud import PaymentStream


def messages(payments: pd.DataFrame, adapter: Adapter) -> list[dict[str, Any]]:
    """The bodies for POST /predict, in the order of the payments, amounts in each acquirer's unit."""
    sent = adapter.sent(payments)[["transaction_id", "time", "customer_id", "terminal_id", "amount"]]
    return sent.assign(time=sent["time"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f")).to_dict("records")


def report_messages(stream: PaymentStream, first: pd.Timestamp, end: pd.Timestamp) -> list[dict[str, Any]]:
    """The bodies for POST /reports of the reports that arrive from `first` until before `end`."""
    reports = reports_of(stream.payments, stream.truth)
    reports = reports[(reports["time"] >= first) & (reports["time"] < end)]
    return reports.assign(time=reports["time"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f")).to_dict("records")


def post(url: str, body: Any) -> tuple[int, Any]:
    """Status and parsed answer of one POST; a body that is not bytes is sent as JSON."""
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    try:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", where.path, raw, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def replay(url: str, payments: Sequence[dict[str, Any]], reports: Sequence[dict[str, Any]] = ()) -> pd.DataFrame:
    """The service's answers to `payments`, both told in the order of their times, payments a hundred to a request.

    Raises `FraudError` when the service refuses something.
    """
    events = [("predict", payment) for payment in payments] + [("reports", report) for report in reports]
    events.sort(key=lambda event: event[1]["time"])  # texts of one form, as `messages` writes them
    answers: list[dict[str, Any]] = []
    for route, group in itertools.groupby(events, key=lambda event: event[0]):
        bodies = [body for _, body in group]
        batches = bodies if route == "reports" else [{"rows": bodies[i : i + 100]} for i in range(0, len(bodies), 100)]
        for body in batches:
            status, answer = post(f"{url}/{route}", body)
            if status != 200:
                raise FraudError(f"The service at {url}/{route} answered {status}: {json.dumps(answer)[:300]}.")
            answers += answer.get("rows", [])
    return pd.DataFrame(answers)


def day_rows(payments: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
    """Positions of the payments of one day, (n,)."""
    return np.flatnonzero((payments["time"].dt.normalize() == day).to_numpy())
