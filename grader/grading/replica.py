"""A fresh process of a submission's, measured from outside as it comes up: what a new replica of a service takes.

Only the cells that the tested name needs are run there, so an experiment in another cell costs nothing; where the name
cannot be had so, all of them are. Nothing that the student's code has prepared before is there. No mark is decided
here.
"""

import ast
import time
from collections.abc import Sequence
from dataclasses import replace

from grader.grading.analysis.name_analysis import READ_CHARACTERS, bound, changed, read, tree_of
from grader.grading.records import Job, Step
from grader.sandbox import Sandbox, Session

LONGEST = 40  # characters of a number
_now_s = time.monotonic


def replicated(
    sandbox: Sandbox, job: Job, before: Sequence[Step], test: str, call: str, end_s: float
) -> tuple[float, str]:
    """CPU seconds of the fresh process and all below it until it has made what `test`, a cell's text, is given, and
    answered its first call, e.g. "predict({'id': 1})"; and what that gave as text, "" if it gave nothing.

    Of the cells `before` the student's count.
    """
    cells = [step for step in before if step.role != "test" and not step.damaged]
    taken_s, given = 0.0, ""
    for chosen in (needed(cells, tested(test)), cells):
        limits = replace(sandbox.limits, total_s=max(1.0, end_s - _now_s()))
        with sandbox.open(job.files, job.seed, limits) as session:
            taken_s, given = _brought_up(session, chosen, tested(test), call)
        if given:
            break
    return taken_s, given


def _brought_up(session: Session, cells: Sequence[Step], name: str, call: str) -> tuple[float, str]:
    taken_s = 0.0
    for step in cells:
        before_s = _family_cpu_s(session)
        session.run_cell(step.source, test=True)
        taken_s += _family_cpu_s(session) - before_s if step.role == "theirs" else 0.0
    before_s = _family_cpu_s(session)
    run = session.run_cell(f"float({name}().{call})", test=True)
    values = [
        output["data"].get("text/plain", "") for output in run.outputs if output["output_type"] == "execute_result"
    ]
    return taken_s + _family_cpu_s(session) - before_s, "".join(values)[:LONGEST]


def _family_cpu_s(session: Session) -> float:
    """CPU seconds of the process and all that it started so far."""
    return session.cpu_s() + session.delegated_s()


def tested(test: str) -> str:
    """The last argument of a test cell of a suite's, `suite.guards(FastService)`."""
    calls = [node for node in ast.walk(tree_of(test)) if isinstance(node, ast.Call)]
    names = [argument.id for call in calls for argument in call.args if isinstance(argument, ast.Name)]
    return names[-1] if names else ""


def needed(cells: Sequence[Step], name: str) -> list[Step]:
    """The cells that bind `name` or change its object, and those that these need, in their order.

    Text alone decides: a cell that reaches a name on another way is left out. Of more than `READ_CHARACTERS` all.
    """
    if sum(len(step.source) for step in cells) > READ_CHARACTERS:
        return list(cells)
    trees = [tree_of(step.source) for step in cells]
    gives = [bound(tree) | changed(tree) for tree in trees]
    chosen, wanted = set[int](), {name, "*"}  # what a star import binds cannot be read
    while more := {place for place, given in enumerate(gives) if place not in chosen and given & wanted}:
        chosen |= more
        wanted |= {variable for place in more for variable in read(trees[place])}
    return [cells[place] for place in sorted(chosen)]
