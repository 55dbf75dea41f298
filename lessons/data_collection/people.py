"""Simulated people: how old they are, where they live, and an illness that depends on it."""

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataError

_FALLING = np.where(np.arange(100) <= 55, 1.0, (100 - np.arange(100)) / 45)
AGE_SHARE = _FALLING / _FALLING.sum()
"""The share of people aged 0 to 99: equal up to 55, then evenly fewer."""
EXPOSED_AREAS = 10
EXPOSED_LOG_ODDS = 1.5
"""Odds 4.5 times as high."""
DAYS_JOINED = {"date": 1, "month": 365 / 12, "year": 365, "5 years": 1_825, "10 years": 3_650, "20 years": 7_300}
AREAS_JOINED = {"area": 1, "district": 10, "country": 60}
STEPS = (
    *("date, area", "month, area", "year, area", "5 years, area", "10 years, area"),
    *("10 years, district", "20 years, district", "20 years, country"),
)
"""Ever coarser versions of `born` and `area`, as names for `coarsened`."""


def unique_share(people: int, cells: int, rng: np.random.Generator) -> float:
    """The share of an area's `people` who are alone in their cell, each year of birth evenly cut into `cells`."""
    cell = rng.choice(100, people, p=AGE_SHARE) * cells + rng.integers(0, cells, people)
    return float((np.bincount(cell) == 1).sum() / people)


def patients(rng: np.random.Generator, people: int, scattered: bool = True, areas: int = 60) -> pd.DataFrame:
    """A table of people: `area`, `born` (age in days), `sex`, `ill`.

    Areas differ in size (log-normal). The odds of the illness rise by 5.5 % a year of age, differ by sex, and are 4.5
    times as high in ten areas, which lie anywhere (`scattered`) or are the first ten.
    """
    size = rng.lognormal(0, 0.7, areas)
    area = rng.choice(areas, people, p=size / size.sum())
    born = rng.choice(100, people, p=AGE_SHARE) * 365 + rng.integers(0, 365, people)
    sex = rng.integers(0, 2, people)
    exposed = rng.choice(areas, EXPOSED_AREAS, replace=False) if scattered else np.arange(EXPOSED_AREAS)
    log_odds = -4.5 + 0.055 * born / 365 + 0.4 * sex + EXPOSED_LOG_ODDS * np.isin(area, exposed)
    ill = (rng.random(people) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return pd.DataFrame({"area": area, "born": born, "sex": sex, "ill": ill})


def patients_with_consent(rng: np.random.Generator, people: int) -> pd.DataFrame:
    """`patients` with the week (0 to 9) of each record (`recorded`) and of the end of each consent (`consent_until`).

    One in ten withdraws, in the five weeks after the record; for all others `consent_until` is 99.
    """
    table = patients(rng, people)
    table["recorded"] = rng.integers(0, 10, people)
    withdraws = rng.random(people) < 0.1
    table["consent_until"] = np.where(withdraws, table["recorded"] + rng.integers(0, 6, people), 99)
    return table


def coarsened(table: pd.DataFrame, step: str) -> pd.DataFrame:
    """`area`, `born` and `sex` of a table of patients, as coarse as one of `STEPS` says.

    Raises `DataError` for any other step.
    """
    if step not in STEPS:
        raise DataError(f"step is {step!r}; it must be one of {'; '.join(STEPS)}. Name one of these.")
    age, place = step.split(", ")
    born = (table["born"] // DAYS_JOINED[age]).astype(int)
    return pd.DataFrame({"area": table["area"] // AREAS_JOINED[place], "born": born, "sex": table["sex"]})
