"""A live bank in virtual time: what a policy costs when fraud adapts and a release goes wrong.

Messages come, the current release reads and decides them, chargebacks arrive when they arrive, reviewers enter their
verdicts overnight; once a week the adversary and the model may learn. The bad release here is one whose adapter has
lost the list of the terminals that send cents.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from case_studies.fraud.data import DAY, Adapter
from case_studies.fraud.features import HISTORY, features_of
from case_studies.fraud.labels import LabelPolicy
from case_studies.fraud.models import THRESHOLD_DAYS, Release, fit_release
from case_studies.fraud.monitor import monitor_of, window_of
from case_studies.fraud.policy import CHARGEBACK_FEE_EUR, ReviewPolicy, saved_eur
from case_studies.kit import LiveSystem, Rollback
from case_studies.kit.stream_times import between, midnight_after
from mlsd_lib.datasets.fraud import PaymentStream, simulator_card
from mlsd_lib.datasets.fraud_simulator import MECHANISMS, FraudSimulator

RIGHT = Adapter.of()
"""How the acquirers really send their amounts."""


class Bank(LiveSystem[Release]):
    """A live bank: its payments as it read them, its truth as it will come out, its features and its release."""

    def __init__(self, simulator: FraudSimulator, stream: PaymentStream, features: pd.DataFrame, release: Release):
        self.simulator, self.stream, self._blocks = simulator, stream, [features]
        self.caught: dict[str, float] = {}
        self.first_rows: list[int] = []
        super().__init__(release, monitor_of(release, features, stream.payments["time"], self.now))

    @classmethod
    def opened(
        cls,
        rng: np.random.Generator,
        history_days: int = 92,
        model: str = "logistic",
        policy: ReviewPolicy | None = None,
        label_policy: LabelPolicy = "as seen",
        **options: Any,
    ) -> "Bank":
        """A bank on the day of its first release, after `history_days` without a defence."""
        simulator = FraudSimulator(rng, **options)
        payments, truth = simulator.advance(history_days)
        stream = PaymentStream(payments, truth, simulator_card(len(payments)))
        features, now = features_of(payments, truth), payments["time"].iloc[0].normalize() + history_days * DAY
        release = fit_release(stream, features, now, model, policy, label_policy)
        stream.payments["sent"] = RIGHT.sent(payments)["amount"]
        return cls(simulator, stream, features, release)

    @property
    def now(self) -> pd.Timestamp:
        """The midnight after the last payment."""
        return midnight_after(self.stream.payments["time"])

    @property
    def features(self) -> pd.DataFrame:
        """Of every payment so far; the days' tables are joined when somebody asks, not each day."""
        if len(self._blocks) > 1:
            self._blocks = [pd.concat(self._blocks)]
        return self._blocks[0]

    def week(self, adversary_adapts: bool = True, rollback: Rollback = "release and state") -> None:
        """Lives seven days; the adversary may know what was caught in the week before."""
        payments, truth = self.simulator.advance(7, self.caught if adversary_adapts else None)
        reviewed: set[int] = set()
        for _, today in payments.groupby(payments["time"].dt.normalize()):
            self.day((today, truth.loc[today["transaction_id"]]), rollback)
            reviewed.update(self.reviewed)
        kinds, hit = truth["mechanism"].to_numpy(), truth.index.isin(reviewed)
        self.caught = {kind: float(hit[kinds == kind].mean()) for kind in MECHANISMS if (kinds == kind).any()}

    def live_day(self, arrivals: tuple[pd.DataFrame, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Reads, decides and records the payments of one day; `arrivals`: payments and truth."""
        (payments, truth), release = arrivals, self.release
        first, sent = len(self.stream.payments), RIGHT.sent(payments)
        self.first_rows.append(first)
        self._append(release.adapter.parsed(sent).assign(sent=sent["amount"]), truth)
        features = features_of(*self._recent(first))
        self._blocks.append(features)
        score, value, reviewed = release.decide(features, payments["time"])
        self.reviewed = truth.index[reviewed]
        self._enter_verdicts()
        window = window_of(features, score, value, release.threshold)
        amount, fraud = payments["amount"].to_numpy(), truth["is_fraud"].to_numpy()
        figures = {
            "date": payments["time"].iloc[0].normalize(),
            "saved_eur": saved_eur(reviewed, amount, fraud).sum(),
            "at_stake_eur": (fraud * (amount + CHARGEBACK_FEE_EUR)).sum(),
            "reviews": int(reviewed.sum()),
            "wanted": int(window["wanted"].sum()),
        }
        return window, figures

    def spoils(self, release: Release) -> bool:
        """Whether a release misreads amounts: they stay in the averages of customers for thirty days."""
        return release.adapter != RIGHT

    def restore_state(self, day: int) -> None:
        """Reads what was sent since then again, rightly, and computes the features since then anew."""
        first, payments = self.first_rows[day], self.stream.payments
        fixed = RIGHT.parsed(payments.iloc[first:].assign(amount=payments["sent"]))
        fixed = pd.concat([payments.iloc[:first], fixed], ignore_index=True)
        self.stream = PaymentStream(fixed, self.stream.truth, self.stream.card)
        self._blocks = [self.features.iloc[:first], features_of(*self._recent(first))]

    def retrain(self, label_policy: LabelPolicy = "as seen") -> None:
        """Fits the same kind of model, and a monitor for it, on what is known by now."""
        old = self.release
        release = fit_release(
            self.stream, self.features, self.now, old.model_name, old.policy, label_policy, adapter=old.adapter
        )
        self.deploy(release, monitor_of(release, self.features, self.stream.payments["time"], self.now))

    def change_policy(self, policy: ReviewPolicy) -> None:
        """Puts the same model under another review policy, and fits a monitor to it; there is no way back from it."""
        now, time, features = self.now, self.stream.payments["time"], self.features
        recent = features[between(time, now - THRESHOLD_DAYS * DAY, now)]
        threshold = policy.threshold(self.release.score(recent), recent["amount"].to_numpy(), THRESHOLD_DAYS)
        self.release = replace(self.release, policy=policy, threshold=threshold)
        self.monitor = monitor_of(self.release, features, time, now)
        self.earlier.clear()

    def _append(self, payments: pd.DataFrame, truth: pd.DataFrame) -> None:
        whole = pd.concat([self.stream.payments, payments], ignore_index=True)
        self.stream = PaymentStream(whole, pd.concat([self.stream.truth, truth]), self.stream.card)

    def _recent(self, first: int) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        """The payments and truth that features from row `first` on need, and where that row is among them."""
        time = self.stream.payments["time"]
        start = int(time.searchsorted(time.iloc[first].normalize() - pd.Timedelta(HISTORY)))
        return self.stream.payments.iloc[start:], self.stream.truth.iloc[start:], first - start

    def _enter_verdicts(self) -> None:
        """Overnight the reviewers enter which of the day's reviewed payments were fraud."""
        truth = self.stream.truth
        row = np.searchsorted(truth.index, self.reviewed)  # transactions are numbered in order of time
        found, column = row[truth["is_fraud"].to_numpy()[row]], truth.columns.get_loc("label_time")
        truth.iloc[found, column] = np.minimum(truth.iloc[found, column], self.now)
