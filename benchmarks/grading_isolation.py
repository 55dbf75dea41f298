"""What isolation costs a submission, in ms: medians over many, for light and heavy imports."""

import statistics
import time
from collections.abc import Callable

from grader.grading.analysis.grading_plan import Plans
from grader.grading.sealed.checker import Checker
from grader.sandbox import best_level, make_sandbox

IMPORTS = {"light": [], "heavy": ["numpy", "pandas", "sklearn.linear_model", "matplotlib.pyplot"]}
TIMES = 40


def costs(quiet: bool = False) -> dict[str, dict[str, float]]:
    """By imports: ms for an isolated session and an isolated checker."""
    found = {name: _measured(imports) for name, imports in IMPORTS.items()}
    if not quiet:
        print(f"isolation by {best_level().name.lower()}, median ms of each; only tests of suites need a checker:")
        for name, medians in found.items():
            print(f"  {name:6s} " + ", ".join(f"{what} {ms:.1f}" for what, ms in medians.items()))
    return found


def _measured(imports: list[str]) -> dict[str, float]:
    with make_sandbox(imports) as sandbox, Checker(Plans({}, imports)) as checker, sandbox.open() as session:
        session.run_cell("answer = 42")
        return {
            "session": _median_ms(lambda: sandbox.open().close()),
            "checker": _median_ms(lambda: checker.open(session).close()),
        }


def _median_ms(act: Callable[[], object]) -> float:
    spent = []
    for _ in range(TIMES):
        started_s = time.perf_counter()
        act()
        spent.append(1000 * (time.perf_counter() - started_s))
    return round(statistics.median(spent), 1)
