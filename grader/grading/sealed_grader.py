"""What a worker grades with: a sandbox and a checker for one assignment, kept warm from one submission to the next.

The instructor's own answers are graded first: they show what the channel cannot carry.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from grader.errors import GraderError
from grader.grading.analysis.grading_plan import plans
from grader.grading.calibration import calibrate
from grader.grading.grade_submission import grade_submission
from grader.grading.intake.submission import Assignment
from grader.grading.records import Calibration, Job, Result
from grader.grading.sealed.checker import Checker
from grader.sandbox import Level, Limits, Sandbox, best_level, named
from grader.sandbox.preload_client import PreloadClient

SERVER = "grader.grading.sealed.object_server:ObjectServer"


class SealedGrader:
    """A sandbox and a checker for `shared`. `level` names the sandbox's level, which is not tried first: who names one
    has tried it on this machine. "" is the best there is.

    Both are forked from `preload` where that can be. `calibrations` by notebook are what was recorded at the release;
    what is missing of them is found out before the first job.
    """

    def __init__(
        self, shared: Assignment, level: str = "", preload: PreloadClient | None = None,
        calibrations: Mapping[str, Calibration] | None = None,
    ) -> None:  # fmt: skip
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
            server=SERVER,
            preload=preload,
        )
        self._checker = partial(
            Checker, self.plans, shared.files, limits.memory_mb, preload, level=self.sandbox.level, hidden=hidden
        )
        self.checkers: dict[int, Checker] = {}
        self.calibrations: dict[str, Calibration] = dict(calibrations or {})
        for process in (self.sandbox, self.checker_of(limits.round_number)):
            process.begin()  # one warms up while the other does

    @property
    def level(self) -> Level:
        """The level of the sandbox in force."""
        return self.sandbox.level

    def grade(self, job: Job) -> Result:
        """The result of one job."""
        for name in job.notebooks:
            self._know(name)
        checker = self.checker_of(job.round_number)
        return grade_submission(job, self.plans.notebooks, self.calibrations, self.sandbox, checker)

    def checker_of(self, round_number: int) -> Checker:
        """The checker of a round of hand-ins, which has hidden cases of its own."""
        if round_number not in self.checkers:
            made = self.checkers[round_number] = self._checker(round_number=round_number)
            made.modules |= {name for calibration in self.calibrations.values() for name in calibration.modules}
        return self.checkers[round_number]

    def calibrated(self) -> dict[str, Calibration]:
        """What the instructor's own answers show of each notebook."""
        for original in self.shared.originals:
            self._know(original.name)
        return self.calibrations

    def _know(self, name: str) -> None:
        if name in self.calibrations:
            return
        original = next(candidate for candidate in self.shared.originals if candidate.name == name)
        notebook = original.notebook(cell.as_dict() for cell in original.cells)
        job = replace(self.shared.limits, notebooks={name: notebook}, trusted=self.shared.files)
        found = calibrate(job, self.plans.notebooks[name], self.sandbox, self.checker_of(job.round_number))
        self.calibrations[name] = found
        for checker in self.checkers.values():
            checker.modules |= found.modules

    def close(self) -> None:
        """End all of them."""
        for checker in self.checkers.values():
            checker.close()
        self.sandbox.close()


def calibrate_for(pipe: Connection, shared: Assignment, level: str, preload: PreloadClient | None) -> None:
    """Send what the instructor's answers show by notebook, or why nothing can be shown: in a process of its own."""
    try:
        grader = SealedGrader(shared, level, preload)
        try:
            pipe.send(grader.calibrated())
        finally:
            grader.close()
    except GraderError as error:
        pipe.send(str(error))
