"""The service: payments in, decisions out, in a process of its own.

It remembers every payment, so that the next one's features are right; it answers a payment sent twice with the
decision it made first, and refuses another payment under the same id; and it follows the registry, so that a rollback
takes effect with the next request.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import flask
import numpy as np
from prometheus_client import CollectorRegistry, Counter, Histogram
from pydantic import AfterValidator, BaseModel, Field, NaiveDatetime

from case_studies.fraud.data import LARGEST_AMOUNT
from case_studies.fraud.release import Release, registry_of
from case_studies.fraud.state import State
from mlsd_lib.serving import create_app, serve
from mlsd_lib.serving.app import json_body
from mlsd_lib.serving.body import BadRequest, RowReader

AMOUNT_BUCKETS_EUR = (2, 5, 10, 20, 35, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 10_000)
Id = Annotated[int, Field(ge=0, le=2**53 - 1)]


def _in_our_century(time: datetime) -> datetime:
    if not 2000 <= time.year < 2100:
        raise ValueError("a payment's time lies in the years 2000 to 2099")
    return time


LocalTime = Annotated[NaiveDatetime, AfterValidator(_in_our_century)]


class Payment(BaseModel):
    """A payment as its acquirer sends it: `time` local, without a zone; `amount` in the acquirer's unit."""

    transaction_id: Id
    time: LocalTime
    customer_id: Id
    terminal_id: Id
    amount: Annotated[float, Field(ge=0, le=100 * LARGEST_AMOUNT)]


class Report(BaseModel):
    """The news that a payment was fraud: a chargeback, or a reviewer's verdict."""

    transaction_id: Id
    terminal_id: Id
    time: LocalTime


class Decider:
    """Decides about payments by the run's current release and memory."""

    def __init__(self, run: Path, metrics: CollectorRegistry):
        self.registry, self.state = registry_of(run), State(run / "state.db")
        self._releases: dict[str, Release] = {}
        self.release()  # a service without a release must not start
        self._amount = Histogram(
            "payment_amount_eur", "Amounts as parsed", registry=metrics, buckets=AMOUNT_BUCKETS_EUR
        )
        self._reviews = Counter("reviews", "Payments sent to review", ["release"], registry=metrics)

    def release(self) -> tuple[str, Release]:
        """The current release and its name, from the registry; read from disk once a name."""
        name = self.registry.current or "none"
        if name not in self._releases:
            self._releases[name] = Release.read(self.registry.path(name))
        return name, self._releases[name]

    def decide(self, payments: Sequence[Payment]) -> list[dict[str, Any]]:
        """One decision a payment, in order; each payment is part of the history of the next.

        All or none are decided. Raises `BadRequest` with 409 for an id that another payment had.
        """
        decided: list[tuple[float, str, bool]] = []
        with self.state.lock, self.state.transaction():
            answers = [self._decide(payment, decided) for payment in payments]
        for amount, release, review in decided:  # only now is it sure that they stay
            self._amount.observe(amount)
            self._reviews.labels(release).inc(int(review))
        return answers

    def report(self, news: Report) -> None:
        """Notes a report; raises `BadRequest` for one that fits no payment that the service knows."""
        sent, time_us = news.model_dump(mode="json"), microseconds(news.time)
        with self.state.lock:
            paid = self.state.payment(news.transaction_id)
            if paid is None:
                rule, fix = (
                    "only a known payment is reported",
                    "Send the payment to /predict first, or correct the id.",
                )
                raise BadRequest(404, "transaction_id", sent["transaction_id"], rule, fix)
            if news.terminal_id != paid["terminal_id"]:
                rule, fix = "a report names the terminal of its payment", "Send the payment's own terminal_id."
                raise BadRequest(422, "terminal_id", sent["terminal_id"], rule, fix)
            if time_us < paid["time_us"]:
                rule, fix = "no payment is reported before it is made", "Send the time at which the report arrived."
                raise BadRequest(422, "time", sent["time"], rule, fix)
            self.state.report(news.transaction_id, news.terminal_id, time_us)

    def _decide(self, payment: Payment, decided: list[tuple[float, str, bool]]) -> dict[str, Any]:
        key = (microseconds(payment.time), payment.customer_id, payment.terminal_id)
        before = self.state.payment(payment.transaction_id)
        if before is not None and tuple(before.values()) != (*key, payment.amount):
            rule = "a transaction_id names one payment, and this one was sent before with other content"
            fix = "Repeat a payment unchanged, or give a new one an id of its own."
            raise BadRequest(409, "transaction_id", payment.transaction_id, rule, fix)
        known = self.state.decision(payment.transaction_id)
        score, value, review, release = known or self._new_decision(payment, key, decided)
        answer = {"transaction_id": payment.transaction_id, "score": score, "value": value, "review": review}
        return answer | {"release": release}

    def _new_decision(
        self, payment: Payment, key: tuple[int, int, int], decided: list[tuple[float, str, bool]]
    ) -> tuple[float, float, bool, str]:
        name, release = self.release()
        amount = release.adapter.parsed_amount(payment.terminal_id, payment.amount)
        features = self.state.features(*key, amount)
        score = float(release.score(features[None, :])[0])
        value = float(release.policy.value(score, amount))
        free = self.state.reviews_on_day_of(key[0]) < release.policy.reviews_per_day
        review = bool(value >= release.threshold and free)
        self.state.add(payment.transaction_id, *key, payment.amount, amount)
        self.state.decide(payment.transaction_id, key[0], name, score, value, review, features)
        decided.append((amount, name, review))
        return score, value, review, name


def microseconds(time: datetime) -> int:
    """Microseconds since 1970 of a time without a zone."""
    return int(np.datetime64(time, "us").astype(np.int64))


def app_of(run: Path) -> flask.Flask:
    """The app of a run: POST /predict, POST /reports, GET /healthz, GET /metrics."""
    metrics = CollectorRegistry()
    decider = Decider(run, metrics)

    def add_reports(app: flask.Flask) -> None:
        reader = RowReader(Report, max_rows=1)

        @app.post("/reports")
        def report() -> flask.Response:
            (news,), _ = reader.read(json_body())
            assert isinstance(news, Report)
            decider.report(news)
            document = json.dumps({"transaction_id": news.transaction_id, "reported": True})
            return flask.Response(document, mimetype="application/json")

    return create_app(
        Payment,
        decider.decide,
        name="fraud",
        version=lambda: decider.release()[0],
        registry=metrics,
        routes=add_reports,
    )


def run_service(run: Path, port: int, threads: int = 4) -> None:
    """Serves a run on 127.0.0.1 until it is told to stop."""
    serve(app_of(run), port, threads)
