"""What a reader may set in the lesson on monitoring: the rows of a window, and the limit of the drift index."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.axes import Axes

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.explorer import SIZE, Explorer, Setting, Verdict
from mlsd_lib.operations.drift import psi

REFERENCE_ROWS, WINDOWS = 10_000, 200
MOST_FALSE, LEAST_FOUND, ASKED = 1.0, 95.0, 0.3  # % of the windows, and the shift that must be found
LIMITS = np.geomspace(0.002, 1.0, 60)


@dataclass(frozen=True)
class Rung:
    """Windows that ring, %: at the chosen limit, and at each of `LIMITS`, (60,)."""

    limit: float
    at_limit: dict[str, float]
    at_each: dict[str, np.ndarray]


def drift_limit() -> Explorer:
    """From how many rows on a limit of the index tells a moved mean from none."""
    return Explorer(
        f"At most {MOST_FALSE:.0f} % of the windows without drift may ring, and at least {LEAST_FOUND:.0f} % of those "
        f"whose mean has moved by {ASKED:g} standard deviations must. Find rows and a limit that keep both promises.",
        (
            Setting("rows", "rows of a window", {"50": 50, "200": 200, "1,000": 1_000, "5,000": 5_000}, "200"),
            Setting("limit", "limit of the index", {"0.01": 0.01, "0.05": 0.05, "0.1": 0.1, "0.2": 0.2}, "0.1"),
            Setting("shift", "shift of the mean (standard deviations)", {"0.1": 0.1, "0.3": 0.3}, "0.3"),
        ),
        ring,
        _draw,
        _judge,
    )


def ring(rows: int, limit: float, shift: float) -> Rung:
    """Compares windows of one size with the limit, without drift and with a moved mean."""
    found = {"no drift": indices(rows, 0.0), "mean moved": indices(rows, shift)}
    return Rung(
        limit,
        {name: 100 * float((one > limit).mean()) for name, one in found.items()},
        {name: 100 * (one[:, None] > LIMITS).mean(axis=0) for name, one in found.items()},
    )


@cache
def indices(rows: int, mean: float) -> np.ndarray:
    """The index of two hundred windows against one reference, (200,)."""
    reference = np.random.default_rng(0).normal(size=REFERENCE_ROWS)
    rng = np.random.default_rng([1, rows, int(100 * mean)])
    return np.array([psi(reference, rng.normal(mean, 1.0, rows)) for _ in range(WINDOWS)])


def _draw(found: Rung) -> Axes:
    return plot.lines(
        found.at_each,
        "Windows that ring, by the limit",
        "limit of the index",
        "windows that ring (%)",
        at=LIMITS,
        colours={"no drift": plot.RED, "mean moved": plot.BLUE},
        label_at={"no drift": 0.005, "mean moved": 0.3},
        moments={"chosen": found.limit},
        log="x",
        size=SIZE,
    )


def _judge(found: Rung, rows: int, limit: float, shift: float) -> Verdict:
    false, true = found.at_limit.values()
    measured = f"{false:.1f} % of the windows without drift ring, and {true:.0f} % of those whose mean has moved."
    if shift != ASKED:
        return Verdict(measured, False, f"the question is about a shift of {ASKED:g}.")
    if false > MOST_FALSE:
        return Verdict(measured, False, f"with {rows:,} rows chance alone brings the index above {limit:g} too often.")
    if true < LEAST_FOUND:
        return Verdict(measured, False, f"a shift of {shift:g} seldom brings the index above {limit:g}.")
    return Verdict(
        measured, True, f"with {rows:,} rows the limit lies between what chance does and what the shift does."
    )
