"""Points for a measured ratio, in whole steps. No measuring here, so tests can feed figures in."""

from collections.abc import Sequence

from grader.suite_kit.benchmark import BUSY_S, Speed
from grader.suite_kit.plain import differing
from grader.suite_kit.score_sheet import Sheet

USABLE = 0.02
MOST_WRONG = 0.05
MOST_HELP_S = 0.05


def judge_speed(
    sheet: Sheet, found: Speed, sure: bool, thresholds: Sequence[float], slow_one: str, step_points: float
) -> None:
    """`step_points` for each of the `thresholds`; nothing for answers that are wrong, unfinished or made elsewhere.

    `slow_one` is what the answer replaces, in the exercise's words. The rows are those of the families `right`, `own`
    and `faster`.
    """
    slow, fast = [one[1] for one in found.outputs], [one[2] for one in found.outputs]
    missed = len(differing(fast, slow, USABLE))
    right = missed <= MOST_WRONG * len(slow)
    sheet.judge(
        "right", f"{missed} of {len(slow)} off by > {USABLE}", f"at most {100 * MOST_WRONG:.0f} %", right,
        f"Of the requests in this test, {missed} of {len(slow)} were answered otherwise than {slow_one} does, so "
        "the speed does not count.",
    )  # fmt: skip
    own = not found.helpers and found.delegated_s <= MOST_HELP_S
    finished = found.after_s <= BUSY_S
    sheet.judge(
        "own", _elsewhere(found), "nothing elsewhere", own and finished,
        "Work went on outside the call: in another process, or after the answer.",
    )  # fmt: skip
    counts = right and own and finished
    ratio = found.ratio if sure else found.low
    steps = found.steps(thresholds, ratio) if counts else 0
    for i, threshold in enumerate(thresholds):
        sheet.judge(
            "faster", _times(found), f"{threshold}x", i < steps, _why_slow(found, ratio, threshold, slow_one),
            title=f"at least {threshold} times faster", points=step_points, explained=counts,
        )  # fmt: skip
    if not sure and counts and steps < len(thresholds):
        sheet.end(
            "unstable", "The machine was too busy for a steady measurement: three rounds did not agree. The points are "
            "those that are certain. Run this cell again; the grader measures again too.",
        )  # fmt: skip


def _elsewhere(found: Speed) -> str:
    if found.helpers or found.delegated_s > MOST_HELP_S:
        return f"{found.helpers} new processes, {found.delegated_s:.2f} s in others"
    if found.after_s > BUSY_S:
        return f"{found.after_s * 1e3:.0f} ms afterwards"
    return "nothing elsewhere"


def _times(found: Speed) -> str:
    if found.ratio >= 200:
        return "over 200x"
    return f"{found.ratio:.3g}x ({found.low:.3g}-{found.high:.3g})"


def _why_slow(found: Speed, ratio: float, threshold: float, slow_one: str) -> str:
    if ratio >= threshold:
        return (
            f"The CPU worked less, but the caller waited: in elapsed time its best call is only "
            f"{found.wall_ratio:.2g} times faster than the CPU time of {slow_one}."
        )
    return f"One request takes 1/{ratio:.2g} of the CPU time of {slow_one}; profile what is left."
