"""The scenarios: their published ranges, the stories that they tell, and what a design comes to in each."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from grader.suite_kit.designs import Draw, FailureReason, Outcome, Range, ScenarioFamily, draw_scenarios
from grader.suites.design_fraud_pipeline.causes import explained
from grader.suites.design_fraud_pipeline.document import RATE_SIGNS, Pipeline, Sign
from grader.suites.design_fraud_pipeline.signs import Table, table_of
from grader.suites.design_fraud_pipeline.simulate import Run, backtest, learned, run, tested_too_early
from grader.suites.design_fraud_pipeline.world import LIVE, RELEASE, Story

FAMILIES = (
    ScenarioFamily("ordinary", "ordinary weeks"),
    ScenarioFamily("new scheme", "a new scheme", {"from day": Range(5, 9, whole=True)}),
    ScenarioFamily(
        "peak", "two weeks of peak", {"times the payments": Range(2.3, 2.8), "from week": Range(1, 3, whole=True)}
    ),
    ScenarioFamily("late reports", "late reports", {"times as late": Range(1.8, 2.2)}),
    ScenarioFamily("late source", "a source that is a day late", {"days": Range(11, 14, whole=True)}),
)
LATE_REPORTS_FROM = 28
"""Days before the first release: reports of payments from then on are late."""
SCHEME_DAYS = 14
"""Days after which a new scheme is to be found: its first reports have come by then."""
REPEATING = tuple(
    Sign.model_validate({"sign": name, "source": "training labels", "known": "at training"}) for name in RATE_SIGNS
)
"""Signs that repeat the labels of the training rows."""
ORACLE, BASELINE = "oracle, EUR", "largest amounts, EUR"
"""What the oracle and the baseline save in a scenario stand among its magnitudes, for money is told against them."""


def draw(seed: int) -> dict[str, list[Draw]]:
    """The scenarios of a seed, still without the oracle's money: the same customers and frauds in all of them."""
    drawn = draw_scenarios(FAMILIES, seed)
    return {family: [replace(scenario, seed=seed % 2**31) for scenario in some] for family, some in drawn.items()}


def story_of(draw: Draw) -> Story:
    """The story that a scenario tells."""
    if draw.family == "new scheme":
        return Story(draw.seed, scheme_day=RELEASE + int(draw["from day"]))
    if draw.family == "peak":
        return Story(draw.seed, RELEASE + 7 * int(draw["from week"]), draw["times the payments"])
    if draw.family == "late reports":
        return Story(draw.seed, late_from=RELEASE - LATE_REPORTS_FROM, late_times=draw["times as late"])
    return Story(draw.seed)


def late_days(draw: Draw) -> list[int]:
    """On which days of the stream the ledger is a day late."""
    if draw.family != "late source":
        return []
    chosen = np.random.default_rng(draw.seed).choice(LIVE, int(draw["days"]), replace=False)
    return sorted(int(RELEASE + day) for day in chosen)


def factor(ratio: float) -> float:
    """By what factor a ratio is off 1, in either direction; infinite for what has no ratio."""
    return max(ratio, 1 / ratio) if ratio > 0 else float("inf")


def _with(design: Pipeline, part: str, **change: Any) -> Pipeline:
    """The design with other entries in one of its parts."""
    return design.model_copy(update={part: getattr(design, part).model_copy(update=change)})


def known_too_early(design: Pipeline, table: Table) -> float:
    """The share of the first release's rows in which a sign is not what it was when the payment was scored."""
    used = learned(design, table, RELEASE).use
    differs = table.nothing.copy()
    for sign in design.signs:
        if sign.sign not in RATE_SIGNS:  # these are made at training, and the same for both
            differs |= table.learned(sign, RELEASE) != table.served(sign)
    return float(table.weight[used & differs].sum() / max(table.weight[used].sum(), 1.0))


def found_by_retraining(made: Run, from_day: int) -> float:
    """Of the new scheme's money that the first release alone lets pass, the share that later releases stopped.

    From two weeks after it began. A design without a second release found nothing, however well its signs do.
    """
    table, first = made.table, run(_with(made.design, "learning", retrain_days=None), made.table)
    missed = table.stream.scheme[table.rows] & (table.day >= RELEASE + from_day + SCHEME_DAYS) & ~first.reviewed
    return float(table.amount[missed & made.reviewed].sum() / max(table.amount[missed].sum(), 1.0))


def promises(made: Run) -> Mapping[str, float]:
    """What the backtest promised, against what came; and what it says of signs that repeat labels.

    These two help no payment that is scored: a design with them is worse, and a backtest is there to see it.
    """
    design, saved = made.design, made.gross_eur / LIVE
    promised = backtest(design, made.table)
    more = [sign for sign in REPEATING if sign not in design.signs]
    other = backtest(design.model_copy(update={"signs": (*design.signs, *more)}), made.table)
    return {
        "promise": factor(promised / saved) if saved > 0 else math.inf,
        "promised EUR a day": promised,
        "saved EUR a day": saved,
        "with repeated labels": other / promised if promised > 0 else math.nan,
    }


def outcome(design: Pipeline, draw: Draw) -> Outcome:
    """What a design comes to in a scenario. Measures are shares, and factors by which a promise is off."""
    table = table_of(story_of(draw))
    made = run(design, table, late_days(draw))
    measures = {"money": made.net_eur / draw[ORACLE], "turned away": made.turned_away}
    measures |= {
        "expected frauds": factor(made.expected),
        "expected over real": made.expected,
        "alerts a day": made.alerted.sum() / LIVE,
    }
    if draw.family == "ordinary":
        measures |= {**promises(made), "known too early": known_too_early(design, table)}
        measures["tested too early"] = tested_too_early(design, table)
    if draw.family == "new scheme":
        measures["found by retraining"] = found_by_retraining(made, int(draw["from day"]))
    if draw.family in ("ordinary", "late reports"):
        # Streams and windows differ much in how far any policy is off; what labels as seen lack beside it hardly does.
        seen = _with(design, "labels", ripen_days=0, unreported="honest")
        measures["labels as seen over yours"] = run(seen, table).expected / made.expected if made.expected else math.inf
    if draw.family == "late source":
        on_time = run(design, table).net_eur
        measures["kept"] = made.net_eur / on_time if on_time > 0 else math.nan
    moments: dict[str, FailureReason] = {measure: explained(design, made, measure, measures) for measure in measures}
    return Outcome(measures, moments)
