"""What a worker grades with: a sandbox and a checker for one assignment, kept warm from one submission to the next."""

from functools import partial
from pathlib import Path

from grader.grading.analysis.grading_plan import plans
from grader.grading.grade_submission import grade_submission
from grader.grading.intake.submission import Assignment
from grader.grading.records import Job, Result
from grader.grading.sealed.checker import Checker
from grader.sandbox import Level, Limits, Sandbox, best_level, named
from grader.sandbox.preload_client import PreloadClient


class SealedGrader:
    """A sandbox and a checker for `shared`. `level` names the sandbox's level, which is not tried first: who names one
    has tried it on this machine. "" is the best there is.

    Both are forked from `preload` where that can be.
    """

    def __init__(self, shared: Assignment, level: str = "", preload: PreloadClient | None = None) -> None:
        self.shared = shared
        self.plans = plans(shared.originals, shared.solved, shared.marks)
        limits = shared.limits
        hidden = [Path(shared.root)] if shared.root else []
        self.sandbox = Sandbox(
            self.plans.modules,
            named(level) if level else best_level(),
            limits=Limits(
                wall_s=limits.cell_s, cpu_s=2 * limits.cell_s, total_s=limits.total_s, memory_mb=limits.memory_mb
            ),
            forbids=self.plans.forbids,
            hidden=hidden,
            preload=preload,
        )
        self._checker = partial(Checker, self.plans, limits.memory_mb, preload, level=self.sandbox.level, hidden=hidden)
        self.checkers: dict[int, Checker] = {}
        self.sandbox.begin()
        if any(plan.calls for plan in self.plans.notebooks.values()):
            self.checker_of(limits.round_number).begin()  # one warms up while the other does

    @property
    def level(self) -> Level:
        """The level of the sandbox in force."""
        return self.sandbox.level

    def grade(self, job: Job) -> Result:
        """The result of one job."""
        return grade_submission(job, self.plans.notebooks, self.sandbox, self.checker_of(job.round_number))

    def checker_of(self, round_number: int) -> Checker:
        """The checker of a round of hand-ins, which has hidden cases of its own."""
        if round_number not in self.checkers:
            self.checkers[round_number] = self._checker(round_number=round_number)
        return self.checkers[round_number]

    def close(self) -> None:
        """End all of them."""
        for checker in self.checkers.values():
            checker.close()
        self.sandbox.close()
