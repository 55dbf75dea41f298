"""Grades one submission: its cells in the sandbox, the tests of suites here, which ask the session; a verdict a test.

A pure function of the job and the instructor's plan. A session that dies costs the cell that killed it: it is opened
again and the cells before are run again.
"""

import time
from collections.abc import Mapping
from functools import partial

from grader.grading.analysis.grading_plan import Plan
from grader.grading.analysis.name_analysis import READ_CHARACTERS, bound, defined, tree_of
from grader.grading.intake.cell_alignment import same
from grader.grading.records import HELD, Flag, Job, Notebook, Outcome, Result, Step, Verdict
from grader.grading.remote_answer import RemoteAnswer
from grader.grading.replica import replicated
from grader.grading.suite_test import evaluate, seed
from grader.grading.verdict_rules import ENDED, Cells, hidden_lines, of_ordinary, of_suite
from grader.sandbox import CellRun, Leftovers, Sandbox, Session

RESTARTS = 20
TIMEOUT_ERROR = ("CellTimeoutError", "The time of the whole submission was over before this cell.", "")
_now_s = time.monotonic


def grade_submission(job: Job, plans: Mapping[str, Plan], sandbox: Sandbox) -> Result:
    """The result of one job; `plans` are those of its notebooks."""
    started_s = _now_s()
    result, private = Result({}), False
    for name, notebook in job.notebooks.items():
        run = NotebookRun(job, plans[name], notebook, sandbox, private).run_all()
        private = run.cells.private
        result.notebooks[name] = run.executed()
        result.verdicts += run.verdicts.values()
        result.flags += run.flags()
        result.cpu_s += run.cpu_s
        result.peak_mb = max(result.peak_mb, run.peak_mb)
    result.wall_s = _now_s() - started_s
    return result


def steps_of(notebook: Notebook) -> list[Step]:
    """The code cells of a rebuilt notebook. Answers with points are marked by hand: the student's."""
    steps = []
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        entry = cell["metadata"].get("nbgrader", {})
        locked = bool(entry) and not entry.get("solution")
        role = "test" if locked and entry.get("grade") else "locked" if locked else "theirs"
        name = entry.get("grade_id") or cell["id"]
        steps.append(Step(number, name, role, cell["source"], float(entry.get("points") or 0.0)))
    return steps


def untouched(steps: list[Step], plan: Plan) -> tuple[frozenset[str], frozenset[str]]:
    """Answer cells that are as they were released, and the names that only these define.

    The names are not looked for in more text than `READ_CHARACTERS`: what calls a starter then meets its own error.
    """
    theirs = [step for step in steps if step.role == "theirs"]
    kept = {step.name for step in theirs if step.name in plan.starters and same(step.source, plan.starters[step.name])}
    if not kept or sum(len(step.source) for step in theirs) > READ_CHARACTERS:
        return frozenset(kept), frozenset()
    stubs = {name for step in theirs if step.name in kept for name in defined(tree_of(step.source))}
    written = {name for step in theirs if step.name not in kept for name in bound(tree_of(step.source))}
    return frozenset(kept), frozenset(stubs - written)


class NotebookRun:
    """One notebook of a submission being graded.

    A test of a suite is decided in this process, any other beside the student's code. `private`: in a notebook before,
    the student's code met hidden tests.
    """

    def __init__(self, job: Job, plan: Plan, notebook: Notebook, sandbox: Sandbox, private: bool = False) -> None:
        self.job, self.plan, self.notebook, self.sandbox = job, plan, notebook, sandbox
        self.steps = steps_of(notebook)
        self.end_s = _now_s() + job.total_s
        kept, self.starters = untouched(self.steps, plan)
        theirs = {step.name: step.source for step in self.steps if step.role == "theirs"}
        self.cells = Cells(plan, kept, theirs, private=private)
        self.outputs: dict[int, CellRun] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.held: set[int] = set()
        self.left = Leftovers()
        self.restarts = 0
        self.cpu_s = self.peak_mb = 0.0
        self._session: Session | None = None
        self._answer: RemoteAnswer | None = None

    @property
    def session(self) -> Session:
        """The student's process."""
        assert self._session is not None
        return self._session

    def run_all(self) -> "NotebookRun":
        """Run all code cells and judge the tests."""
        try:
            self._open()
            for index, step in enumerate(self.steps):
                self._record(step)
                if step.damaged and index + 1 < len(self.steps):
                    self._bring_back(index)
        finally:
            self._close()
        return self

    def executed(self) -> Notebook:
        """The notebook with what its cells put out. Test cells are left to the record, which shows their verdicts.

        Cells whose outputs could tell of hidden tests, because the student's code met these before, are marked.
        """
        cells = [dict(cell) for cell in self.notebook["cells"]]
        for step in self.steps:
            if step.role != "test" and (run := self.outputs.get(step.number)) is not None:
                cells[step.number] |= {"outputs": run.outputs, "execution_count": run.execution_count}
        for number in self.held:
            cells[number]["metadata"] = cells[number]["metadata"] | {HELD: True}
        return self.notebook | {"cells": cells}

    def flags(self) -> list[Flag]:
        """What a person should know of how it ran."""
        flags: list[Flag] = []
        name = self.plan.name
        for step in self.steps:
            run = self.outputs.get(step.number)
            if run is not None and run.verdict in ENDED:
                why = f"the cell {step.name!r} did not come to its end: {run.verdict}"
                flags.append(Flag(run.verdict, why, name, step.name, detail=run.error[1] if run.error else ""))
            if run is not None and run.truncated:
                flags.append(
                    Flag("output", f"the cell {step.name!r} put out too much; the rest was cut", name, step.name)
                )
        reported = {(flag.kind, flag.cell) for flag in flags}
        flags += [
            Flag(
                verdict.verdict,
                f"the test {verdict.cell!r}: {verdict.verdict}",
                name,
                verdict.cell,
                detail=verdict.message[:300],
            )
            for verdict in self.verdicts.values()
            if verdict.verdict in (*ENDED, "tampered", "unstable") and (verdict.verdict, verdict.cell) not in reported
        ]
        if self.left.processes:
            commands = f"{len(self.left.processes)}, {', '.join(self.left.processes[:3])[:200]}"
            flags.append(Flag("left", "processes still ran at the end and were ended", name, detail=commands))
        return flags

    def _record(self, step: Step) -> None:
        """Run one cell and keep what it gave."""
        if step.name in self.plan.calls:
            self._decide_apart(step)
            return
        if step.role == "test" and hidden_lines(step.source, self.plan.hidden):
            self._hide_output()
        run = self._run(step) if _now_s() < self.end_s else _over()
        self.outputs[step.number] = self.cells.runs[step.name] = run
        step.damaged = self._does_damage(run.verdict)
        self.cpu_s, self.peak_mb = self.cpu_s + run.cpu_s, max(self.peak_mb, run.peak_mb)
        if step.role == "test":
            self.verdicts[step.name] = of_ordinary(self.cells, step.name, step.source, step.points, run)
        elif self.cells.private:
            self.held.add(step.number)

    def _run(self, step: Step) -> CellRun:
        return self.session.run_cell(step.source, test=step.role == "test")

    def _decide_apart(self, step: Step) -> None:
        """Decide a test of a suite; whatever ends meanwhile damages its cell."""
        before_s = self.session.cpu_s()
        outcome = Outcome(verdict="timeout", message=TIMEOUT_ERROR[1])
        if _now_s() < self.end_s:
            assert self._answer is not None
            self._answer.replicate = partial(self._replica, step)
            outcome = evaluate(self.plan.calls[step.name], self._answer, step.points)
            step.damaged = self._does_damage(outcome.verdict)
        cpu_s, peak_mb = max(0.0, self.session.cpu_s() - before_s), self.session.peak_mb()
        self.cpu_s, self.peak_mb = self.cpu_s + cpu_s, max(self.peak_mb, peak_mb)
        self.verdicts[step.name] = of_suite(self.cells, step.name, step.points, outcome, cpu_s, peak_mb)
        self._hide_output()  # its own table shows nothing of hidden cases

    def _hide_output(self) -> None:
        """From now on the student's code could tell of what students do not have: what was shown stays as it is, and
        what comes is held back."""
        if not self.cells.private:
            self.cells.private = True
            self.session.freeze_displays()

    def _replica(self, step: Step, call: str) -> tuple[float, str]:
        """What a fresh process takes to make what a test is given, while the session stands still."""
        before = self.steps[: self.steps.index(step)]
        with self.session.halted():
            return replicated(self.sandbox, self.job, before, step.source, call, self.end_s)

    def _does_damage(self, verdict: str) -> bool:
        """Whether cells after one with this verdict would pay for it: its session is gone, or memory ran short."""
        return not self.session.alive or verdict == "memory" or self.session.is_full()

    def _bring_back(self, index: int) -> None:
        """Open sessions until one is as it was after the cells up to `index`, or there were enough of them."""
        is_back = False
        while not is_back and self.restarts < RESTARTS:
            self.restarts += 1
            self._close()
            self._open()
            is_back = self._replays(index)

    def _replays(self, index: int) -> bool:
        """Run the cells up to `index` that did no damage again; whether none of them does some now."""
        for step in self.steps[:index]:
            if step.damaged or _now_s() >= self.end_s:
                continue
            if step.name not in self.plan.calls:  # a test of a suite leaves nothing behind
                step.damaged = self._does_damage(self._run(step).verdict)
            if step.damaged:
                return False
        return True

    def _open(self) -> None:
        self._session = self.sandbox.open(self.job.files, self.job.seed)
        self._answer = RemoteAnswer(self._session, self.starters)
        if self.plan.calls:
            seed(self.job.seed)

    def _close(self) -> None:
        if self._session is not None:
            left = self._session.close()
            self.left = left if left.processes else self.left
        self._session = self._answer = None


def _over() -> CellRun:
    return CellRun(error=TIMEOUT_ERROR, verdict="timeout")
