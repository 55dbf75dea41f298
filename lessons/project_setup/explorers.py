"""What a reader may set in the lesson on project set-up: the threshold on a model's probability, and two prices."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.explorer import SIZE, Explorer, Setting, Verdict

THRESHOLDS = np.geomspace(0.005, 0.95, 80)
ASKED_EUR, CLOSE = 48, 0.9  # the price of a review, and the share of the largest saving that counts as that


@dataclass(frozen=True)
class Scored:
    """Payments of some days: a model's probability of fraud, the amount in EUR, and whether it was fraud, (n,) each."""

    probability: np.ndarray
    amount: np.ndarray
    fraud: np.ndarray
    days: int


@dataclass(frozen=True)
class Saved:
    """What reviews save, EUR a day, at the chosen threshold and at each of `THRESHOLDS`, (80,)."""

    threshold: float
    saved_eur: float
    reviews_a_day: float
    at_each: np.ndarray
    formula: float
    """The price of a review over the mean loss of a missed fraud."""


def threshold(payments: Scored | None = None) -> Explorer:
    """Which threshold saves most once a price changes; without `payments`, those of the lesson's first seed."""
    payments = payments or lesson_payments()
    return Explorer(
        f"A review costs {ASKED_EUR} EUR from now on, four times as much. Find a threshold that saves at least "
        f"{CLOSE:.0%} of what the best one saves then.",
        (
            Setting("at", "threshold", {f"{one:g}": one for one in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)}, "0.1"),
            Setting("review_eur", "price of a review (EUR)", {"3": 3.0, "12": 12.0, "48": 48.0}, "12"),
            Setting("fee_eur", "fee of a missed fraud (EUR)", {"15": 15.0, "150": 150.0}, "15"),
        ),
        partial(decide, payments),
        _draw,
        _judge,
    )


def lesson_payments() -> Scored:
    """The four weeks of test of the lesson's first seed, scored by its boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    from mlsd_lib.data.payment_signs import payment_signs
    from mlsd_lib.datasets.fraud import load

    stream = load("simulator", seed=0, days=128, customers=1_200, terminals=800)
    signs, fraud = payment_signs(stream.payments), stream.truth["is_fraud"].to_numpy()
    time, amount = (stream.payments[name].to_numpy() for name in ("time", "amount"))
    day = (time - time[0].astype("datetime64[D]")) // np.timedelta64(1, "D")
    train, test = (day >= 30) & (day < 72), day >= 100
    trees = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=150, max_leaf_nodes=8, random_state=0)
    with threadpool_limits(1):
        probability = trees.fit(signs[train], fraud[train]).predict_proba(signs[test])[:, 1]
    return Scored(probability, amount[test], fraud[test], 28)


def decide(payments: Scored, at: float, review_eur: float, fee_eur: float) -> Saved:
    """What it saves to review each payment whose probability is at least `at`, with these prices."""
    lost = payments.fraud * (payments.amount + fee_eur)

    def saved_eur(one: float) -> float:
        review = payments.probability >= one
        return float((lost[review].sum() - review_eur * review.sum()) / payments.days)

    reviews = (payments.probability >= at).sum() / payments.days
    each = np.array([saved_eur(one) for one in THRESHOLDS])
    return Saved(at, saved_eur(at), float(reviews), each, float(review_eur / lost[payments.fraud].mean()))


def _draw(found: Saved) -> Axes:
    most = max(found.at_each.max(), found.saved_eur)
    return plot.lines(
        {"": found.at_each},
        "What a threshold saves",
        "threshold on the probability",
        "saved (EUR a day)",
        at=THRESHOLDS,
        moments={"chosen": found.threshold, "formula": found.formula},
        levels={"do nothing": 0},
        log="x",
        y_range=(-most, 1.3 * most),
        better="up",
        size=SIZE,
    )


def _judge(found: Saved, at: float, review_eur: float, fee_eur: float) -> Verdict:
    best = max(found.at_each.max(), found.saved_eur)
    measured = (
        f"{found.reviews_a_day:.0f} reviews a day save {found.saved_eur:,.0f} EUR a day; the best threshold saves "
        f"{best:,.0f}."
    )
    formula = f"{review_eur:g} EUR over the mean loss is a threshold of {found.formula:.2f}"
    if review_eur != ASKED_EUR:
        return Verdict(measured, False, f"the question is about a review of {ASKED_EUR} EUR.")
    if found.saved_eur >= CLOSE * best:
        return Verdict(measured, True, f"{formula}, and near the best one the curve is flat.")
    side = "too many honest payments are reviewed" if at < found.formula else "frauds worth a review are let pass"
    return Verdict(measured, False, f"{formula}; at {at:g} {side}.")
