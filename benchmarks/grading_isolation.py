"""What isolation costs a submission, in ms: medians over many, for light and heavy imports."""

import statistics
import time
from collections.abc import Callable

from grader.sandbox import best_level, make_sandbox

IMPORTS = {"light": [], "heavy": ["numpy", "pandas", "sklearn.linear_model", "matplotlib.pyplot"]}
TIMES = 40


def costs(quiet: bool = False) -> dict[str, dict[str, float]]:
    """By imports: ms for an isolated session."""
    found = {name: _measured(imports) for name, imports in IMPORTS.items()}
    if not quiet:
        print(f"isolation by {best_level().name.lower()}, median ms of each:")
        for name, medians in found.items():
            print(f"  {name:6s} " + ", ".join(f"{what} {ms:.1f}" for what, ms in medians.items()))
    return found


def _measured(imports: list[str]) -> dict[str, float]:
    with make_sandbox(imports) as sandbox:
        return {"session": _median_ms(lambda: sandbox.open().close())}


def _median_ms(act: Callable[[], object]) -> float:
    spent = []
    for _ in range(TIMES):
        started_s = time.perf_counter()
        act()
        spent.append(1000 * (time.perf_counter() - started_s))
    return round(statistics.median(spent), 1)
