"""A live bank in virtual time, a day at a step: what a policy costs when fraud adapts and a release goes wrong.

Messages come, the current release reads and decides them, the monitor looks at the day, chargebacks arrive when they
arrive, reviewers enter their verdicts overnight; once a week the adversary and the model may learn.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from case_studies.fraud.data import Adapter, FraudError
from case_studies.fraud.features import HISTORY, features_of
from case_studies.fraud.fitting import DAY, THRESHOLD_DAYS, between, fit_release
from case_studies.fraud.labels import LabelPolicy
from case_studies.fraud.monitor import ACT_BEYOND, acting, monitor_of, window_of
from case_studies.fraud.policy import CHARGEBACK_FEE_EUR, ReviewPolicy, saved_eur
from case_studies.fraud.release import Release
from mlsd_lib.datasets.fraud import PaymentStream, simulator_card
from mlsd_lib.datasets.fraud_simulator import MECHANISMS, FraudSimulator
from mlsd_lib.operations import Monitor

RollbackPolicy = Literal["release and state", "release", "wait for chargebacks"]
NOTICED_DAYS = 10
"""After so many days the chargebacks show everybody what was read wrongly, whatever was done until then."""
ROLLBACK_COST_EUR = 400.0
"""Eight hours of engineers: a rollback, and the search for its cause, whether the alarm was right or false."""


@dataclass
class Bank:
    """A live bank: its payments as it read them, its truth as it will come out, and its current release."""

    simulator: FraudSimulator
    stream: PaymentStream
    features: pd.DataFrame
    release: Release
    monitor: Monitor
    right: Adapter = field(default_factory=Adapter.of)
    """How the acquirers really send their amounts."""
    caught: dict[str, float] = field(default_factory=dict)
    days: list[dict[str, object]] = field(default_factory=list)
    act_beyond: float = ACT_BEYOND
    """How many times beyond its threshold an alert must be for a rollback."""
    earlier: list[tuple[Release, Monitor]] = field(default_factory=list)
    """The releases that a rollback can go back to, the latest last."""
    misread: tuple[int, Release, Monitor] | None = None
    """While the state holds what a bad release read: the first row of it, and what was in charge before."""

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
        stream.payments["sent"] = Adapter.of().sent(payments)["amount"]
        return cls(simulator, stream, features, release, monitor_of(release, features, payments["time"], now))

    @property
    def now(self) -> pd.Timestamp:
        """The midnight after the last payment."""
        return self.stream.payments["time"].iloc[-1].normalize() + DAY

    def week(self, adversary_adapts: bool = True, rollback: RollbackPolicy = "release and state") -> None:
        """Lives seven days; the adversary may know what was caught in the week before."""
        if rollback not in get_args(RollbackPolicy):
            raise FraudError(f"rollback is {rollback!r}; it must be one of {', '.join(get_args(RollbackPolicy))}.")
        payments, truth = self.simulator.advance(7, self.caught if adversary_adapts else None)
        reviewed = [
            self.day(today, truth.loc[today["transaction_id"]], rollback)
            for _, today in payments.groupby(payments["time"].dt.normalize())
        ]
        kinds, hit = truth["mechanism"].to_numpy(), np.concatenate(reviewed)
        self.caught = {kind: float(hit[kinds == kind].mean()) for kind in MECHANISMS if (kinds == kind).any()}

    def day(self, payments: pd.DataFrame, truth: pd.DataFrame, rollback: RollbackPolicy) -> np.ndarray:
        """Reads, decides, records and watches one day; which payments were reviewed, (n,) of bool."""
        first, release = len(self.stream.payments), self.release
        sent = self.right.sent(payments)
        self._append(release.adapter.parsed(sent).assign(sent=sent["amount"]), truth)
        features = features_of(*self._recent(first))
        self.features = pd.concat([self.features, features])
        score, value, reviewed = release.decide(features, payments["time"])
        self._enter_verdicts(truth.index[reviewed])
        window = window_of(features, score, value, release.threshold)
        alerts = self.monitor.observe(window, t=float(len(self.days)))
        acted_on = acting(alerts, self.act_beyond)
        rolled_back = self._perhaps_roll_back(bool(acted_on), rollback)
        amount, fraud = payments["amount"].to_numpy(), truth["is_fraud"].to_numpy()
        self.days.append(
            {
                "date": payments["time"].iloc[0].normalize(),
                "saved_eur": saved_eur(reviewed, amount, fraud).sum() - ROLLBACK_COST_EUR * rolled_back,
                "at_stake_eur": (fraud * (amount + CHARGEBACK_FEE_EUR)).sum(),
                "reviews": int(reviewed.sum()),
                "wanted": int(window["wanted"].sum()),
                "alerts": [alert.metric for alert in alerts],
                "acting": [alert.metric for alert in acted_on],
                "misread": release.adapter != self.right,
                "rollbacks": int(rolled_back),
            }
        )
        return reviewed

    def deploy(self, release: Release) -> None:
        """Puts a release in charge, keeping the one before it."""
        self.earlier.append((self.release, self.monitor))
        self.release = release
        if release.adapter != self.right and self.misread is None:
            self.misread = (len(self.stream.payments), *self.earlier[-1])

    def retrain(self, label_policy: LabelPolicy = "as seen") -> None:
        """Fits the same kind of model, and a monitor for it, on what is known by now."""
        old = self.release
        self.earlier.append((old, self.monitor))
        self.release = fit_release(
            self.stream, self.features, self.now, old.model_name, old.policy, label_policy, adapter=old.adapter
        )
        self.monitor = monitor_of(self.release, self.features, self.stream.payments["time"], self.now)

    def change_policy(self, policy: ReviewPolicy) -> None:
        """Puts the same model under another review policy, and fits a monitor to it; there is no way back from it."""
        now, time, features = self.now, self.stream.payments["time"], self.features
        week = between(time, now - THRESHOLD_DAYS * DAY, now)
        threshold = policy.threshold(
            self.release.score(features[week]), features["amount"].to_numpy()[week], THRESHOLD_DAYS
        )
        self.release = replace(self.release, policy=policy, threshold=threshold)
        self.monitor = monitor_of(self.release, features, time, now)
        self.earlier.clear()

    def restore_state(self) -> None:
        """Reads what was sent again, rightly, since a bad release, and computes the features since then anew."""
        if self.misread is None:
            return
        first, payments = self.misread[0], self.stream.payments
        fixed = self.right.parsed(payments.iloc[first:].assign(amount=payments["sent"]))
        fixed = pd.concat([payments.iloc[:first], fixed], ignore_index=True)
        self.stream = PaymentStream(fixed, self.stream.truth, self.stream.card)
        self.features = pd.concat([self.features.iloc[:first], features_of(*self._recent(first))])
        self.misread = None

    def _perhaps_roll_back(self, alarmed: bool, rollback: RollbackPolicy) -> bool:
        """Goes back to the release before if the policy and an alarm, true or false, ask for it; whether it did.

        Once the chargebacks have shown what was read wrongly, a bank of any policy fixes all of it: it reads it again,
        and puts the last release in charge that had not learned from it.
        """
        if self.misread is not None and self._days_since(self.misread[0]) >= NOTICED_DAYS:
            _, self.release, self.monitor = self.misread
            self.restore_state()
            return True
        if rollback == "wait for chargebacks" or not alarmed or not self.earlier:
            return False
        self.release, self.monitor = self.earlier.pop()
        if rollback == "release and state":
            self.restore_state()
        return True

    def _days_since(self, row: int) -> float:
        return (self.now - self.stream.payments["time"].iloc[row].normalize()) / DAY

    def _append(self, payments: pd.DataFrame, truth: pd.DataFrame) -> None:
        whole = pd.concat([self.stream.payments, payments], ignore_index=True)
        self.stream = PaymentStream(whole, pd.concat([self.stream.truth, truth]), self.stream.card)

    def _recent(self, first: int) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        """The payments and truth that features from row `first` on need, and where that row is among them."""
        time = self.stream.payments["time"]
        start = int(time.searchsorted(time.iloc[first].normalize() - pd.Timedelta(HISTORY)))
        return self.stream.payments.iloc[start:], self.stream.truth.iloc[start:], first - start

    def _enter_verdicts(self, reviewed: pd.Index) -> None:
        """Overnight the reviewers enter which of the day's reviewed payments were fraud."""
        found = reviewed[self.stream.truth.loc[reviewed, "is_fraud"].to_numpy()]
        known = self.stream.truth.loc[found, "label_time"]
        self.stream.truth.loc[found, "label_time"] = np.minimum(known, self.now)


def weekly(days: list[dict[str, Any]]) -> pd.DataFrame:
    """The days' records summed by week: money in EUR, counts, days with alerts, with acting alerts, misread."""
    table = pd.DataFrame(days)
    for column in ("alerts", "acting"):
        table[column] = table[column].map(len) > 0
    table["lost_eur"] = table["at_stake_eur"] - table["saved_eur"]
    return table.drop(columns="date").groupby(np.arange(len(table)) // 7).sum().rename_axis("week")
