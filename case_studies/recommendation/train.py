"""From a log to a run folder: candidates compared, the chosen one fitted, tested and written down.

And the evaluation protocols with reference figures: households with purchases before and after a date, NDCG@10 of what
each household buys later. Online Retail II: before and since 2010-11-01, of items that are new to the customer.
completejourney: weeks before 45 and since, of all product types.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from case_studies.kit import DecisionRecord, Run, gains, with_monitor
from case_studies.kit.stream_times import between, require_days
from case_studies.recommendation import data, models
from case_studies.recommendation.data import DAY, RecommendationError
from case_studies.recommendation.features import ItemIndex, Ranking, best, rankings
from case_studies.recommendation.labels import LabelPolicy
from case_studies.recommendation.models import TRAIN_DAYS, Release, fit_release, index_of
from case_studies.recommendation.monitor import monitor_of
from case_studies.recommendation.policy import SLOTS, ShelfPolicy
from case_studies.recommendation.retrieval import best_ridge, judged_by_household, judged_by_time, ndcg
from case_studies.recommendation.service import ShopStore
from case_studies.recommendation.shopping import ShoppingLog
from case_studies.recommendation.slates import hits
from mlsd_lib.datasets.shopping_simulator import added_eur
from mlsd_lib.modeling import cheapest_tied, clustered_interval, paired_comparison, seen_and_true

MOST_COMPARED = 2_500
"""So many visits of a comparison or a test are drawn; a simulated fortnight has fewer."""
RETAIL_CUT = pd.Timestamp("2010-11-01")
JOURNEY_CUT = pd.Timestamp("2017-10-30 04:00")
"""The beginning of week 45: midnight of the stores, in the file's time."""
RETAIL_REFERENCE = {"popularity": 0.041, "item cosine": 0.080, "EASE": 0.110}
JOURNEY_REFERENCE = {"popularity": 0.465, "buy again": 0.604, "item cosine": 0.437, "EASE": 0.477}
"""NDCG@10, measured once with cheap baselines."""
BASELINES = ("popularity", "buy again", "EASE alone")
BASELINES_BY_MONEY = tuple(f"{name} by money" for name in BASELINES)
"""The same scores times the margin, under the rules of the slate: a model by money has both, too."""
WHY_A_RANKER = (
    "A baseline gives no chance of a purchase, on which the threshold and the monitor rest; no lead in money is "
    "claimed over it. What a slate adds no log can tell: on the simulated shop buying again by money adds as much as "
    "the rankers, and EASE by money more. An experiment against them comes first."
)
"""Why a record passes over baselines that are tied with the best or lead."""


def baseline_slates(
    log: ShoppingLog, index: ItemIndex, visits: pd.DataFrame, shelf: ShelfPolicy | None = None
) -> dict[str, np.ndarray]:
    """Slates of codes, (visits, slots), that need no ranker: by name of the baseline.

    Under a `shelf` that ranks by money each baseline comes a second time, by its score times the margin, under the
    rules of the shelf.
    """
    by_money = BASELINES_BY_MONEY if shelf and shelf.rank_by == "money" else ()
    chosen = {name: np.empty((len(visits), SLOTS), dtype=np.int64) for name in (*BASELINES, *by_money)}
    for rows, ranking in rankings(log.purchases, visits, index):
        sold = np.tile(ranking.sold, (len(rows), 1))
        scores = dict(zip(BASELINES, (sold, ranking.count + 1e-6 * sold, ranking.neighbours), strict=True))
        for name, score in scores.items():
            chosen[name][rows] = index.catalogue.codes[best(score, SLOTS)]
            if shelf and by_money:
                chosen[f"{name} by money"][rows] = _on_the_shelf(shelf, index, ranking, score, visits.iloc[rows])
    return chosen


def _on_the_shelf(
    shelf: ShelfPolicy, index: ItemIndex, ranking: Ranking, score: np.ndarray, visits: pd.DataFrame
) -> np.ndarray:
    """The slates of codes, (visits, slots), that `shelf` makes of scores of all items, (visits, items)."""
    catalogue, places = index.catalogue, np.arange(len(index.catalogue))
    resting = [set(np.flatnonzero(days < shelf.rest_days).tolist()) for days in ranking.days]
    each = zip(shelf.value(score, catalogue.margin_eur), resting, visits["visit_id"].tolist(), strict=True)
    return np.stack([shelf.slate(catalogue, places, *visit) for visit in each])


def some_visits(log: ShoppingLog, first: pd.Timestamp, end: pd.Timestamp, seed: int = 0) -> np.ndarray:
    """Positions of visits from `first` until before `end`, ascending, at most MOST_COMPARED."""
    rows = np.flatnonzero(between(log.visits["time"], first, end))
    if len(rows) > MOST_COMPARED:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_COMPARED, replace=False))
    return rows


def foreseen(log: ShoppingLog, rows: np.ndarray, slates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For visits: the margin of what was bought and stood on the slate, EUR, and NDCG, (visits,) each."""
    visits = log.visits.iloc[rows]
    mine = log.purchases[log.purchases["visit_id"].isin(visits["visit_id"])]
    bought_at, bought = mine["visit_id"].to_numpy(), mine["item"].to_numpy()
    hit = hits(bought_at, bought, visits["visit_id"].to_numpy(), slates)
    wanted = mine.groupby("visit_id").size().reindex(visits["visit_id"], fill_value=0).to_numpy()
    margin = log.items.set_index("item")["margin_eur"].reindex(slates.ravel()).fillna(0).to_numpy()
    return (hit * margin.reshape(slates.shape)).sum(axis=1), ndcg(hit, wanted)


def compare(
    log: ShoppingLog,
    now: pd.Timestamp,
    rng: np.random.Generator,
    policy: ShelfPolicy | None = None,
    label_policy: LabelPolicy = "as seen",
    days: int = 14,
    names: tuple[str, ...] = tuple(models.MODELS),
) -> pd.DataFrame:
    """Every candidate made `days` before `now`, judged on the days since: one row each, the best by seen money last.

    `seen_eur`: margin a day of purchases that stood on the slate; all that the log can tell. `tied`: its distance to
    the best, household by household, may be chance. `true_eur`, `true_low`, `true_high`: the margin a day that the
    slates would have added, which only a simulation knows. Nothing is explored here.
    """
    then, shelf = now - days * DAY, replace(policy or ShelfPolicy(), explore_slots=0)
    rows = some_visits(log, then, now)
    visits, index = log.visits.iloc[rows], index_of(log, then)
    slates = baseline_slates(log, index, visits, shelf)
    for name in names:
        release = fit_release(log, then, name, shelf, label_policy)
        slates[name] = release.slates(log.purchases, visits)[0]
        if name == names[0]:
            other = replace(shelf, rank_by="probability" if shelf.rank_by == "money" else "money")
            slates[f"{name}, by {other.rank_by}"] = replace(release, policy=other).slates(log.purchases, visits)[0]
    return judged(log, rows, slates, days, rng)


def judged(
    log: ShoppingLog, rows: np.ndarray, slates: Mapping[str, np.ndarray], days: float, rng: np.random.Generator
) -> pd.DataFrame:
    """The table of `compare` for slates of the visits at `rows`."""
    seen, true, quality = {}, {}, {}
    for name, chosen in slates.items():
        seen[name], found = foreseen(log, rows, chosen)
        quality[name] = float(np.nanmean(found))
        if log.truth is not None:
            true[name] = added_eur(log.truth.offer_eur[rows], chosen)
    household = log.visits["household_id"].to_numpy()[rows]
    return seen_and_true(seen, true, household, days, rng, over="households").join(pd.Series(quality, name="NDCG"))


def train(
    run: Run,
    log: ShoppingLog,
    rng: np.random.Generator,
    policy: ShelfPolicy | None = None,
    label_policy: LabelPolicy = "as seen",
    test_days: int = 14,
    tell: Callable[[str], None] = lambda text: None,
    **options: Any,
) -> pd.DataFrame:
    """Adds a release to `run`, in a new run a promoted one, and gives the comparison that chose it.

    The last `test_days` of the log come after the release and are used for nothing but the test.
    """
    policy, end = policy or ShelfPolicy(), data.midnight_after(log)
    now, days = end - test_days * DAY, min(14, test_days)
    needed = {"for the first index": 7, "to learn from": TRAIN_DAYS, "to compare on": days, "of test": test_days}
    held = (end - log.visits["time"].iloc[0].normalize()) // DAY
    require_days(log.card.name, held, needed, RecommendationError)
    learned = run.learns_from(__package__, log.card, {"visits": log.visits, "purchases": log.purchases}, now)
    tell(f"comparing the candidates on {len(log.visits):,} visits")
    table = compare(log, now, rng, policy, label_policy, days, **options)
    name = cheapest_tied(table, tuple(models.MODELS), "seen_eur")
    tell(f"fitting the release ({name})")
    release = fit_release(log, now, name, policy, label_policy)
    tell("testing it on the days after its release")
    rows = some_visits(log, now, end)
    visits, household = log.visits.iloc[rows], log.visits["household_id"].to_numpy()[rows]

    interval = partial(clustered_interval, cluster=household, periods=test_days, rng=rng, over="households")

    def worth(one: Release) -> np.ndarray:
        return foreseen(log, rows, one.slates(log.purchases, visits)[0])[0]

    simplest = BASELINES_BY_MONEY if policy.rank_by == "money" else BASELINES
    popular = foreseen(log, rows, baseline_slates(log, index_of(log, now), visits, policy)[simplest[0]])[0]
    record = DecisionRecord(
        f"{name}, ranked by {policy.rank_by}, {policy.explore_slots} of {SLOTS} places explored, labels {label_policy}",
        table,
        interval(worth(release)),
        "a purchase that the slate foresaw is worth as much as one that the slate added; only an experiment can tell.",
        "places the remembered purchases again, if codes were re-mapped",
        models=[str(name) for name in table.index if name not in (*BASELINES, *BASELINES_BY_MONEY)],
        why_a_model=WHY_A_RANKER,
        gains=gains(run, Release.read, worth, release, popular, interval),
        unit="EUR a day of purchases foreseen",
    )
    record.file(
        run,
        learned,
        with_monitor(release.save, monitor_of(release, log, now)),
        lambda: ShopStore(run.store).remember_history(log, now, release.catalogue).close(),
    )
    return table


def protocol(
    log: ShoppingLog, cut: pd.Timestamp, only_new: bool, reference: Mapping[str, float], rng: np.random.Generator
) -> pd.DataFrame:
    """NDCG@10 of what each household buys since `cut`, by what was bought before it: one row a method.

    `only_new`: see `judged_by_time`. `low` and `high`: a 95 % interval over households; `over_popularity`: the lower
    end of the paired difference to popularity's.
    """
    found = judged_by_time(log.purchases, cut, only_new=only_new)
    each = np.arange(len(found["popularity"]))
    if len(each) == 0:
        raise RecommendationError(
            f"{log.card.name} has no household that bought before and since {cut:%Y-%m-%d}, which the protocol needs. "
            "Give the published file."
        )
    drawn = partial(clustered_interval, cluster=each, periods=len(each), rng=rng, over="households")
    table = paired_comparison(found, each, len(each), rng, over="households").drop(columns="tied")
    over = pd.Series({name: drawn(values - found["popularity"]).low for name, values in found.items()})
    return table.rename(columns={"mean": "NDCG@10"}).assign(
        over_popularity=over, reference=pd.Series(reference, dtype=float), households=len(each)
    )


def retail(log: ShoppingLog, rng: np.random.Generator) -> pd.DataFrame:
    """The protocol on Online Retail II, of items that are new to the customer."""
    return protocol(log, RETAIL_CUT, True, RETAIL_REFERENCE, rng)


def journey(log: ShoppingLog, rng: np.random.Generator) -> pd.DataFrame:
    """The protocol on completejourney, of all product types."""
    return protocol(log, JOURNEY_CUT, False, JOURNEY_REFERENCE, rng)


def films(log: ShoppingLog, rng: np.random.Generator) -> pd.DataFrame:
    """The protocol on MovieLens, of films that a user has not rated, by the day since which a fifth was rated.

    Films that were rated are hidden: nobody rates one twice, so a place for one is lost. Nothing was published of this
    split, so there is no reference.
    """
    cut = log.purchases["time"].iloc[int(0.8 * len(log.purchases))].normalize()
    return protocol(log, cut, True, {}, rng)


def splits(log: ShoppingLog, now: pd.Timestamp, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """NDCG@10 of the same methods judged by two splits, see `retrieval`: what households buy in the 14 days since
    `now`, and what else belongs to households never seen; the second also as it is often done, with nothing hidden.

    EASE has for each split the ridge that a split of the same kind finds within what is learned from. By split a table
    of `paired_comparison`.
    """
    past, span = data.until(log, now), 14 * DAY
    ridge = best_ridge(lambda weight: judged_by_time(past, now - span, ridge=weight))
    careless, careful = deepcopy(rng), rng
    judged = {
        "by time": judged_by_time(log.purchases, now, now + span, ridge=ridge),
        "by household": judged_by_household(log.purchases, careful),
        "by household, nothing hidden": judged_by_household(log.purchases, careless, hide=False),
    }
    tables = {}
    for split, found in judged.items():
        each = np.arange(len(found["popularity"]))
        tables[split] = paired_comparison(found, each, len(each), rng, over="households")
    return tables


def newcomers(log: ShoppingLog, release: Release, now: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """What slates add to visits from `now` until before `end` whose households had no past before `now`, the truth.

    A row a visit: `household_id`, `number` (0 for the first since `now`), and the margin added, EUR, by the slate of
    a `newcomer`, of a household that is `known` since it was there before, and by `popularity`, which knows nobody.
    The first is also what a visit gets while the feature store is down. Nothing is explored. Needs a simulated log.
    """
    rows = np.flatnonzero(between(log.visits["time"], now, end))
    visits, quiet = log.visits.iloc[rows], replace(release, policy=replace(release.policy, explore_slots=0))
    strangers = log.purchases["household_id"].where(log.purchases["time"] >= now, -1)
    slates = {
        "newcomer": quiet.slates(log.purchases.assign(household_id=strangers), visits)[0],
        "known": quiet.slates(log.purchases, visits)[0],
        "popularity": baseline_slates(log, release.index, visits)["popularity"],
    }
    added = {name: added_eur(_offers(log)[rows], chosen) for name, chosen in slates.items()}
    table = pd.DataFrame({"household_id": visits["household_id"].to_numpy(), **added})
    return table.assign(number=table.groupby("household_id").cumcount())


def _offers(log: ShoppingLog) -> np.ndarray:
    if log.truth is None:
        raise RecommendationError(f"{log.card.name} does not tell what a slate added. Take the simulator's log.")
    return log.truth.offer_eur
