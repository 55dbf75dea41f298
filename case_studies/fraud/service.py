"""The service: payments in, decisions out, in a process of its own.

It remembers every payment, so that the next one's features are right, and the reports, when they arrive.
"""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import flask
import pandas as pd
from prometheus_client import Counter, Histogram
from pydantic import BaseModel, Field

from case_studies.fraud.data import DAY, LARGEST_AMOUNT, MESSAGE, Adapter, reports_of
from case_studies.fraud.features import FEATURES, online_features
from case_studies.fraud.models import Release
from case_studies.fraud.monitor import window_of
from case_studies.kit import Decision, DecisionService, DecisionStore, Id, LocalTime, Run
from case_studies.kit.stream_times import between
from mlsd_lib.datasets.fraud import PaymentStream

REPORTABLE_DAYS = 120
"""How long after a payment its card scheme takes a report; far longer than any feature looks back."""
AMOUNT_BUCKETS_EUR = (2, 5, 10, 20, 35, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 10_000)


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


class FraudStore(DecisionStore):
    """Payments with their amounts in euros, as the release of the time read them, and reports."""

    schema = """
    CREATE TABLE IF NOT EXISTS payments (
        transaction_id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, customer_id INTEGER NOT NULL,
        terminal_id INTEGER NOT NULL, amount REAL NOT NULL
    );
    CREATE TABLE IF NOT EXISTS reports (
        transaction_id INTEGER PRIMARY KEY, terminal_id INTEGER NOT NULL, time_us INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS by_customer ON payments (customer_id, time_us, amount);
    CREATE INDEX IF NOT EXISTS by_terminal ON payments (terminal_id, time_us);
    CREATE INDEX IF NOT EXISTS by_report ON reports (terminal_id, time_us);
    """

    dated = ("payments", "reports")

    def remember_history(self, stream: PaymentStream, now: pd.Timestamp, adapter: Adapter) -> "FraudStore":
        """Adds what may be asked about at `now`: payments that can still be reported, and reports; the store."""
        payments = stream.payments[between(stream.payments["time"], now - REPORTABLE_DAYS * DAY, now)]
        reports = reports_of(stream.payments, stream.truth)
        with self.transaction():
            self.remember(adapter.sent(payments)[MESSAGE], "transaction_id")
            columns = ("transaction_id", "time", "customer_id", "terminal_id", "amount")
            self.insert_columns("payments", payments, columns)
            self.insert_columns("reports", reports[reports["time"] < now], ("transaction_id", "terminal_id", "time"))
        return self

    def parse_again(self, adapter: Adapter) -> int:
        """Computes every amount anew from what was sent, as `adapter` reads it; how many changed."""

        def amount(sent: dict[str, Any]) -> list[float]:
            return [adapter.parsed_amount(sent["terminal_id"], sent["amount"])]

        with self.transaction():
            return self.derive_columns_again("payments", "transaction_id", ["amount"], amount)


class FraudService(DecisionService[Release]):
    """Decides about payments by the run's current release and memory."""

    name, id_field, request, report = "fraud", "transaction_id", Payment, Report
    features, keep_days = FEATURES, REPORTABLE_DAYS

    def __init__(self, run: Run):
        super().__init__(run.registry(), FraudStore(run.store))
        self._amount = Histogram(
            "payment_amount_eur", "Amounts as parsed", registry=self.metrics, buckets=AMOUNT_BUCKETS_EUR
        )
        self._reviews = Counter("reviews", "Payments sent to review", ["release"], registry=self.metrics)

    def read(self, folder: Path) -> Release:
        return Release.read(folder)

    def decide(self, release: Release, request: Payment, time_us: int) -> Decision:
        """Score, value and whether the payment is reviewed, while the day has room."""
        amount = release.adapter.parsed_amount(request.terminal_id, request.amount)
        key = (time_us, request.customer_id, request.terminal_id)
        seen = online_features(self.store.connection, *key, amount)
        score = float(release.score(seen[None, :])[0])
        value = float(release.policy.value(score, amount))
        free = self.store.acted_on_day_of(time_us) < release.policy.reviews_per_day
        review = bool(value >= release.threshold and free)
        self.store.insert("payments", [(request.transaction_id, *key, amount)])
        return Decision({"score": score, "value": value, "review": review}, review, seen)

    def window(self, release: Release, seen: pd.DataFrame) -> pd.DataFrame:
        return window_of(seen, seen["score"].to_numpy(), seen["value"].to_numpy(), release.threshold)

    def store_report(self, report: Report, time_us: int) -> None:
        self.store.insert("reports", [(report.transaction_id, report.terminal_id, time_us)])

    def count(self, request: Payment, decision: Decision, version: str) -> None:
        self._amount.observe(float(decision.seen[0]))
        self._reviews.labels(version).inc(int(decision.acted))


def app_of(run: Run) -> flask.Flask:
    """The app of a run."""
    return FraudService(run).app()


def restore(run: Run, release: Path) -> int:
    """Reads the remembered amounts again as the release in that folder does; how many changed."""
    with closing(FraudStore(run.store)) as store:
        return store.parse_again(Release.read(release).adapter)
