"""What a worker grades with: a sandbox and a checker for one assignment, kept warm from one submission to the next.

The instructor's own answers are graded first: they show what the channel cannot carry.
"""

from pathlib import Path

from grader.grading.analysis.grading_plan import plans
from grader.grading.calibration import calibrate
from grader.grading.grade_submission import grade_submission
from grader.grading.intake.submission import Assignment
from grader.grading.records import Calibration, Job, Result
from grader.grading.sealed.checker import Checker
from grader.sandbox import Level, Limits, make_sandbox, named
from grader.sandbox.preload_client import PreloadClient

SERVER = "grader.grading.sealed.object_server:ObjectServer"


class SealedGrader:
    """A sandbox and a checker for `shared`. `level` names the sandbox's level, "" for the best there is.

    Both are forked from `preload` where that can be.
    """

    def __init__(self, shared: Assignment, level: str = "", preload: PreloadClient | None = None) -> None:
        self.shared = shared
        self.plans = plans(shared.masters, shared.solved, shared.marks)
        limits = shared.limits
        hidden = [Path(shared.root)] if shared.root else []
        self.sandbox = make_sandbox(
            self.plans.modules,
            named(level) if level else None,
            limits=Limits(
                wall_s=limits.cell_s, cpu_s=2 * limits.cell_s, total_s=limits.total_s, memory_mb=limits.memory_mb
            ),
            forbids=self.plans.forbids,
            hidden=hidden,
            server=SERVER,
            preload=preload,
        )
        self.checker = Checker(
            self.plans, shared.files, limits.memory_mb, preload, level=self.sandbox.level, hidden=hidden
        )
        self.calibrations: dict[str, Calibration] = {}

    @property
    def level(self) -> Level:
        """The level of the sandbox in force."""
        return self.sandbox.level

    def grade(self, job: Job) -> Result:
        """The result of one job."""
        for name in job.notebooks:
            if name not in self.calibrations:
                plan = self.plans.notebooks[name]
                self.calibrations[name] = calibrate(job, plan, self.sandbox, self.checker)
        return grade_submission(job, self.plans.notebooks, self.calibrations, self.sandbox, self.checker)

    def close(self) -> None:
        """End both."""
        self.checker.close()
        self.sandbox.close()
