"""The tests of `serve_language_model`: one tenant's streams, two tenants, and more than can be answered."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from grader.suite_kit.answer import Answer
from grader.suite_kit.codec import JsonText
from grader.suite_kit.designs import FailureReason
from grader.suite_kit.exercise import ExerciseError
from grader.suite_kit.policies import Policy, table, unless_refused
from grader.suite_kit.score_sheet import Sheet
from grader.suites.serve_language_model.cases import CASES, EXERCISE, Cases
from grader.suites.serve_language_model.causes import FULL, OTHER, given_less, moment
from grader.suites.serve_language_model.simulator import Run, simulate
from grader.suites.serve_language_model.world import FAMILIES, Server
from notebook_runner.errors import require_one_of

if TYPE_CHECKING:
    import pandas as pd

ONE_TENANT, TWO_TENANTS = ("ordinary", "documents", "essays", "stories"), ("flood", "returns", "unequal")

begin, hint, warm = EXERCISE.begin, EXERCISE.hint, CASES.keep


# What a student uses while working


def server() -> Server:
    """The server of the public scenarios, with the promise."""
    return CASES.public().server


def try_scenario(policy: Callable[..., Any], family: str) -> Run:
    """A public scenario under a policy: the run, with `plot()` and `table()`. Raises what the policy raises."""
    cases = CASES.public()
    require_one_of("The scenario", family, FAMILIES, ExerciseError)
    return simulate(policy(cases.server).step, cases.server, cases.scenarios[family])


def scorecard(policy: Callable[..., Any]) -> "pd.DataFrame":
    """The public scenarios under a policy, a row each: what is judged, and what streams hold while requests wait."""
    rows = {}
    for family in FAMILIES:
        run = try_scenario(policy, family)
        row = {
            "promises kept": run.share_kept(),
            "streams interrupted": run.share_interrupted(),
            "memory of streams": run.room(),
        }
        if family in TWO_TENANTS:
            row["other tenant served"] = run.share_served()
        if family == "both":
            row["even"] = run.evenness()
        if family == "overload":
            row["kept / most possible"] = run.count_kept() / CASES.public().most
        rows[family] = row | {"computed again": run.again}
    return table(rows)


# The tests


def _served(sheet: Sheet, answer: Answer, name: str, cases: Cases, families: Sequence[str]) -> dict[str, Run]:
    """The scenarios under new policies of the student's; none, and the sheet says why, after an impossible decision."""
    runs = {}
    for family in families:
        if (run := _run(sheet, Policy(answer, name, cases.server), cases, family)) is None:
            return {}
        runs[family] = run
    return runs


def _run(sheet: Sheet, policy: Policy, cases: Cases, family: str) -> Run | None:
    """A scenario under the student's policy. It sees much in each step, so that is sent as text."""
    return unless_refused(
        sheet,
        lambda: simulate(
            lambda seen: policy.step(JsonText(to_json(seen).decode())), cases.server, cases.scenarios[family]
        ),
        "The policy decided what cannot be done: {rule}.",
        where=f"In the scenario {family}: ",
    )


def _judge_kept(sheet: Sheet, run: Run, counts: bool = True) -> None:
    """The row of a scenario in which promises are counted."""
    family, found = run.scenario["family"], moment(run, run.judged())
    whose = family in ONE_TENANT or found is None or found.cause in (OTHER, FULL)
    EXERCISE.judge(sheet, family, run.share_kept(), _told(sheet, run, found), counts=counts, in_production=whose)


def _told(sheet: Sheet, run: Run, found: FailureReason | None) -> str:
    title = FAMILIES[run.scenario["family"]].title
    return found.told(title[0].upper() + title[1:], sheet.private) if found else ""


@EXERCISE.graded("streams")
def streams(sheet: Sheet, answer: Answer, name: str) -> None:
    """One tenant: promises kept on an ordinary half minute and with documents; answers that fill the memory."""
    if not (runs := _served(sheet, answer, name, CASES.open(sheet), ONE_TENANT)):
        return
    for family in ("ordinary", "documents"):
        _judge_kept(sheet, runs[family])
    room = min(runs[family].room() for family in ("essays", "stories"))
    for criterion, family in (("interrupted", "essays"), ("stories", "stories")):
        run = runs[family]
        again = "" if sheet.private else f" {run.again:,} tokens were lost and had to be computed again."
        why = _told(sheet, run, moment(run, list(filter(run.interrupted, run.streams)))) + again
        filled = family == "essays" or EXERCISE.keeps(sheet, "room", room)
        EXERCISE.judge(sheet, criterion, run.share_interrupted(), why, counts=filled)
    essays = runs["essays"]
    nothing = "prompts of requests that wrote nothing" if EXERCISE.keeps(sheet, "room", essays.held()) else "nothing"
    running = [step.running for step in essays.steps if step.waiting]
    together = "" if sheet.private else f" On average {sum(running) / max(len(running), 1):.0f} essays ran together."
    EXERCISE.judge(sheet, "room", room, f"Requests waited while much of the memory held {nothing}.{together}")


@EXERCISE.graded("tenants")
def tenants(sheet: Sheet, answer: Answer, name: str) -> None:
    """Two tenants: the promises to the steady one, as long as the other gets what is left."""
    if not (runs := _served(sheet, answer, name, CASES.open(sheet), (*TWO_TENANTS, "both"))):
        return
    both = runs.pop("both")
    served = {family: run.share_served() for family, run in runs.items()}
    starved = [family for family, share in served.items() if not EXERCISE.keeps(sheet, "the rest", share)]
    EXERCISE.judge(
        sheet, "the rest", min(served.values()),
        f"The other tenant got next to nothing in: {', '.join(starved)}. There no promise counts. An answer that "
        "stands still after its first token is nothing.",
    )  # fmt: skip
    even = EXERCISE.judge(
        sheet, "both", both.evenness(),
        f"Both tenants waited all the time, and {given_less(both, sheet.private)} far less. So flood and returns earn "
        "nothing.",
    )  # fmt: skip
    for family, run in runs.items():
        _judge_kept(sheet, run, family not in starved and (family == "unequal" or even))


@EXERCISE.graded("goodput")
def goodput(sheet: Sheet, answer: Answer, name: str) -> None:
    """More than can be answered: promises kept, as a share of what can be kept at most."""
    cases = CASES.open(sheet)
    if runs := _served(sheet, answer, name, cases, ("overload",)):
        run = runs["overload"]
        EXERCISE.judge(sheet, "goodput", run.count_kept() / cases.most, _told(sheet, run, moment(run, run.streams)))
