"""Where a worker grades: a sandbox and a checker for one assignment, kept warm from one submission to the next.

The instructor's own answers are graded first: they show what the channel cannot carry.
"""

from pathlib import Path

from grader.engine.checker import Checker
from grader.engine.job import Reference, grade_submission
from grader.engine.nursery import Nurseries
from grader.engine.plan import plans
from grader.engine.reference import reference
from grader.engine.sandbox import Level, Limits, Zygote, named
from grader.engine.submission import Assignment
from grader.engine.verdict import Job, Result

SERVER = "grader.engine.objects:ObjectServer"


class Seat:
    """A sandbox and a checker for `shared`. `level` names the sandbox's level, "" for the best there is.

    `nurseries` are where both are forked from.
    """

    def __init__(self, shared: Assignment, level: str = "", nurseries: Nurseries | None = None, wall: str = "") -> None:
        nurseries = nurseries or Nurseries()
        self.shared = shared
        self.plans = plans(shared.masters, shared.solved, shared.marks)
        limits = shared.limits
        self.zygote = Zygote(
            self.plans.modules,
            named(level) if level else None,
            Limits(wall_s=limits.cell_s, cpu_s=2 * limits.cell_s, total_s=limits.total_s, memory_mb=limits.memory_mb),
            forbids=self.plans.forbids,
            hidden=[Path(shared.root)] if shared.root else [],
            server=SERVER,
            nursery=nurseries.behind_bubblewrap if wall == "bubblewrap" else nurseries.open,
            wall=wall,
        )
        self.checker = Checker(self.plans, shared.files, limits.memory_mb, nurseries.open)
        self.references: dict[str, Reference] = {}

    @property
    def level(self) -> Level:
        """The level of the sandbox in force."""
        return self.zygote.level

    def grade(self, job: Job) -> Result:
        """The result of one job."""
        for name in job.notebooks:
            if name not in self.references:
                plan = self.plans.notebooks[name]
                self.references[name] = reference(job, plan, self.zygote, self.checker)
        return grade_submission(job, self.plans.notebooks, self.references, self.zygote, self.checker)

    def close(self) -> None:
        """End both."""
        self.checker.close()
        self.zygote.close()
