"""Designs over seeds: the mean of each figure with its 90 % interval, as a table and as JSON.

JSON, `"schema": "mlsd.simulate/1"`: `scenario`, `seeds`, and `designs`, a list of `name`, `document` (the whole of it,
defaults included), `verdict` (of the first seed), `kept` (the share of seeds in which every minute kept the level) and
`figures`: by name {mean, low, high}; and `steady_p99_ms` of the first seed, {value, low, high, long}: the percentile
without the warm-up, its 95 % interval from this one run, and whether the run is long enough for it; null for a story
that changes. A number that is not finite, or an interval of one seed, is null. Entries are only ever added; a change of
their meaning raises the number.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsd.simulate.document import ServiceDocument, Story
from mlsd_lib.simulation.scorecard import Scorecard, scored, shown

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "mlsd.simulate/1"
INTERVAL = 0.9
COST, GOOD, BELOW = "cost, EUR", "good, %", "minutes below the level"


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its interval at 90 %, by Student's t: NaN for one seed, and for what is not finite."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Estimate":
        """The estimate from one value a seed."""
        from scipy import stats

        numbers = np.asarray(values, dtype=float)
        mean = values[0] if len(values) == 1 else float(numbers.mean())
        if len(numbers) < 2 or not np.isfinite(numbers).all():
            return cls(mean, math.nan, math.nan)
        half = stats.t.ppf((1 + INTERVAL) / 2, len(numbers) - 1) * numbers.std(ddof=1) / math.sqrt(len(numbers))
        return cls(mean, float(mean - half), float(mean + half))

    def __str__(self) -> str:
        mean, low, high = (
            shown(value) if isinstance(value, int) or abs(value) >= 1 else f"{value:.3g}"
            for value in (self.mean, self.low, self.high)
        )
        return mean if math.isnan(self.low) else f"{mean} ({low} to {high})"

    def plain(self) -> dict[str, float | None]:
        """As JSON takes it."""
        return _finite({"mean": self.mean, "low": self.low, "high": self.high})


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


@dataclass(frozen=True, kw_only=True)
class Runs:
    """One design's `runs`: its figures, a mapping a seed."""

    runs: tuple[Mapping[str, float], ...]

    @cached_property
    def figures(self) -> dict[str, Estimate]:
        """Each figure over the seeds."""
        return {name: Estimate.of([run[name] for run in self.runs]) for name in self.runs[0]}

    @property
    def kept(self) -> float:
        """The share of seeds in which every minute kept the level."""
        return float(np.mean([run[BELOW] == 0 for run in self.runs]))


@dataclass(frozen=True, kw_only=True)
class Studied(Runs):
    """A design by its `name`. `card`: the scorecard of the first seed."""

    name: str
    document: ServiceDocument
    card: Scorecard

    @property
    def verdict(self) -> str:
        """In how many seeds the level was kept, and what the first one came to."""
        if len(self.runs) == 1:
            return f"{self.card.verdict} {self.card.tail}".rstrip()
        return f"Every minute kept the level in {self.kept:.0%} of {len(self.runs)} seeds. First: {self.card.verdict}"


def differing(first: Studied, second: Studied) -> "pd.DataFrame":
    """What differs between two documents: a row an entry, a column a document."""
    found = first.document.compared(second.document)
    return found.set_axis([first.name, second.name], axis="columns")


def study(designs: Mapping[str, ServiceDocument], story: Story, seeds: Sequence[int]) -> list[Studied]:
    """Every design through the story, once a seed; the seeds are the same for all."""
    found = []
    for name, document in designs.items():
        cards = [scored(document, document.scenario(story, seeds[0]))]
        runs = [cards[0].figures, *(scored(document, document.scenario(story, seed)).figures for seed in seeds[1:])]
        found.append(Studied(name=name, document=document, runs=tuple(runs), card=cards[0]))
    return found


def table(found: Sequence[Studied]) -> "pd.DataFrame":
    """The figures, a column a design."""
    import pandas as pd

    cells = {name: [str(design.figures[name]) for design in found] for name in found[0].figures}
    return pd.DataFrame.from_dict(cells, orient="index", columns=[design.name for design in found]).rename_axis(
        "figure"
    )


def as_json(found: Sequence[Studied], story: str, seeds: Sequence[int]) -> dict[str, Any]:
    """The study by the schema above."""
    designs = [
        {
            "name": design.name,
            "document": design.document.model_dump(mode="json"),
            "verdict": design.card.verdict,
            "kept": design.kept,
            "figures": {name: value.plain() for name, value in design.figures.items()},
            "steady_p99_ms": (p99 := design.card.steady_p99) and _finite(p99._asdict()),
        }
        for design in found
    ]
    return {"schema": SCHEMA, "scenario": story, "seeds": list(seeds), "designs": designs}
