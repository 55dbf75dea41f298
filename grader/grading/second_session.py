"""Ordinary tests in the student's own process, as stock nbgrader runs them, in a session that is thrown away.

It begins when every sealed decision on the notebook has been made and the session that was asked has ended, so what
student code sees of a hidden test there is of no use to it. It goes through the notebook from its beginning, as a
kernel would. No mark is decided here alone.
"""

import time
from collections.abc import Collection, Sequence

from grader.grading.analysis.grading_plan import Plan
from grader.grading.records import Job, Step
from grader.sandbox import CellRun, Sandbox, Session

REOPENED = 20
TIMEOUT_MESSAGE = "The time for running tests beside the answer was over."
ENDS = "The process ended again and again."
_now_s = time.monotonic


class SecondSession:
    """Goes through the `steps` of one notebook; altogether it may take as long as the submission itself."""

    def __init__(self, sandbox: Sandbox, job: Job, plan: Plan, steps: Sequence[Step]) -> None:
        self.sandbox, self.job, self.plan, self.steps = sandbox, job, plan, steps
        self._runs: dict[str, CellRun] = {}
        self._fatal: set[str] = set()

    def run(self, wanted: Collection[str]) -> dict[str, CellRun]:
        """What the tests `wanted` gave, by name."""
        last = max((place for place, step in enumerate(self.steps, 1) if step.name in wanted), default=0)
        why = CellRun.stopped("crashed", ENDS)
        end_s = _now_s() + self.job.total_s
        for _ in range(1 + REOPENED if last else 0):
            with self.sandbox.open(self.job.files, self.job.seed, aside=True) as session:
                if all(self._go_through(session, step, end_s) for step in self.steps[:last]):
                    break
            if _now_s() >= end_s:
                why = CellRun.stopped("timeout", TIMEOUT_MESSAGE)
                break
        return {name: self._runs.get(name, why) for name in wanted}

    def _go_through(self, session: Session, step: Step, end_s: float) -> bool:
        """Whether the session can go on after `step`; one that ended it is left out when it is opened again."""
        if step.name in self.plan.ours or step.name in self._fatal or (step.damaged and step.role != "test"):
            return True
        if _now_s() >= end_s:
            return False
        run = session.run_cell(step.source, step.name)
        if step.role == "test":
            self._runs.setdefault(step.name, run)
        if session.alive and not session.is_full():
            return True
        self._fatal.add(step.name)
        return False
