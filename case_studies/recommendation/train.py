"""From a log to a run folder: candidates compared, the chosen one fitted, tested and written down.

And the evaluation protocols with reference figures: households with purchases before and after a date, NDCG@10 of what
each household buys later. Online Retail II: before and since 2010-11-01, of items that are new to the customer.
completejourney: weeks before 45 and since, of all product types.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from case_studies.recommendation import data, models
from case_studies.recommendation.data import DAY, RecommendationError, between
from case_studies.recommendation.features import HISTORY_DAYS, ItemIndex, best, rankings
from case_studies.recommendation.labels import LabelPolicy
from case_studies.recommendation.models import TRAIN_DAYS, Release, fit_release, index_of
from case_studies.recommendation.policy import SLOTS, ShelfPolicy
from case_studies.recommendation.service import ShopStore
from mlsd_lib.datasets.shopping import ShoppingLog
from mlsd_lib.datasets.shopping_simulator import FIRST_CODE, ShoppingSimulator, added_eur
from mlsd_lib.modeling import (
    DecisionRecord,
    Interval,
    Run,
    cheapest_tied,
    clustered_interval,
    paired_comparison,
)
from mlsd_lib.modeling.retrieval import judged_by_household, judged_by_time, ndcg
from mlsd_lib.modeling.slates import hits
from mlsd_lib.operations.interleaving import team_draft

MOST_COMPARED = 2_500
"""So many visits of a comparison or a test are drawn; a simulated fortnight has fewer."""
RETAIL_CUT = pd.Timestamp("2010-11-01")
JOURNEY_CUT = pd.Timestamp("2017-10-30 04:00")
"""The beginning of week 45: midnight of the stores, in the file's time."""
RETAIL_REFERENCE = {"popularity": 0.041, "item cosine": 0.080, "EASE": 0.110}
JOURNEY_REFERENCE = {"popularity": 0.465, "buy again": 0.604, "item cosine": 0.437, "EASE": 0.477}
"""NDCG@10, measured once with cheap baselines."""
BASELINES = ("popularity", "buy again", "EASE alone")


def baseline_slates(log: ShoppingLog, index: ItemIndex, visits: pd.DataFrame) -> dict[str, np.ndarray]:
    """Slates of codes, (visits, slots), that need no ranker: by name of the baseline."""
    chosen: dict[str, list[np.ndarray]] = {name: [] for name in BASELINES}
    for ranking, _ in rankings(log.purchases, visits, index):
        tie = 1e-6 * ranking.sold
        scores = (ranking.sold, ranking.count + tie, ranking.neighbours)
        for name, score in zip(BASELINES, scores, strict=True):
            chosen[name].append(index.catalogue.codes[best(score, SLOTS)])
    return {name: np.stack(rows) for name, rows in chosen.items()}


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
    slates = baseline_slates(log, index, visits)
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
    household, seen, records = log.visits["household_id"].to_numpy()[rows], {}, {}
    for name, chosen in slates.items():
        seen[name], quality = foreseen(log, rows, chosen)
        records[name] = {"NDCG": float(np.nanmean(quality))}
        if log.truth is not None:
            true = clustered_interval(added_eur(log.truth.offer_eur[rows], chosen), household, days, rng)
            records[name] |= {"true_eur": true.mean, "true_low": true.low, "true_high": true.high}
    table = paired_comparison(seen, household, days, rng)[["mean", "tied"]].rename(columns={"mean": "seen_eur"})
    return table.join(pd.DataFrame(records).T)


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
    """Fills the new folder `run` with a promoted release, and gives the comparison that chose it.

    The last `test_days` of the log come after the release and are used for nothing but the test.
    """
    policy, end = policy or ShelfPolicy(), data.midnight_after(log)
    now, days = end - test_days * DAY, min(14, test_days)
    _require_days(log, now, days, test_days)
    tell(f"comparing the candidates on {len(log.visits):,} visits")
    table = compare(log, now, rng, policy, label_policy, days, **options)
    name = cheapest_tied(table, tuple(models.MODELS), "seen_eur")
    tell(f"fitting the release ({name})")
    release = fit_release(log, now, name, policy, label_policy)
    tell("testing it on the days after its release")
    test = _tested(log, release, now, end, rng)
    run.release(release.save, "v1", "first release")
    ShopStore(run.store).remember_history(log, now, release.catalogue).close()
    tables = {"visits": log.visits, "purchases": log.purchases}
    decision_of(release, label_policy, table, test).write_into(run, log.card, tables, now)
    return table


def decision_of(release: Release, label_policy: LabelPolicy, table: pd.DataFrame, test: Interval) -> DecisionRecord:
    """What was decided, against what, on which assumption, and how to go back."""
    return DecisionRecord(
        "v1",
        f"{release.model_name}, ranked by {release.policy.rank_by}, {release.policy.explore_slots} of {SLOTS} places "
        f"explored, labels {label_policy}",
        table,
        "seen_eur",
        "EUR a day of purchases foreseen",
        test,
        "a purchase that the slate foresaw is worth as much as one that the slate added; only an experiment can tell.",
        "`releases/` keeps every release; roll the registry back, and place the remembered purchases again if codes "
        "were re-mapped (`python -m case_studies.recommendation rollback --help`).",
    )


def _tested(
    log: ShoppingLog, release: Release, first: pd.Timestamp, end: pd.Timestamp, rng: np.random.Generator
) -> Interval:
    """EUR a day of purchases foreseen on the days from `first` until before `end`."""
    rows = some_visits(log, first, end)
    visits = log.visits.iloc[rows]
    seen, _ = foreseen(log, rows, release.slates(log.purchases, visits)[0])
    return clustered_interval(seen, visits["household_id"].to_numpy(), (end - first) / DAY, rng)


def _require_days(log: ShoppingLog, now: pd.Timestamp, days: int, test_days: int) -> None:
    start, needed = log.visits["time"].iloc[0].normalize(), days + TRAIN_DAYS + 7
    if (now - start) / DAY < needed:
        raise RecommendationError(
            f"{log.card.name} holds {(now - start) // DAY + test_days} days; a release with {test_days} days of test "
            f"needs {needed + test_days}, better {HISTORY_DAYS + needed + test_days}: a week for the first index, "
            f"{TRAIN_DAYS} to learn from, {days} to compare on, and the test. Give a longer log."
        )


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
    table = paired_comparison(found, each, len(each), rng).drop(columns="tied").rename(columns={"mean": "NDCG@10"})
    gained = {name: clustered_interval(one - found["popularity"], each, len(each), rng) for name, one in found.items()}
    over = pd.Series({name: gain.low for name, gain in gained.items()})
    return table.assign(over_popularity=over, reference=pd.Series(reference), households=len(each))


def retail(log: ShoppingLog, rng: np.random.Generator) -> pd.DataFrame:
    """The protocol on Online Retail II, of items that are new to the customer."""
    return protocol(log, RETAIL_CUT, True, RETAIL_REFERENCE, rng)


def journey(log: ShoppingLog, rng: np.random.Generator) -> pd.DataFrame:
    """The protocol on completejourney, of all product types."""
    return protocol(log, JOURNEY_CUT, False, JOURNEY_REFERENCE, rng)


def splits(log: ShoppingLog, now: pd.Timestamp, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """NDCG@10 of the same methods judged by two splits, see `mlsd_lib.modeling.retrieval`: what households buy in the
    14 days since `now`, and what else belongs to households never seen. By split a table of `paired_comparison`."""
    judged = {
        "by time": judged_by_time(log.purchases, now, now + 14 * DAY),
        "by household": judged_by_household(log.purchases, rng),
    }
    each = {split: np.arange(len(found["popularity"])) for split, found in judged.items()}
    return {split: paired_comparison(found, each[split], len(each[split]), rng) for split, found in judged.items()}


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


def sold_out_trial(
    log: ShoppingLog, release: Release, rows: np.ndarray, gone: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What slates add to the visits at `rows` while the codes `gone` are sold out, EUR, (visits,) each: without the
    rule, and with it. The place of an item that is not there adds nothing. Needs a simulated log."""
    offer_eur = _offers(log)[rows]
    offer_eur = offer_eur * ~np.isin(FIRST_CODE + np.arange(offer_eur.shape[1]), gone)
    visits = log.visits.iloc[rows]
    without, under = (release.slates(log.purchases, visits, barred)[0] for barred in ((), gone.tolist()))
    return added_eur(offer_eur, without), added_eur(offer_eur, under)


def _offers(log: ShoppingLog) -> np.ndarray:
    if log.truth is None:
        raise RecommendationError(f"{log.card.name} does not tell what a slate added. Take the simulator's log.")
    return log.truth.offer_eur


def interleaved(
    simulator: ShoppingSimulator, log: ShoppingLog, releases: Mapping[str, Release], days: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Some days on which two releases are compared: a row a visit, with its household, what was bought from the slate
    of each where it alone was shown, and `preference`, purchases from the second's places less those from the first's
    where both were drawn into one slate. Each day is lived three times from the same state; the last one goes on.
    """
    frames = []
    for _ in range(days):
        visits = simulator.visits()
        household = visits["household_id"].to_numpy()
        slates = [release.slates(log.purchases, visits)[0] for release in releases.values()]
        alone = {
            name: (deepcopy(simulator).respond(household, slate).bought_from_slate).sum(axis=1)
            for name, slate in zip(releases, slates, strict=True)
        }
        drawn, team = (np.stack(part) for part in zip(*map(lambda a, b: team_draft(a, b, rng), *slates), strict=True))
        response = simulator.respond(household, drawn)
        rows, columns = np.nonzero(response.bought_from_slate)
        picked = team[rows, response.position[rows, columns]]
        preference = np.bincount(rows, weights=2.0 * picked - 1, minlength=len(visits))
        frames.append(pd.DataFrame({"household_id": household, **alone, "preference": preference}))
    return pd.concat(frames, ignore_index=True)
