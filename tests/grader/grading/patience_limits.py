"""A test cell in this process, a student's code in a real sandbox: `judge` gives what the cell was worth."""

from collections.abc import Collection

from grader.grading.analysis.name_analysis import Names
from grader.grading.records import Outcome
from grader.grading.sealed.client import Client
from grader.grading.sealed.evaluator import Evaluator, Namespace
from grader.sandbox import Limits, Sandbox, Session

SERVER = "grader.grading.sealed.object_server:ObjectServer"
# Of wall time: within it a cell of eleven thousand calls ends, or one that imports scikit-learn, on a machine with a
# load of twenty. A test of what takes too long names a limit of its own.
PATIENCE_S = 300.0
PATIENT = Limits(wall_s=PATIENCE_S, total_s=2 * PATIENCE_S)


class Beside:
    """One warmed sandbox; `judge` opens a session each time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def judge(self, student: str, *cells: str, points: float = 1.0, limit_s: float = PATIENCE_S, setup: str = "",
              allowed: Collection[str] | None = None) -> Outcome:  # fmt: skip
        """The outcome of the last of `cells`, trusted ones, run after the student's cell. `allowed`: see `Client`."""
        with self.sandbox.open() as session:
            evaluator = started(session, student, setup)
            outcomes = [
                evaluator.run(cell, f"cell-{n}", points, limit_s, allowed=allowed) for n, cell in enumerate(cells)
            ]
        return outcomes[-1]

    def passes(self, student: str, *cells: str, setup: str = "") -> bool:
        """Whether the last cell gives its point."""
        return self.judge(student, *cells, setup=setup).points == 1.0


def started(session: Session, student: str, setup: str = "") -> Evaluator:
    """An evaluator whose student has run `student`."""
    ran = session.run_cell(student)
    assert ran.verdict == "ok", ran.error
    evaluator = Evaluator(Namespace(Names()))
    evaluator.use(Client(session))
    evaluator.run(setup, "setup", 0.0, PATIENCE_S)
    return evaluator
