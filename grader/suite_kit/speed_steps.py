"""Points for a measured ratio, in whole steps. No measuring here, so tests can feed figures in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.suite_kit.benchmark import BUSY_S, Speed
from grader.suite_kit.comparison import differing
from grader.suite_kit.score_sheet import Sheet

ANSWER_TOLERANCE = 0.02
MAX_WRONG_SHARE = 0.05
MAX_OTHER_CPU_S = 0.05


@dataclass(frozen=True)
class SpeedTest:
    """Adds to `sheet` what a speed earns against `slow_one` ("the slow service"), a `unit` ("request") at a time."""

    sheet: Sheet
    unit: str
    slow_one: str

    def judge_validity(self, speeds: Sequence[Speed], pairs: Iterable[tuple[Any, Any]]) -> bool:
        """True if enough answers are right and no other process did the work: adds the rows `right` and `own`.

        `pairs` are (what is right, what the answer gave) of each unit that was compared.
        """
        slow, fast = zip(*pairs, strict=True)
        missed = len(differing(fast, slow, ANSWER_TOLERANCE))
        right = missed <= MAX_WRONG_SHARE * len(slow)
        self.sheet.judge(
            "right", f"{missed} of {len(slow)} off by > {ANSWER_TOLERANCE}", f"at most {100 * MAX_WRONG_SHARE:.0f} %",
            right,
            f"Of the {self.unit}s in this test, {missed} of {len(slow)} were answered otherwise than {self.slow_one} "
            "does, so the speed does not count.",
        )  # fmt: skip
        worst = {name: max(getattr(speed, name) for speed in speeds) for name in ("helpers", "delegated_s", "after_s")}
        together = replace(speeds[0], **worst)
        own = not together.helpers and together.delegated_s <= MAX_OTHER_CPU_S and together.after_s <= BUSY_S
        self.sheet.judge(
            "own", _elsewhere(together), "nothing elsewhere", own,
            "Work went on outside the call: in another process, or after the answer.",
        )  # fmt: skip
        return right and own

    def judge_steps(
        self, family: str, found: tuple[Speed, bool], thresholds: Sequence[float], valid: bool,
        step_points: float | None = None, title: str = "",
    ) -> None:  # fmt: skip
        """A row of `family` for each of the `thresholds`, each worth `step_points` (those of the family if not given).

        `found` is what `compare` gives. None is met unless it is `valid`. `title` stands before each: "a row in batches
        of 16".
        """
        speed, sure = found
        ratio = speed.ratio if sure else speed.low
        steps = speed.steps(thresholds, ratio) if valid else 0
        for i, threshold in enumerate(thresholds):
            self.sheet.judge(
                family, _times(speed), f"{threshold}x", i < steps, self._why_slow(speed, ratio, threshold, title),
                title=title or f"at least {threshold} times faster", points=step_points, explained=valid,
                margin=ratio / threshold if valid else None,
            )  # fmt: skip
        if not sure and valid and steps < len(thresholds) and self.sheet.outcome != "unstable":
            self.sheet.end(
                "unstable", "The machine was too busy for a steady measurement: three rounds did not agree. The points "
                "are those that are certain. Run this cell again; the grader measures again too.",
            )  # fmt: skip

    def _why_slow(self, speed: Speed, ratio: float, threshold: float, title: str) -> str:
        where = f"{title[0].upper()}{title[1:]}" if title else f"One {self.unit}"
        if ratio >= threshold:
            return (
                f"The CPU worked less, but the caller waited: in elapsed time its best call is only "
                f"{speed.wall_ratio:.2g} times faster than the CPU time of {self.slow_one}."
            )
        return f"{where} takes 1/{ratio:.2g} of the CPU time of {self.slow_one}; profile what is left."


def _elsewhere(speed: Speed) -> str:
    if speed.helpers or speed.delegated_s > MAX_OTHER_CPU_S:
        return f"{speed.helpers} new processes, {speed.delegated_s:.2f} s in others"
    if speed.after_s > BUSY_S:
        return f"{speed.after_s * 1e3:.0f} ms afterwards"
    return "nothing elsewhere"


def _times(speed: Speed) -> str:
    if speed.ratio >= 200:
        return "over 200x"
    return f"{speed.ratio:.3g}x ({speed.low:.3g}-{speed.high:.3g})"
