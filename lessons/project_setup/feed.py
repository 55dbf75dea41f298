"""A simulated news feed: which items are shown, and what a cohort of readers does with them, day by day."""

import numpy as np

AGREEMENT = 0.4
"""The correlation of appeal and worth among ordinary items."""
BAIT = 2.0
"""By how many standard deviations bait has more appeal and less worth."""
LEAVES_A_DAY = 0.02
"""How likely a reader leaves on a day on which nothing was clicked, or a click was worth the average."""


def offered(
    candidates: int, bait_share: float, rng: np.random.Generator, worth_weight: float = 0.0, pool: int = 40_000
) -> np.ndarray:
    """Appeal and worth of `pool` items shown, (pool, 2), each the best of so many `candidates`.

    Candidates are ranked by appeal plus `worth_weight` times a rough estimate of worth, whose error is as large as the
    spread of worth among ordinary items. The share `bait_share` of all candidates is bait.
    """
    appeal = rng.normal(size=(pool, candidates))
    worth = AGREEMENT * appeal + np.sqrt(1 - AGREEMENT**2) * rng.normal(size=appeal.shape)
    bait = rng.random(appeal.shape) < bait_share
    appeal, worth = appeal + BAIT * bait, worth - BAIT * bait
    score = appeal + worth_weight * (worth + rng.normal(size=worth.shape))
    best = score.argmax(axis=1)[:, None]
    return np.hstack([np.take_along_axis(values, best, axis=1) for values in (appeal, worth)])


def cohort(
    items: np.ndarray, care: float, rng: np.random.Generator, users: int = 20_000, days: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """For each day: clicks, and readers still there at its end, both (days,), as shares of those who started.

    A reader sees one of `items` a day and clicks the more likely the more appeal it has. After a click on an item of
    worth w a reader leaves with a chance that is exp(-`care` w) times the usual one.
    """
    here, clicks, kept = np.ones(users, bool), [], []
    for _ in range(days):
        appeal, worth = items[rng.integers(len(items), size=users)].T
        clicked = here & (rng.random(users) < 1 / (1 + np.exp(1 - appeal)))
        leaves = LEAVES_A_DAY * np.where(clicked, np.exp(-care * worth), 1.0)
        here &= rng.random(users) >= leaves
        clicks.append(clicked.mean())
        kept.append(here.mean())
    return np.array(clicks), np.array(kept)
