"""What the notebook shows beside its tests: the cost of a row by batch size, and a policy's scenarios. No points."""

import time
from typing import Any

import numpy as np

from grader.suite_kit.designs import Card, Draws, draw_scenarios, skipped_while_grading
from grader.suite_kit.exercise import ExerciseError
from grader.suites.improve_throughput import visits
from grader.suites.improve_throughput.cases import CASES
from grader.suites.improve_throughput.evenings import CURVE, FAMILIES, P99_MS, TASK, Run, scenario
from grader.suites.improve_throughput.service import SlowScorer
from notebook_runner.errors import require_one_of

SIZES = (1, 4, 16, 64, 256)
REPEATS = 5


def practice_visits(number: int, seed: int = 1) -> list[str]:
    """`number` fresh visits to try things on; the tests use others."""
    return visits.simulate(np.random.default_rng(seed), number)[0]


def evenings() -> Draws:
    """The public scenarios."""
    return draw_scenarios(FAMILIES, CASES.public().evenings_seed)


@skipped_while_grading
def scorecard(policy: dict[str, Any]) -> Card:
    """What a policy comes to in the public scenarios, judged as its test does."""
    return TASK.scorecard(policy, evenings())


def run(policy: dict[str, Any], family: str) -> Run:
    """A policy in the public scenario of a family."""
    require_one_of("The evening", family, TASK.scenarios, ExerciseError)
    return Run(TASK.read(policy), scenario(evenings()[family][0]))


def row_ms(scorer: Any, size: int) -> float:
    """CPU time of a row in batches of `size` fresh visits, ms: the quickest of some."""
    rows, spent = visits.alike(np.random.default_rng(size), size * REPEATS), []
    for start in range(0, len(rows), size):
        begun = time.process_time()
        scorer.predict_many(rows[start : start + size])
        spent.append(time.process_time() - begun)
    return 1e3 * min(spent) / size


@skipped_while_grading
def show_curve(scorer: Any) -> None:
    """Plots what a row costs by the size of its batch: slow, yours, and on the machine of the policy."""
    from mlsd_lib.lesson import plotting

    own, slow = scorer(), SlowScorer()
    yours = [row_ms(own, size) for size in SIZES]
    plotting.use_style()
    series = {
        "slow": [row_ms(slow, size) for size in SIZES[:3]], "yours": yours,
        "machine of part 3": [1e3 * CURVE.fixed_s / size + 1e3 * CURVE.row_s for size in SIZES],
    }  # fmt: skip
    series["slow"] += series["slow"][-1:] * 2  # it knows no batches
    plotting.lines(
        series, f"A row in a batch of {SIZES[-1]} costs 1/{yours[0] / yours[-1]:.0f} of a row alone",
        "rows in the batch",
        "CPU time of a row, ms", at=SIZES, log="xy", x_ticks=dict(zip(SIZES, map(str, SIZES), strict=True)),
        better="down",
    )  # fmt: skip


@skipped_while_grading
def show_policy(policy: Any, family: str = "overload") -> None:
    """Plots, second by second, how many came in a public scenario and how many were answered in time."""
    from mlsd_lib.lesson import plotting

    found = run(policy(), family)
    plotting.use_style()
    second = found.story.arrived.astype(int)
    came, good = np.bincount(second), np.bincount(second, found.in_time)
    plotting.lines(
        {"came": came, f"answered in {P99_MS:g} ms": good},
        f"{good.sum() / came.sum():.0%} of the requests answered in time: {TASK.scenarios[family].title}",
        "second", "requests a second", at=np.arange(len(came)), y_range=(0, None),
        label_at=dict.fromkeys(("came", f"answered in {P99_MS:g} ms"), int(came.argmax())),
    )  # fmt: skip
