"""Pages of three slots: visitors with lasting tastes, visits with an intent that changes, twelve items to show.

What a visitor looks at is seen at once; what the visit is about is known to the simulator alone, with the chance of a
click for every item that could have been shown. So the value of any policy is known, also of one that never ran.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

CATEGORIES, ITEMS, POSITIONS = 4, 12, 3
ITEM_CATEGORY = np.arange(ITEMS) % CATEGORIES
START = pd.Timestamp("2026-01-05")
POSITION_LOGIT = np.array([0.0, -0.4, -0.8])


@dataclass
class PageSimulator:
    """Makes views day after day; a view is one slot of a page, and the slots of a page follow each other.

    `visitors`: each comes on about `visit_share` of the days for `pages` views on average. `intent_weight`: how much
    an item of the intended category gains, in log odds. `weekly_change`: how far the items' appeals move in a week.
    """

    rng: np.random.Generator
    visitors: int = 270
    visit_share: float = 0.6
    pages: float = 8.0
    intent_weight: float = 2.0
    weekly_change: float = 0.15
    day: int = 0
    pages_so_far: int = 0
    taste: np.ndarray = field(init=False)
    appeal: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.taste = self.rng.dirichlet(np.full(CATEGORIES, 0.6), self.visitors)
        self.appeal = self.rng.permutation(np.linspace(-3.6, -2.4, ITEMS))

    def advance(self, days: int) -> tuple[pd.DataFrame, "ViewTruth"]:
        """The views of the next days, ordered by time, and their truth.

        Views: `request_id`, `page_id`, `time`, `visitor_id`, `category` (what the page is about), `position`.
        """
        parts = [self._day() for _ in range(days)]
        views = pd.concat([views for views, _ in parts], ignore_index=True)
        truths = [vars(truth) for _, truth in parts]
        return views, ViewTruth(**{name: np.concatenate([part[name] for part in truths]) for name in truths[0]})

    def _day(self) -> tuple[pd.DataFrame, "ViewTruth"]:
        rng = self.rng
        visitor = np.flatnonzero(rng.random(self.visitors) < self.visit_share)
        count = np.minimum(1 + rng.poisson(self.pages - 1, len(visitor)), 40)
        longest = int(count.max(initial=1))
        intent = self._intents(visitor, longest)
        browsed = np.where(rng.random(intent.shape) < 0.8, intent, rng.integers(CATEGORIES, size=intent.shape))
        began_s = rng.triangular(6, 19, 23, len(visitor)) * 3_600
        second = began_s[:, None] + np.cumsum(rng.exponential(40, intent.shape), axis=1)
        there = (np.arange(longest) < count[:, None]) & (second < 86_399)
        who = np.broadcast_to(visitor[:, None], there.shape)[there]
        order = np.argsort(second[there], kind="stable")
        return self._told(who[order], intent[there][order], browsed[there][order], second[there][order])

    def _intents(self, visitor: np.ndarray, longest: int) -> np.ndarray:
        """What each visit is about, (visits, pages): it stays with probability .9 from page to page."""
        bounds = np.cumsum(self.taste[visitor], axis=1)[:, None, :]
        drawn = (self.rng.random((len(visitor), longest, 1)) > bounds).sum(axis=2).clip(max=CATEGORIES - 1)
        changes = self.rng.random(drawn.shape) < 0.1
        changes[:, 0] = True
        latest = np.maximum.accumulate(np.where(changes, np.arange(longest), 0), axis=1)
        return np.take_along_axis(drawn, latest, axis=1)

    def _told(
        self, visitor: np.ndarray, intent: np.ndarray, browsed: np.ndarray, second: np.ndarray
    ) -> tuple[pd.DataFrame, "ViewTruth"]:
        pages, rng = len(visitor), self.rng
        page, position = np.repeat(np.arange(pages), POSITIONS), np.tile(np.arange(1, POSITIONS + 1), pages)
        score = self.appeal + self.intent_weight * (intent[:, None] == ITEM_CATEGORY)
        score = (score + 0.8 * self.taste[visitor][:, ITEM_CATEGORY])[page] + POSITION_LOGIT[position - 1][:, None]
        time = START + pd.Timedelta(days=self.day) + pd.to_timedelta((second * 1e6).astype("int64"), unit="us")
        columns = {"time": time.as_unit("us")[page], "visitor_id": visitor[page], "category": browsed[page]}
        ids = {"request_id": np.arange(len(page)) + self.pages_so_far * POSITIONS, "page_id": page + self.pages_so_far}
        views = pd.DataFrame({**ids, **columns, "position": position})
        delay_s = rng.lognormal(np.log(1_800), 1.0, len(page))
        truth = ViewTruth(intent[page], 1 / (1 + np.exp(-score)), rng.random(len(page)), delay_s)
        self.pages_so_far, self.day = self.pages_so_far + pages, self.day + 1
        if self.day % 7 == 0:
            self.appeal = self.appeal + rng.normal(0, self.weekly_change, ITEMS)
        return views, truth


@dataclass(frozen=True)
class ViewTruth:
    """What only the simulator knows of each view.

    `intent`: (n,); `chance`: of a click on each item, (n, items); `luck`: (n,), an item is clicked if its chance is
    above it; `delay_s`: (n,), seconds until a click is reported, half within half an hour.
    """

    intent: np.ndarray
    chance: np.ndarray
    luck: np.ndarray
    delay_s: np.ndarray

    def clicked(self, item: np.ndarray) -> np.ndarray:
        """Whether the item shown in each view is clicked, (n,) of bool."""
        return self.luck < self.chance_of(item)

    def chance_of(self, item: np.ndarray) -> np.ndarray:
        """The chance of a click on the item shown in each view, (n,)."""
        return self.chance[np.arange(len(item)), item]

    def rows(self, which: np.ndarray) -> "ViewTruth":
        """The truth of some views, by positions or by a mask."""
        return ViewTruth(self.intent[which], self.chance[which], self.luck[which], self.delay_s[which])
