"""The shop in which lists of items are shown: visitors with known tastes, items whose appeal comes and goes, clicks.

What a recommender knows of it are clicks on what it showed, and tastes as its ranker sees them. What its lists are
worth is known exactly, since the chances of a click are. Nothing of serving may enter here.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from grader.suites.design_recommendation_system.document import SLOTS, RecommendationDesign

STEP_H, HOURS = 2, 72
GROUPS, VISITS, ITEMS = 64, 20, 400
"""Visitors of one group have one taste; of each group so many come in a step."""
KINDS = 6
TREND_H = 30.0
"""Hours after which an item's appeal is forgotten to 1 / e."""
TURN = 1.0
"""Angle in radians by which tastes turn in the whole story."""
USUAL = -3.0
"""Log-odds of a click on a middling item."""
NEW_H = 24.0
FIRST_STEP = 6
"""What is measured begins here: the lists before it come from the log that every design starts with."""
LAUNCH_H = 24.0
BLUR = {"factors": 1.5, "trees": 0.6, "network": 0.4}
"""Standard deviation of the error with which a ranker sees a taste; popularity sees none."""
SEARCH_BLUR = 1.0
PRIOR, FORGET_H = 4.0, 24.0
"""The estimate of an item's appeal: information that stands for no click, and the half-life of what was counted."""
UNSEEN = -9.0
"""The estimate of an item that nobody was shown: behind every item of which something is known."""
FEWEST_SEEN = 40


@dataclass(frozen=True)
class Played:
    """Of each step, (steps,): expected clicks of the design's lists, of the best ones, of new items in both, and of the
    popular list that a fallback shows.
    """

    clicks: np.ndarray
    best: np.ndarray
    new: np.ndarray
    best_new: np.ndarray
    popular: np.ndarray

    @property
    def quality(self) -> float:
        """The share of the best lists' clicks."""
        return float(self.clicks[FIRST_STEP:].sum() / self.best[FIRST_STEP:].sum())

    @property
    def new_items(self) -> float:
        """The clicks on items of the last day, as a share of those that the best lists get from such items."""
        return float(self.new[FIRST_STEP:].sum() / self.best_new[FIRST_STEP:].sum())

    @property
    def popular_quality(self) -> float:
        """The quality of the list that a fallback shows."""
        return float(self.popular[FIRST_STEP:].sum() / self.best[FIRST_STEP:].sum())


class Shop:
    """A shop drawn from `seed`; `launched` further items appear at once at `LAUNCH_H`."""

    def __init__(self, seed: int, launched: int = 0) -> None:
        self.seed, self.steps, self.items = seed, HOURS // STEP_H, ITEMS + launched
        rng = np.random.default_rng([seed, 0])
        visitors = rng.normal(size=(2, GROUPS, KINDS))
        kinds = rng.normal(size=(self.items, KINDS)) / np.sqrt(KINDS)
        self.tastes = (visitors @ kinds.T).astype(np.float32)
        self.born_h = np.full(self.items, -1e3)
        later = rng.permutation(ITEMS)[: ITEMS // 3]
        self.born_h[later] = rng.uniform(0, HOURS, len(later))
        self.born_h[ITEMS:] = LAUNCH_H
        self.blur = rng.normal(size=(2, GROUPS, self.items)).astype(np.float32)
        self.appeal = self._appeal(rng)

    def _appeal(self, rng: np.random.Generator) -> np.ndarray:
        """(steps, items): it wanders around 0 with a standard deviation of 1."""
        found, kept = rng.normal(size=(self.steps, self.items)), np.exp(-STEP_H / TREND_H)
        for step in range(1, self.steps):
            found[step] = kept * found[step - 1] + np.sqrt(1 - kept**2) * found[step]
        return found.astype(np.float32)

    @cached_property
    def taste(self) -> np.ndarray:
        """What each group likes at each step, without the items' appeal, (steps, groups, items)."""
        angle = (TURN * np.arange(self.steps) / self.steps).astype(np.float32)[:, None, None]
        return np.cos(angle) * self.tastes[0] + np.sin(angle) * self.tastes[1]

    @cached_property
    def chance(self) -> np.ndarray:
        """The chance of a click, (steps, groups, items); 0 for what is not yet there."""
        there = self.born_h <= STEP_H * np.arange(self.steps)[:, None]
        return _chance(self.taste + self.appeal[:, None, :]) * there[:, None, :]

    @cached_property
    def best(self) -> tuple[np.ndarray, np.ndarray]:
        """Expected clicks of the best lists and of the new items in them, (steps,) each."""
        place = np.argpartition(-self.chance, SLOTS, axis=2)[:, :, :SLOTS]
        clicks = np.take_along_axis(self.chance, place, 2)
        fresh = np.stack([self.fresh(step) for step in range(self.steps)])
        return clicks.sum((1, 2)), (clicks * fresh[np.arange(self.steps)[:, None, None], place]).sum((1, 2))

    def fresh(self, step: int) -> np.ndarray:
        """Which items came within the last `NEW_H`, after the story began, (items,) of bool."""
        age_h = STEP_H * step - self.born_h
        return (age_h >= 0) & (age_h < NEW_H) & (self.born_h >= 0)


@lru_cache(maxsize=32)
def shop(seed: int, launched: int = 0) -> Shop:
    """The shop of a seed, drawn once a process."""
    return Shop(seed, launched)


def play(place: Shop, design: RecommendationDesign) -> Played:
    """What the design's lists are worth in a shop, from which it learns by the clicks on them."""
    recommender, rng = Recommender(place, design), np.random.default_rng([place.seed, 1])
    recommender.learn_from_the_log(rng)
    rows, clicks, new, popular = np.arange(GROUPS)[:, None], [], [], []
    for step in range(place.steps):
        lists = recommender.lists(step, rng)
        chance = place.chance[step][rows, lists]
        recommender.learn(step, lists, rng.binomial(VISITS, chance), VISITS)
        clicks.append(chance.sum())
        new.append((chance * place.fresh(step)[lists]).sum())
        popular.append(place.chance[step][:, recommender.popular].sum())
    return Played(np.array(clicks), place.best[0], np.array(new), place.best[1], np.array(popular))


class Recommender:
    """The stages of a design, and what was counted for them."""

    def __init__(self, place: Shop, design: RecommendationDesign) -> None:
        self.shop, self.design = place, design
        self.surplus = np.zeros(place.items)  # clicks beyond those that taste alone explains
        self.information = np.zeros(place.items)
        self.seen = np.zeros(place.items)
        self.refreshed_h = -np.inf

    def learn_from_the_log(self, rng: np.random.Generator) -> None:
        """Before the story every item that was there has been shown here and there."""
        shown = rng.binomial(1, 0.15, self.shop.taste[0].shape) * (self.shop.born_h < 0)
        self._count(slice(None), shown, rng.binomial(shown, self.shop.chance[0]), _chance(self.shop.taste[0]))

    def learn(self, step: int, lists: np.ndarray, clicks: np.ndarray, visits: int) -> None:
        """Counts the clicks on `lists`, (groups, slots) both."""
        kept = 0.5 ** (STEP_H / FORGET_H)
        self.surplus *= kept
        self.information *= kept
        expected = _chance(np.take_along_axis(self.shop.taste[step], lists, 1))
        self._count(lists, np.full(lists.shape, visits), clicks, expected)

    def _count(self, lists: "np.ndarray | slice", shown: np.ndarray, clicks: np.ndarray, expected: np.ndarray) -> None:
        items = np.broadcast_to(np.arange(self.shop.items), shown.shape) if isinstance(lists, slice) else lists
        sums = (clicks - shown * expected, shown * expected * (1 - expected), shown)
        for total, values in zip((self.surplus, self.information, self.seen), sums, strict=True):
            total += np.bincount(items.ravel(), values.ravel(), self.shop.items)

    def lists(self, step: int, rng: np.random.Generator) -> np.ndarray:
        """What each group is shown, (groups, slots): the candidates of the best score first, but for chance."""
        hour = STEP_H * step
        if hour - self.refreshed_h >= self.design.refresh_h:
            self._refresh(step)
        there, recent = self.shop.born_h <= hour, self.design.candidates.recent
        candidates = self.candidates
        if recent:
            candidates = candidates.copy()
            candidates[:, np.argsort(np.where(there, -self.shop.born_h, np.inf), kind="stable")[:recent]] = True
        below = np.where(candidates & there, -self.score, np.inf)
        first = np.argpartition(below, SLOTS, axis=1)[:, :SLOTS]
        order = np.argsort(np.take_along_axis(below, first, 1), axis=1)
        return self._explored(np.take_along_axis(first, order, 1), hour, rng)

    def _refresh(self, step: int) -> None:
        """Estimates, scores and the first stages anew, from what is known now."""
        taste, self.refreshed_h = self.shop.taste[step], STEP_H * step
        known, stages = self.shop.born_h <= self.refreshed_h, self.design.candidates
        estimate = self.surplus / (self.information + PRIOR)
        appeal = np.where(known & (self.seen > 0), estimate, UNSEEN).astype(np.float32)
        by_appeal = np.argsort(np.where(known, -appeal, np.inf), kind="stable")
        self.popular = by_appeal[:SLOTS]
        self.candidates = np.zeros(taste.shape, dtype=bool)
        self.candidates[:, by_appeal[: stages.popular]] = True
        if stages.similar:
            near = np.where(known, taste + SEARCH_BLUR * self.shop.blur[0], -np.inf)
            found = np.argpartition(-near, stages.similar, axis=1)[:, : stages.similar]
            np.put_along_axis(self.candidates, found, True, 1)
        blur = BLUR.get(self.design.ranker)
        self.score = appeal + (np.zeros_like(taste) if blur is None else taste + np.float32(blur) * self.shop.blur[1])

    def _explored(self, lists: np.ndarray, hour: float, rng: np.random.Generator) -> np.ndarray:
        """The lists with a share of their slots given to items by chance."""
        chances, explore = rng.random((2, *lists.shape)), self.design.exploration
        age_h = hour - self.shop.born_h
        pool = np.flatnonzero((age_h >= 0) & (age_h < 2 * NEW_H if explore.among == "new" else True))
        if explore.among == "new":
            pool = pool[np.argsort(self.seen[pool], kind="stable")[:FEWEST_SEEN]]
        if not len(pool):
            return lists
        return np.where(chances[0] < explore.share, pool[(chances[1] * len(pool)).astype(int)], lists)


def _chance(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(log_odds + np.float32(USUAL))))
