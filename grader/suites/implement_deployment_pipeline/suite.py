"""The tests of `implement_deployment_pipeline`: a row a criterion, met if all of its scenarios kept all rules."""

import json
from collections.abc import Callable
from typing import Any

from grader.suite_kit.answer import Answer
from grader.suite_kit.score_sheet import Sheet
from grader.suites.implement_deployment_pipeline.cases import CASES
from grader.suites.implement_deployment_pipeline.runs import Run, answers_otherwise, over_the_border, run
from grader.suites.implement_deployment_pipeline.scenarios import EXERCISE

IMPURE = (
    "Asked the same again, step gave something else (rule 10): it uses more than its two arguments, such as a global, "
    "which is another one after a restart, and which other releases change."
)

ABOUT = {  # the rules that each criterion is about: only where one of these was broken its own words are true
    "good": (5,), "noisy": (5,), "late router": (2, 7), "errors": (3,), "slice": (3,), "load": (4,), "late": (4, 8),
    "schema": (4,), "outage": (6,), "restart": (5, 8), "rollback": (9,),
}  # fmt: skip
IN_PRODUCTION = {  # by the rule that was broken, where the criterion is about another one
    1: "two versions change at once, an alarm rings, and nobody can say which of them it was.",
    2: "a fault that few users would have shown meets half of them.",
    3: "users meet in the first minute what copies of their requests would have shown.",
    4: "users meet the fault minute after minute, until somebody notices it and takes the version back by hand.",
    5: "good versions do not arrive, or unfit ones do, and the next urgent one is copied to the servers by hand.",
    6: "the first minutes in which nobody can see a fault are those in which it spreads.",
    7: "requests are sent where nothing answers them, by the machine that was to protect them.",
    8: "what one would go back to is gone, or two copies of a version run, or servers that nobody needs.",
    9: "the controller dies in the rollback, and comes back with the bad version in its hands.",
    10: "the release stands still, with whatever share the version has, until somebody has repaired the controller.",
}

begin, hint, warm = EXERCISE.begin, EXERCISE.hint, CASES.keep


def try_scenario(step: Callable[[Any, Any], Any], name: str, number: int = 0) -> Run:
    """A public scenario under `step`: the run, with `plot()` and `table()`. Raises what `step` raises.

    Where the controller dies, the run is the first in which a rule was broken.
    """
    scenario = CASES.public().scenario(name, number)
    tried = run(lambda calls: [step(*map(json.loads, call)) for call in calls], [scenario], Sheet("", 0))
    found = next((candidate for candidate in tried if candidate.broken), tried[0])
    print(found.told(private=False) or f"{len(tried)} of {len(tried)} runs kept every rule.")
    return found


def _judge(sheet: Sheet, answer: Answer, name: str) -> None:
    """A row for each criterion of the test; one that is met says that versions got through as well.

    A step that raises in the first minute of every run is no matter of any criterion: that is said once.
    """
    cases, ask = CASES.open(sheet), over_the_border(answer, name)
    criteria = [criterion for criterion, family in EXERCISE.families.items() if family.test == sheet.test]
    runs_of = {criterion: run(ask, cases.of(criterion), sheet) for criterion in criteria}
    tried = [run for runs in runs_of.values() for run in runs]
    if all(run.raised_at_once for run in tried):
        sheet.end("fail", f"In every run step raises at once. {tried[0].told(sheet.private)}")
        return
    for criterion, runs in runs_of.items():
        kept, first = sum(run.broken is None for run in runs), next((run for run in runs if run.broken), None)
        did = first.told(sheet.private) if first else ""
        why = {"did": did}
        if first and first.broken:
            family, rule = EXERCISE.families[criterion], first.broken.rule
            about = rule in ABOUT[criterion]
            why["production"] = family.production if about else IN_PRODUCTION[rule]
            why["read"] = family.read if about else f"rule {rule} of the task"
        entry = EXERCISE.families[criterion]
        sheet.criterion(entry.title, f"{kept} of {len(runs)} runs", f"{len(runs)}", first is None, entry.points, **why)
    if any(run.broken for run in tried) and answers_otherwise(ask, tried):
        sheet.notes.append(IMPURE)


releases, faults, outages, restarts = EXERCISE.graded_alike(_judge, "releases", "faults", "outages", "restarts")
