"""From a stream to a run folder: candidates compared by what a log can say of them, the chosen one fitted and tested.

And the protocol on the published log, Open Bandit: each policy's click rate estimated from the other policy's log,
next to the rate that its own log shows.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.kit import DecisionRecord, Run, gains, with_monitor
from case_studies.kit.stream_times import between, require_days
from case_studies.personalization import models
from case_studies.personalization.data import DAY, PersonalizationError, end_of
from case_studies.personalization.features import WARM_DAYS, features_of
from case_studies.personalization.labels import LabelPolicy, learnable, rewards_as_of
from case_studies.personalization.models import LEARN_DAYS, Release, fit_release
from case_studies.personalization.monitor import monitor_of
from case_studies.personalization.off_policy import estimate, estimators
from case_studies.personalization.policy import CLICK_EUR, SlotPolicy, always, in_order
from case_studies.personalization.published_logs import shown_as_logged, transferred
from case_studies.personalization.service import PageStore
from mlsd_lib.datasets.personalization import PageStream, read_open_bandit
from mlsd_lib.datasets.personalization_simulator import ITEMS
from mlsd_lib.datasets.published import published_file
from mlsd_lib.modeling import cheapest_tied, clustered_interval, paired_comparison

BEST_ITEM = "best single items"
"""The same for everybody, the most clicked one in the top slot."""
COMPARE_DAYS = 10
"""The last days before a release are kept from the candidates, and compare them."""
Target = Callable[[np.ndarray], np.ndarray]
"""From features (n, 13) to the probability of each item in each slot, (n, items)."""


def candidates(
    features: np.ndarray, item: np.ndarray, reward: np.ndarray, seed: int = 0, names: tuple[str, ...] = ()
) -> tuple[dict[str, Target], Any]:
    """Who could choose, fitted on a log; baselines first. And a model of the reward, for the doubly robust estimate."""
    rates = models.item_rates(item, reward)
    fitted = {name: models.fit(name, features, item, reward, seed) for name in names or tuple(models.MODELS)}

    def by(scores: Target) -> Target:
        return lambda rows: always(in_order(scores(rows), rows[:, -1]))

    baselines: dict[str, Target] = {
        "any items": lambda rows: np.full((len(rows), ITEMS), 1 / ITEMS),
        BEST_ITEM: by(lambda rows: np.tile(rates, (len(rows), 1))),
        "best of the category": by(lambda rows: models.category_rule(rows, rates)),
    }
    learned = {name: by(partial(models.ranking, model)) for name, model in fitted.items()}
    return baselines | learned, next(iter(fitted.values()))


def compare(
    stream: PageStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    rng: np.random.Generator,
    label_policy: LabelPolicy = "matured",
    **options: Any,
) -> pd.DataFrame:
    """Every candidate fitted on all but the last `COMPARE_DAYS` before `now` and judged on those: the best last.

    `IPS`, `SNIPS`, `DR`: click rates; `effective_rows`, `rewards` and `refused`: see `Estimate`; `seen_eur`: a day by
    DR, and `lead_low`, `lead_high`: the 95 % interval over visitors of what it earns a day over the best single items;
    `true_eur`: a day by the simulator.
    """
    views, log, split = stream.views, stream.log, now - COMPARE_DAYS * DAY
    rows = learnable(views["time"], log, now, label_policy)
    fitted, tested = (rows & between(views["time"], *ends) for ends in ((now - LEARN_DAYS, split), (split, now)))
    table, item = features.to_numpy(), log["item"].to_numpy()
    policies, model = candidates(table[fitted], item[fitted], rewards_as_of(log, split)[fitted], **options)
    chance, visitor = models.chances(model, table[tested]), views["visitor_id"].to_numpy()[tested]
    shown = item[tested], log["propensity"].to_numpy()[tested], rewards_as_of(log, now)[tested]
    records, earned = {}, {}
    for name, policy in policies.items():
        target = policy(table[tested])
        parts, weight = estimators(target, chance, *shown)
        judged, earned[name] = estimate(parts["DR"], weight, shown[2], visitor), CLICK_EUR * parts["DR"]
        records[name] = {kind: float(part.mean()) for kind, part in parts.items()} | {
            "effective_rows": judged.effective_rows,
            "rewards": judged.rewards,
            "refused": judged.refused,
            "true_eur": CLICK_EUR * (target * stream.truth.chance[tested]).sum() / COMPARE_DAYS,
        }
    for name, value in earned.items():
        lead = clustered_interval(value - earned[BEST_ITEM], visitor, COMPARE_DAYS, rng, over="visitors")
        records[name] |= {"lead_low": lead.low, "lead_high": lead.high}
    ordered = paired_comparison(earned, visitor, COMPARE_DAYS, rng, over="visitors")[["mean", "tied"]]
    return ordered.rename(columns={"mean": "seen_eur"}).join(pd.DataFrame(records).T.infer_objects())


def train(
    run: Run,
    stream: PageStream,
    rng: np.random.Generator,
    policy: SlotPolicy | None = None,
    label_policy: LabelPolicy = "matured",
    test_days: int = 7,
    tell: Callable[[str], None] = lambda text: None,
    **options: Any,
) -> pd.DataFrame:
    """Adds a release to `run`, in a new run a promoted one, and gives the comparison that chose it.

    The last `test_days` of the stream come after the release and are used for nothing but the test.
    """
    end = end_of(stream)
    needed = {
        "until features are full": WARM_DAYS,
        "to learn from": 1,
        "to compare on": COMPARE_DAYS,
        "of test": test_days,
    }
    held = (end - stream.views["time"].iloc[0].normalize()) // DAY
    require_days(stream.card.name, held, needed, PersonalizationError)
    now = end - test_days * DAY
    learned = run.learns_from(__package__, stream.card, {"views": stream.views, "log": stream.log}, now)
    tell(f"features of {len(stream.views):,} views")
    features = features_of(stream.views)
    tell("comparing the candidates by the log")
    table = compare(stream, features, now, rng, label_policy, **options)
    name = cheapest_tied(table, tuple(models.MODELS), "seen_eur")
    tell(f"fitting the release ({name})")
    release = fit_release(stream.views, stream.log, features, now, name, policy, label_policy)
    tested = np.flatnonzero(between(stream.views["time"], now, end))
    worth, visitor = partial(_earned, stream, features, tested), stream.views["visitor_id"].to_numpy()[tested]
    interval = partial(clustered_interval, cluster=visitor, periods=test_days, rng=rng, over="visitors")
    shown = CLICK_EUR * stream.truth.rows(tested).clicked(stream.log["item"].to_numpy()[tested])
    claim = claim_over_best_item(table.loc[name])
    record = DecisionRecord(
        f"{name}, {release.policy.explore:.0%} of the pages explored, clicks {label_policy}; {claim}",
        table,
        interval(worth(release)),
        "what was logged is what was shown, with the probability that was logged; a rule behind the model breaks it.",
        "files the views again, if they were filed wrongly",
        models=tuple(models.MODELS),
        why_a_model="A rule gives no chance of a click, and estimates of other policies rest on one; no lead in money "
        "is claimed over it.",
        gains=gains(run, Release.read, worth, release, shown, interval),
        unit="EUR a day",
    )
    record.file(
        run,
        learned,
        with_monitor(release.save, monitor_of(release, features, stream.views, now)),
        lambda: PageStore(run.store).remember_history(stream, now).close(),
    )
    return table


def claim_over_best_item(row: pd.Series) -> str:
    """What may be said of a candidate against the best single item, by its estimate and its interval."""
    if row["refused"]:
        return f"nothing is claimed over the {BEST_ITEM}: {row['refused']}"
    if row["lead_low"] > 0:
        return f"ahead of the {BEST_ITEM} by {row['lead_low']:,.0f} to {row['lead_high']:,.0f} EUR a day"
    return f"not surely ahead of the {BEST_ITEM} ({row['lead_low']:,.0f} to {row['lead_high']:,.0f} EUR a day)"


def _earned(stream: PageStream, features: pd.DataFrame, rows: np.ndarray, release: Release) -> np.ndarray:
    """EUR from the clicks on what the release shows in the views at `rows`, one each."""
    shown = release.decide(features.iloc[rows], stream.views["page_id"].to_numpy()[rows])
    return CLICK_EUR * stream.truth.rows(rows).clicked(shown.item)


def open_bandit(folder: Path | None = None) -> tuple[str, pd.DataFrame]:
    """Each policy's click rate from the other policy's log, beside its own log's: cards, and one row an estimate.

    The Thompson policy (bts) is taken as its log shows it: how often each item stood at each position. The columns are
    those of `transferred`.
    """
    folder = folder or published_file("personalization/obd_sample")
    cards, records = [], {}
    for campaign in ("all", "men", "women"):
        logs = {policy: read_open_bandit(folder, policy, campaign) for policy in ("random", "bts")}
        cards += [str(log.card) for log in logs.values()]
        for name, log in logs.items():
            other = logs["random" if name == "bts" else "bts"]
            even = np.full(len(other.table), 1 / other.arms)
            target = shown_as_logged(log, other) if name == "bts" else even
            records[f"{campaign}: {name} from the other log"] = transferred(target, log, other)
    return "\n".join(cards), pd.DataFrame(records).T.rename_axis("estimate")
