"""Grades one submission: the student's cells in the sandbox, the tests in the checker, a verdict a test.

A pure function of the job and the instructor's plan. All sealed decisions come first, and their session ends with them;
then ordinary tests run beside the student's code, in a second session. A session that dies costs the cell that killed
it: it is opened again and the cells before are run again.
"""

import time
from collections.abc import Collection, Mapping
from functools import partial

from grader.grading.analysis.grading_plan import Plan
from grader.grading.analysis.name_analysis import READ_CHARACTERS, bound, defined, tree_of
from grader.grading.intake.cell_alignment import same
from grader.grading.records import HELD, Calibration, Flag, Job, Notebook, Outcome, Result, Step, Verdict
from grader.grading.replica import replicated
from grader.grading.sealed.checker import Checker, CheckerDied, CheckerFork
from grader.grading.sealed.client import LEARNING
from grader.grading.second_session import SecondSession
from grader.grading.verdict_rules import ENDED, Cells, hidden_lines, of_both, of_sealed, of_unsealed
from grader.sandbox import CellRun, Leftovers, Sandbox, Session
from grader.sandbox.protocol import Replicate, Replicated

RESTARTS = 20
TIMEOUT_ERROR = ("CellTimeoutError", "The time of the whole submission was over before this cell.", "")
_now_s = time.monotonic


def grade_submission(
    job: Job, plans: Mapping[str, Plan], calibrations: Mapping[str, Calibration], sandbox: Sandbox, checker: Checker
) -> Result:
    """The result of one job; `plans` and `calibrations` are those of its notebooks."""
    started_s = _now_s()
    result, private = Result({}), False
    for name, notebook in job.notebooks.items():
        run = NotebookRun(job, plans[name], notebook, sandbox, checker, calibrations[name], private=private).run_all()
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
    found = []
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        entry = cell["metadata"].get("nbgrader", {})
        locked = bool(entry) and not entry.get("solution")
        role = "test" if locked and entry.get("grade") else "locked" if locked else "theirs"
        name = entry.get("grade_id") or cell["id"]
        found.append(Step(number, name, role, cell["source"], float(entry.get("points") or 0.0)))
    return found


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
    """One notebook of a submission being graded, by what the instructor's answers showed of its tests (`known`).

    A test of a suite of ours is decided in the checker, one that cannot be sealed beside the student's code; every
    other one in the checker and then, in a second session, beside the student's code. Tests in `passed_over` are not
    run. `private`: in a notebook before, the student's code met hidden tests.
    """

    def __init__(
        self,
        job: Job,
        plan: Plan,
        notebook: Notebook,
        sandbox: Sandbox,
        checker: Checker,
        known: Calibration,
        passed_over: Collection[str] = (),
        private: bool = False,
    ) -> None:
        self.job, self.plan, self.notebook = job, plan, notebook
        self.sandbox, self.checker, self.known = sandbox, checker, known
        self.unsealed = {**plan.unsealed, **known.unsealed}
        self.steps = [step for step in steps_of(notebook) if step.name not in passed_over]
        self.end_s = _now_s() + job.total_s
        kept, self.starters = untouched(self.steps, plan)
        theirs = {step.name: step.source for step in self.steps if step.role == "theirs"}
        self.cells = Cells(plan, kept, theirs, private=private)
        self.outputs: dict[int, CellRun] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.held: set[int] = set()
        self.imported: set[str] = set()
        self.left = Leftovers()
        self.restarts = 0
        self.cpu_s = self.peak_mb = 0.0
        self._forget: list[str] = []
        self._session: Session | None = None
        self._checking: CheckerFork | None = None

    @property
    def session(self) -> Session:
        """The student's process."""
        assert self._session is not None
        return self._session

    @property
    def checking(self) -> CheckerFork:
        """The process that judges."""
        assert self._checking is not None
        return self._checking

    def run_all(self) -> "NotebookRun":
        """Run all code cells and judge the tests."""
        try:
            self._open()
            for index, step in enumerate(self.steps):
                self._record(step)
                while step.damaged and index + 1 < len(self.steps) and not self._brought_back(index):
                    continue
        finally:
            self._close()
        self._compare()
        return self

    def executed(self) -> Notebook:
        """The notebook with what its cells put out. Test cells are left to the record, which shows their verdicts.

        Cells whose outputs could tell of hidden tests, because the student's code met these before, are marked.
        """
        cells = [dict(cell) for cell in self.notebook["cells"]]
        for number, run in self.outputs.items():
            cells[number] |= {"outputs": run.outputs, "execution_count": run.execution_count}
        for number in self.held:
            cells[number]["metadata"] = cells[number]["metadata"] | {HELD: True}
        return self.notebook | {"cells": cells}

    def flags(self) -> list[Flag]:
        """What a person should know of how it ran."""
        found = []
        name = self.plan.name
        for step in self.steps:
            run = self.outputs.get(step.number)
            if step.name in self.unsealed and step.role == "test":
                reported = f"the test {step.name!r} ran unsealed: {self.unsealed[step.name]}"
                found.append(Flag("unsealed", reported, name, step.name, look=False))
            if run is not None and run.verdict in ENDED:
                why = f"the cell {step.name!r} did not come to its end: {run.verdict}"
                found.append(Flag(run.verdict, why, name, step.name, detail=run.error[1] if run.error else ""))
            if run is not None and run.truncated:
                found.append(
                    Flag("output", f"the cell {step.name!r} put out too much; the rest was cut", name, step.name)
                )
        found += [
            Flag("disputed", f"a person must decide the test {verdict.cell!r}: it had two outcomes", name, verdict.cell)
            for verdict in self.verdicts.values()
            if verdict.disputed
        ]
        found += [
            Flag(
                verdict.verdict,
                f"the test {verdict.cell!r}: {verdict.verdict}",
                name,
                verdict.cell,
                detail=verdict.message[:300],
            )
            for verdict in self.verdicts.values()
            if verdict.verdict in (*ENDED, "tampered", "unstable")
        ]
        if self.left.processes:
            commands = f"{len(self.left.processes)}, {', '.join(self.left.processes[:3])[:200]}"
            found.append(Flag("left", "processes still ran at the end and were ended", name, detail=commands))
        return found

    def _record(self, step: Step) -> None:
        """Run one cell and keep what it gave."""
        if step.role == "test" and step.name not in self.unsealed:
            self._decide_in_checker(step)
            return
        if step.role == "test" and self.job.require_sealed:
            refused = Outcome(verdict="error", message="This test cannot be sealed, and sealed tests are required.")
            self.verdicts[step.name] = of_sealed(self.cells, step.name, step.source, step.points, refused)
            return
        if step.role == "test":
            self._hide_output_if_disclosing(step)
        run = self.session.run_cell(step.source, step.name) if _now_s() < self.end_s else _over()
        self.outputs[step.number] = self.cells.runs[step.name] = run
        step.damaged = self._does_damage(run.verdict)
        self.cpu_s, self.peak_mb = self.cpu_s + run.cpu_s, max(self.peak_mb, run.peak_mb)
        if step.role == "test":
            self.verdicts[step.name] = of_unsealed(self.cells, step.name, step.source, step.points, run)
        elif self.cells.private:
            self.held.add(step.number)
        self._after_cell(step)

    def _decide_in_checker(self, step: Step) -> None:
        """Decide a test in the checker."""
        before_s = self.session.cpu_s()
        outcome = self.outcomes[step.name] = self._run_in_checker(step)
        cpu_s, peak_mb = max(0.0, self.session.cpu_s() - before_s), self.session.peak_mb()
        self.cpu_s, self.peak_mb = self.cpu_s + cpu_s, max(self.peak_mb, peak_mb)
        ours = step.name in self.plan.ours
        if not ours:
            self._hide_output_if_disclosing(step)
        self.verdicts[step.name] = of_sealed(self.cells, step.name, step.source, step.points, outcome, cpu_s, peak_mb)
        if ours:
            self._hide_output_if_disclosing(step)  # its own table shows nothing of hidden cases
        step.alone = outcome.suite
        self._after_test(step)

    def _compare(self) -> None:
        """Run what was decided in the checker beside the student's code too, where anything was answered or earned."""
        wanted = {
            name for name, verdict in self.verdicts.items()
            if name in self.outcomes and name not in self.plan.ours
            and (verdict.points or not self.cells.is_untouched(name))
        }  # fmt: skip
        runs = SecondSession(self.sandbox, self.job, self.plan, self.steps).run(wanted)
        for step in self.steps:
            if step.name in runs:
                there = of_unsealed(self.cells, step.name, step.source, step.points, runs[step.name])
                self.verdicts[step.name] = of_both(self.verdicts[step.name], there, self.job.trust)

    def _discloses(self, step: Step) -> bool:
        """Whether a test gives the student's code what students do not have: hidden lines, or cases of a suite."""
        if step.role != "test":
            return False
        return step.name in self.plan.ours or bool(hidden_lines(step.source, self.plan.hidden))

    def _hide_output_if_disclosing(self, step: Step) -> None:
        """From a test on that discloses something the student's code could tell of it: what was shown stays as it is,
        and what comes is held back."""
        if self._discloses(step) and not self.cells.private:
            self.cells.private = True
            self.session.freeze_displays()

    def _repeat(self, step: Step) -> None:
        """Run one cell again, for what it leaves behind alone."""
        if step.role == "test" and step.name not in self.unsealed:
            if not step.alone:
                self._run_in_checker(step)
            self._after_test(step)
        elif not (step.role == "test" and self.job.require_sealed):
            step.damaged = self._does_damage(self.session.run_cell(step.source, step.name).verdict)
            self._after_cell(step)

    def _after_cell(self, step: Step) -> None:
        """What the checker does for a cell that ran in the sandbox."""
        if step.role == "theirs":
            self._forget += self.plan.binds.get(step.name, [])
        elif step.role == "locked" and step.name not in self.checking.ran_ahead and not step.damaged:
            self._run_in_checker(step)

    def _after_test(self, step: Step) -> None:
        """What the sandbox does for a cell that ran in the checker: later cells of the student's may use its names."""
        if step.name in self.plan.public and not step.damaged:
            step.damaged = self._does_damage(self.session.run_cell(self.plan.public[step.name], step.name).verdict)

    def _run_in_checker(self, step: Step) -> Outcome:
        """The outcome of a cell in the checker; whatever ends meanwhile damages the cell."""
        forget, self._forget = self._forget, []
        limit_s = min(self.job.cell_s, self.end_s - _now_s())
        if limit_s <= 0:
            return Outcome(verdict="timeout", message=TIMEOUT_ERROR[1])
        try:
            allowed, back = self.known.allowed, step.name in self.known.changed
            may = frozenset({LEARNING}) if allowed is None else allowed.get(step.name, frozenset())
            outcome = self.checking.run(
                self.session, step.name, step.source, step.points, limit_s, forget, may, back,
                partial(self._replica, step),
            )  # fmt: skip
        except CheckerDied as died:
            step.damaged = True
            return Outcome(verdict=died.verdict, message=str(died))
        step.damaged = self._does_damage(outcome.verdict)
        return outcome

    def _replica(self, step: Step, asked: Replicate) -> Replicated:
        """What a fresh process takes to make what a test is given."""
        before = self.steps[: self.steps.index(step)]
        return replicated(self.sandbox, self.job, before, step.source, asked, self.end_s)

    def _does_damage(self, verdict: str) -> bool:
        """Whether cells after one with this verdict would pay for it: its session is gone, or memory ran short."""
        return not self.session.alive or verdict == "memory" or self.session.is_full()

    def _brought_back(self, index: int) -> bool:
        """Whether a fresh session is as it was after the cells up to `index`, without those that do damage."""
        if self.restarts >= RESTARTS:
            return True
        self.restarts += 1
        self._close()
        self._open()
        for step in self.steps[:index]:
            if step.damaged or _now_s() >= self.end_s:
                continue
            self._repeat(step)
            if step.damaged:
                return False
        return True

    def _open(self) -> None:
        self._session = self.sandbox.open(self.job.files, self.job.seed)
        self._checking = self.checker.open(self.plan.name, self._session, self.job.seed, self.starters)
        self._forget = []

    def _close(self) -> None:
        if self._checking is not None:
            self.imported |= set(self._checking.imported)
            self._checking.close()
        if self._session is not None:
            left = self._session.close()
            self.left = left if left.processes else self.left
        self._session = self._checking = None


def _over() -> CellRun:
    return CellRun(error=TIMEOUT_ERROR, verdict="timeout")
