"""Ordinary tests beside the student's code, as stock nbgrader runs them, in a process that is thrown away.

That is a second session, which goes through the notebook from its beginning as a kernel would. Where the answers take
long it is, by the calibration, a copy of the student's process, made at the test's place: a copy a test costs more than
running short answers again. A copy has no threads but one, and a library that waits for its others would wait for ever:
where the process has some, the second session serves from then on. No mark is decided here.
"""

import time
from collections.abc import Sequence

from grader.grading.analysis.grading_plan import Plan
from grader.grading.records import Job, Step
from grader.sandbox import CellRun, Sandbox, Session

REOPENED = 20
OVER = "The time for running tests beside the answer was over."
_now_s = time.monotonic


class Beside:
    """What tests of one notebook gave beside the student's code, by name, in `runs`. Close it.

    `shown` are those that were handed to the student's own session for a copy, and so may have disclosed something.
    `copies` is the calibration's choice. All of them together may take as long as the submission itself.
    """

    def __init__(self, sandbox: Sandbox, job: Job, plan: Plan, steps: Sequence[Step], copies: bool) -> None:
        self.sandbox, self.job, self.plan, self.steps = sandbox, job, plan, list(steps)
        self.copies = copies
        self.runs: dict[str, CellRun] = {}
        self.shown: set[str] = set()
        self.spent_s = 0.0
        self._second: Session | None = None
        self._done = 0  # steps that the second session has gone through
        self._fatal: set[str] = set()
        self._reopened = 0

    def run(self, session: Session, step: Step, group: Sequence[Step]) -> None:
        """Have a run of the test `step`, and perhaps of the others of `group`, which follow it without an answer."""
        started_s = _now_s()
        try:
            if step.name in self.runs:
                return
            if self.spent_s >= self.job.total_s:
                self.runs[step.name] = CellRun.stopped("timeout", OVER)
            elif self._by_copy(step) and session.alive and session.threads() == 1:
                self._in_copy(session, group)
            if step.name not in self.runs:
                self._in_second(step)
        finally:
            self.spent_s += _now_s() - started_s

    def close(self) -> None:
        """End the second session, if there is one."""
        if self._second is not None:
            self._second.close()
            self._second = None

    def _by_copy(self, step: Step) -> bool:
        """Whether a copy serves `step`: by the choice, or so that a cell which took all its time takes it only once."""
        if self.copies:
            return self._second is None
        gone_through = self._done if self._second is not None else 0
        return any(one.out_of_time for one in self.steps[gone_through : self.steps.index(step)])

    def _in_copy(self, session: Session, group: Sequence[Step]) -> None:
        runs = self._copied(session, group)
        if len(group) > 1 and all(run.verdict not in ("ok", "error") for run in runs):
            group, runs = group[:1], self._copied(session, group[:1])
        if runs[0].verdict == "crashed":
            return  # no copy can be made here: the answer used up its processes or files, or ended the session
        self.runs |= {one.name: run for one, run in zip(group, runs, strict=True)}

    def _copied(self, session: Session, group: Sequence[Step]) -> list[CellRun]:
        """Tests in one copy, after earlier ones whose names they use."""
        if not session.alive:
            return [CellRun.stopped("crashed", session.end_text)] * len(group)
        names = [one.name for one in group]
        needed = {name for one in names for name in self.plan.needs.get(one, ())} - set(names)
        before = [source for name, source in self.plan.tests if name in needed]
        self.shown |= {*names, *needed}  # whatever comes of it: the answer may have read them and then ended the copy
        limit_s = max(0.1, min(self.job.cell_s, self.job.total_s - self.spent_s))
        return session.try_cells([*before, *(one.source for one in group)], limit_s)[len(before) :]

    def _in_second(self, step: Step) -> None:
        """Go on through the notebook up to `step`; what ends the session is left out when it is opened again."""
        last = self.steps.index(step) + 1
        while step.name not in self.runs:
            if self._second is None:
                self._second, self._done = self.sandbox.open(self.job.files, self.job.seed, aside=True), 0
            while self._second is not None and self._done < last:
                self._go_through(self.steps[self._done])
                self._done += 1
            if self._reopened > REOPENED:
                self.runs.setdefault(step.name, CellRun.stopped("crashed", "The process ended again and again."))

    def _go_through(self, step: Step) -> None:
        assert self._second is not None
        if step.name in self.plan.ours or step.name in self._fatal or (step.damaged and step.role != "test"):
            return
        run = self._second.run_cell(step.source, step.name)
        if step.role == "test":
            self.runs.setdefault(step.name, run)
        if not self._second.alive or self._second.is_full():
            self._fatal.add(step.name)
            self._reopened += 1
            self.close()
