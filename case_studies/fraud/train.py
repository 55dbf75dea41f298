"""From a stream to a run folder: candidates compared, the chosen one fitted, tested and written down."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.fraud.comparison import chosen_from, compare
from case_studies.fraud.data import Adapter, FraudError
from case_studies.fraud.features import HISTORY, features_of, reports_of
from case_studies.fraud.fitting import DAY, THRESHOLD_DAYS, between, fit_release, warm
from case_studies.fraud.labels import LabelPolicy
from case_studies.fraud.policy import ReviewPolicy, daily_interval, saved_eur
from case_studies.fraud.release import Release, registry_of
from case_studies.fraud.state import State
from mlsd_lib.datasets.fraud import PaymentStream

REPORTABLE_DAYS = 120
"""How long after a payment its card scheme takes a report; far longer than any feature looks back."""


def fingerprint(stream: PaymentStream) -> str:
    """A checksum of the payments and their truth: the same bytes in, the same model out."""
    digest = hashlib.sha256()
    for table in (stream.payments, stream.truth):
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def train(
    run: Path,
    stream: PaymentStream,
    rng: np.random.Generator,
    policy: ReviewPolicy | None = None,
    label_policy: LabelPolicy = "as seen",
    test_days: int = 28,
    tell: Callable[[str], None] = lambda text: None,
    **options: Any,
) -> pd.DataFrame:
    """Fills the new folder `run` with a promoted release, and gives the comparison that chose it.

    The last `test_days` of the stream come after the release and are used for nothing but the test.
    """
    if "customer_id" not in stream.payments:
        raise FraudError(
            f"{stream.card.name} has no customers and terminals, which a release needs. "
            "Use report --protocol ulb for it."
        )
    policy = policy or ReviewPolicy()
    end = stream.payments["time"].iloc[-1].normalize() + DAY
    _require_days(stream, end, test_days)
    now = end - test_days * DAY
    tell(f"features of {len(stream.payments):,} payments")
    features = features_of(stream.payments, stream.truth)
    tell("comparing the candidates on labels as known")
    days = min(28, int((now - warm(stream)) / DAY) // 2)
    table = compare(stream, features, now, rng, policy, label_policy, days, **options)
    name = chosen_from(table)
    tell(f"fitting the release ({name})")
    release = fit_release(stream, features, now, name, policy, label_policy)
    tell("testing it on the days after its release")
    tested = between(stream.payments["time"], now, end)
    _, _, reviewed = release.decide(features[tested], stream.payments["time"][tested])
    rows = stream.payments[tested]
    saved = saved_eur(reviewed, rows["amount"].to_numpy(), stream.truth["is_fraud"].to_numpy()[tested])
    interval = daily_interval(saved, rows["customer_id"].to_numpy(), test_days, rng)
    _write_down(run, stream, now, release, label_policy, table, asdict(interval))
    return table


def _require_days(stream: PaymentStream, end: pd.Timestamp, test_days: int) -> None:
    days = (end - stream.payments["time"].iloc[0].normalize()) // DAY
    history, least = HISTORY // np.timedelta64(1, "D"), 2 * THRESHOLD_DAYS + 1
    if days < history + least + test_days:
        raise FraudError(
            f"{stream.card.name} holds {days} days; a release with {test_days} days of test needs "
            f"{history + least + test_days}: {history} of history before the first features, {least} to learn from and "
            "compare on, and the test. Give a longer stream, or fewer days of test."
        )


def _write_down(
    run: Path,
    stream: PaymentStream,
    now: pd.Timestamp,
    release: Release,
    label_policy: LabelPolicy,
    table: pd.DataFrame,
    test: dict[str, float],
) -> None:
    registry = registry_of(run)
    registry.add("v1", release.save)
    registry.promote("v1", "first release")
    remember_history(State(run / "state.db"), stream, now, release.adapter).close()
    _write_json(run / "data.json", {**asdict(stream.card), "sha256": fingerprint(stream), "released_at": str(now)})
    _write_json(run / "metrics.json", {"comparison": table.reset_index().to_dict("records"), "test_eur_a_day": test})
    (run / "decision.md").write_text(decision_record(release, label_policy, table, test), encoding="utf-8")


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1, default=str), encoding="utf-8")


def remember_history(state: State, stream: PaymentStream, now: pd.Timestamp, adapter: Adapter) -> State:
    """`state`, filled with what the service may be asked about at `now`: payments that can be reported, and reports."""
    recent = between(stream.payments["time"], now - REPORTABLE_DAYS * DAY, now)
    payments, reports = stream.payments[recent], reports_of(stream.payments, stream.truth)
    state.remember(payments, adapter.sent(payments)["amount"], reports[reports["time"] < now])
    return state


def decision_record(release: Release, label_policy: LabelPolicy, table: pd.DataFrame, test: dict[str, float]) -> str:
    """The one page that says what was decided, against what, on which assumption, and how to go back."""
    judged = "\n".join(
        f"- {name}: {row.seen_eur:,.0f} EUR a day by the labels seen{', tied with the best' if row.tied else ''}"
        for name, row in table.iterrows()
    )
    return f"""# Decision: release v1

Chosen: {release.model_name}, ranked by {release.policy.rank_by}, {release.policy.reviews_per_day} reviews a day,
threshold {release.threshold:.4g}, labels {label_policy}.

Candidates, judged on the days before the release; of the models tied with the best, the cheapest to serve is taken:
{judged}

Test, on the days after the release: {test["mean"]:,.0f} EUR saved a day (95 % interval {test["low"]:,.0f} to
{test["high"]:,.0f}).

Weakest assumption: fraud next month looks like fraud last month; whoever is caught will see to it that it does not.

Rolling back: `releases/` keeps every release; roll the registry back, and parse the state again if amounts were read
wrongly (`python -m case_studies.fraud rollback --help`).
"""
