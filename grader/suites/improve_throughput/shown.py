"""What the notebook shows beside its tests: the cost of a row by batch size, and a policy's scenarios. No points.

A cell that shows something of an answer does so in a notebook only; the grader's processes pass it over.
"""

import time
from typing import Any

import numpy as np

from grader.suite_kit.attempts import in_a_kernel
from grader.suite_kit.designs import Card, RefusedDesign, draw_scenarios
from grader.suite_kit.designs.scenarios import Draws
from grader.suite_kit.exercise import ExerciseError
from grader.suites.improve_throughput import visits
from grader.suites.improve_throughput.cases import CASES
from grader.suites.improve_throughput.evenings import CURVE, FAMILIES, P99_MS, TASK, Run, scenario
from grader.suites.improve_throughput.policy import Policy
from grader.suites.improve_throughput.service import SlowScorer
from notebook_runner.errors import require_one_of

SIZES = (1, 4, 16, 64, 256)
REPEATS = 5
UNWRITTEN = "Write your answer in its cell, run that cell, then run this one."


def practice_visits(number: int, seed: int = 1) -> list[str]:
    """`number` fresh visits to try things on; the tests use others."""
    return visits.simulate(np.random.default_rng(seed), number)[0]


def evenings() -> Draws:
    """The public scenarios."""
    return draw_scenarios(FAMILIES, CASES.public().evenings_seed)


def scorecard(policy: dict[str, Any]) -> Card | str:
    """What a policy comes to in the public scenarios, judged as its test does; why, if it is refused."""
    try:
        return TASK.scorecard(policy, evenings())
    except RefusedDesign as refused:
        return str(refused)


def run(policy: dict[str, Any], family: str) -> Run:
    """A policy in the public scenario of a family."""
    require_one_of("The evening", family, TASK.scenarios, ExerciseError)
    return Run(Policy.of(policy), scenario(evenings()[family][0]))


def row_ms(scorer: Any, size: int) -> float:
    """CPU time of a row in batches of `size` fresh visits, ms: the quickest of some."""
    rows, spent = visits.alike(np.random.default_rng(size), size * REPEATS), []
    for start in range(0, len(rows), size):
        begun = time.process_time()
        scorer.predict_many(rows[start : start + size])
        spent.append(time.process_time() - begun)
    return 1e3 * min(spent) / size


def show_curve(scorer: Any) -> None:
    """Plots what a row costs by the size of its batch: slow, yours, and on the machine of the policy."""
    if not in_a_kernel():
        return
    try:
        own = scorer()
        yours = [row_ms(own, size) for size in SIZES]
    except NotImplementedError:
        print(UNWRITTEN)
        return
    from mlsd_lib.lesson import plotting

    plotting.use_style()
    slow = SlowScorer()
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


def show_policy(policy: Any, family: str = "overload") -> None:
    """Plots, second by second, how many came in a public scenario and how many were answered in time."""
    if not in_a_kernel():
        return
    try:
        found = run(policy(), family)
    except NotImplementedError:
        print(UNWRITTEN)
        return
    from mlsd_lib.lesson import plotting

    plotting.use_style()
    second = found.story.arrived.astype(int)
    came, good = np.bincount(second), np.bincount(second, found.in_time)
    plotting.lines(
        {"came": came, f"answered in {P99_MS:g} ms": good},
        f"{good.sum() / came.sum():.0%} of the requests answered in time: {TASK.scenarios[family].title}",
        "second", "requests a second", at=np.arange(len(came)), y_range=(0, None),
        label_at=dict.fromkeys(("came", f"answered in {P99_MS:g} ms"), int(came.argmax())),
    )  # fmt: skip
