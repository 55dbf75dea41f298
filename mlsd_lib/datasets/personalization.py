"""Logs of what was shown and what came of it: the simulator's and the Open Bandit Dataset's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataCard, DataError
from mlsd_lib.datasets.personalization_simulator import ITEMS, POSITIONS, PageSimulator, ViewTruth
from mlsd_lib.datasets.published import differences, other_contents, read_csv, refuse_rows

OPEN_BANDIT_COLUMNS = ("timestamp", "item_id", "position", "click", "propensity_score", "user_feature_0")
OPEN_BANDIT_ITEMS = {"all": 80, "men": 34, "women": 46}
OPEN_BANDIT_ROWS = {
    ("random", "all"): 1_374_327,
    ("random", "men"): 452_949,
    ("random", "women"): 864_585,
    ("bts", "all"): 12_168_084,
    ("bts", "men"): 4_077_727,
    ("bts", "women"): 7_765_497,
}
"""Of the whole data set by table 1 of its paper (Saito et al., 2021). Users of the download count 12,357,200 rows in
bts/all and the paper's numbers in random/*, so a whole file may be reported as different. The small sample below was
counted itself: 10,000 rows a file."""
OPEN_BANDIT_CLICKS = {
    ("random", "all"): 35,
    ("random", "men"): 51,
    ("random", "women"): 48,
    ("bts", "all"): 50,
    ("bts", "men"): 67,
    ("bts", "women"): 64,
}
"""In 10,000 rows of the whole data set, by the same table."""
LEAST_PROPENSITY = 1e-9
"""The published ones are from 1e-6 on; weights of far smaller ones overflow."""
SAMPLE_ROWS = 10_000
SAMPLE_CHECKSUM = {
    ("random", "all"): "9eff82ed238ab04b",
    ("random", "men"): "f1760f0bfea5b8ee",
    ("random", "women"): "4bc143d351a990fe",
    ("bts", "all"): "eab984e4b89a46b9",
    ("bts", "men"): "12a1bcbe07b6038e",
    ("bts", "women"): "952aa2266c523e21",
}
"""Of item, position, click, `user_feature_0` and the propensity in millionths."""
SAMPLE_CLICKS = {
    ("random", "all"): 38,
    ("random", "men"): 46,
    ("random", "women"): 46,
    ("bts", "all"): 42,
    ("bts", "men"): 69,
    ("bts", "women"): 46,
}


@dataclass(frozen=True)
class PageStream:
    """Views in order of time, what was shown in them, and apart from both the truth.

    `views`: see `PageSimulator.advance`. `log`, same rows: `item`, `propensity`, `clicked`, `label_time` (when the
    click was reported; none without a click).
    """

    views: pd.DataFrame
    log: pd.DataFrame
    truth: ViewTruth
    card: DataCard


@dataclass(frozen=True)
class LoggedFeedback:
    """A published log: `table` with `arm`, `propensity`, `reward` and the published columns; `arms` is their number."""

    table: pd.DataFrame
    arms: int
    card: DataCard


def simulate(rng: np.random.Generator, days: int = 35, **options: Any) -> PageStream:
    """`days` of views in which any item was shown, none twice on a page. `options` are those of `PageSimulator`."""
    views, truth = PageSimulator(rng, **options).advance(days)
    return PageStream(views, shown_at_random(views, truth, rng), truth, card_of(len(views)))


def shown_at_random(views: pd.DataFrame, truth: ViewTruth, rng: np.random.Generator) -> pd.DataFrame:
    """The log of pages that show any items, none twice: each slot shows each item with the same chance."""
    order = rng.random((views["page_id"].nunique(), ITEMS)).argsort(axis=1)
    return logged(views, truth, order[:, :POSITIONS].ravel(), np.full(len(views), 1 / ITEMS))


def logged(views: pd.DataFrame, truth: ViewTruth, item: np.ndarray, propensity: np.ndarray) -> pd.DataFrame:
    """The log of showing `item`, (n,), with `propensity`, (n,): what is clicked, and when that is reported."""
    clicked = truth.clicked(item)
    arrives = views["time"] + pd.to_timedelta((truth.delay_s * 1e6).astype("int64"), unit="us")
    columns = {"item": item, "propensity": propensity, "clicked": clicked, "label_time": arrives.where(clicked)}
    return pd.DataFrame(columns, index=views.index)


def card_of(rows: int) -> DataCard:
    """The card of `rows` simulated views."""
    where = "mlsd_lib.datasets.personalization_simulator"
    return DataCard("simulated page slots", rows, "MIT", real=False, source=where, notes=("clicks are reported late",))


def read_open_bandit(folder: Path, policy: str, campaign: str) -> LoggedFeedback:
    """One log of the Open Bandit Dataset, `folder`/`policy`/`campaign`/`campaign`.csv or .csv.gz.

    Says in the card how the file differs from the whole data set and from its small sample. Raises `DataError`.
    """
    if (policy, campaign) not in OPEN_BANDIT_ROWS:
        raise DataError(f"{policy!r}/{campaign!r} is no log; give 'random' or 'bts', and 'all', 'men' or 'women'.")
    stem = Path(folder, policy, campaign, f"{campaign}.csv")
    found = [path for path in (stem, stem.with_name(f"{campaign}.csv.gz")) if path.exists()]
    if not found:
        raise DataError(f"{stem} does not exist, nor does it with .gz. Unpack the Open Bandit Dataset there.")
    table = read_csv(found[0], OPEN_BANDIT_COLUMNS, index_col=0)
    table = table.rename(columns={"item_id": "arm", "propensity_score": "propensity", "click": "reward"})
    arms = OPEN_BANDIT_ITEMS[campaign]
    refuse_rows(~table["reward"].isin([0, 1]), table, "reward", "click is 0 or 1", found[0])
    refuse_rows(~table["arm"].isin(range(arms)), table, "arm", f"item_id is 0 to {arms - 1}", found[0])
    good = pd.to_numeric(table["propensity"], errors="coerce").between(LEAST_PROPENSITY, 1)
    refuse_rows(~good, table, "propensity", f"propensity_score is from {LEAST_PROPENSITY} to 1", found[0])
    rows, clicks = len(table), int(table["reward"].sum())
    whole, sampled = OPEN_BANDIT_ROWS[policy, campaign], SAMPLE_CLICKS[policy, campaign]
    differs: tuple[str, ...] = ()
    if rows == whole:
        differs = differences({"clicks in 10,000 rows": OPEN_BANDIT_CLICKS[policy, campaign]}, [1e4 * clicks / rows])
    else:
        differs = (f"{rows:,} rows, the whole data set has {whole:,} by its paper",)
    if (rows, clicks) == (SAMPLE_ROWS, sampled):
        columns = [table[column] for column in ("arm", "position", "reward", "user_feature_0")]
        columns.append((1e6 * table["propensity"]).round())
        differs += other_contents(columns, SAMPLE_CHECKSUM[policy, campaign])
    elif rows != whole:
        differs += (f"{rows:,} rows with {clicks} clicks; its small sample has {SAMPLE_ROWS:,} with {sampled}",)
    name, notes = f"Open Bandit Dataset, {policy}, {campaign}", ("propensities are those of the item at its position",)
    card = DataCard(name, rows, "CC BY 4.0", True, str(found[0]), notes, differs)
    return LoggedFeedback(table, arms, card)
