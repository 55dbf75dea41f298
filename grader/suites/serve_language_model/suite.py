"""The tests of `serve_language_model`: one tenant's streams, two tenants, and more than can be answered."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from grader.suite_kit.answer import Answer, Handle
from grader.suite_kit.codec import JsonText
from grader.suite_kit.designs import FailureReason
from grader.suite_kit.exercise import ExerciseError
from grader.suite_kit.score_sheet import Sheet
from grader.suites.serve_language_model.cases import CASES, EXERCISE, Cases
from grader.suites.serve_language_model.causes import FULL, OTHER, moment
from grader.suites.serve_language_model.simulator import Refused, Run, simulate
from grader.suites.serve_language_model.world import FAMILIES, Server
from notebook_runner.errors import require_one_of

if TYPE_CHECKING:
    import pandas as pd


def _limits(test: str, *criteria: str) -> dict[str, tuple[float, float]]:
    """What each criterion requires with public and with hidden scenarios."""
    hidden = zip(criteria, EXERCISE.steps(f"hidden {test}"), strict=True)
    return {criterion: (EXERCISE.limit(criterion), limit) for criterion, limit in hidden}


LIMITS = _limits("streams", "ordinary", "documents", "interrupted", "room")
LIMITS |= _limits("tenants", "flood", "returns", "unequal", "both", "the rest")
GOODPUT = tuple(zip(EXERCISE.steps("goodput"), EXERCISE.steps("hidden goodput"), strict=True))
"""Kept promises of the overload, as a share of what can be kept at most; with public and with hidden scenarios."""
STEP_POINTS = EXERCISE.steps("step_points")
ONE_TENANT, TWO_TENANTS = ("ordinary", "documents", "essays"), ("flood", "returns", "unequal")

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
    import pandas as pd

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
            row["kept / most possible"] = _kept(run) / CASES.public().most
        rows[family] = row | {"computed again": run.again}
    return pd.DataFrame.from_dict(rows, orient="index").round(2)


# The tests


def _served(sheet: Sheet, answer: Answer, name: str, cases: Cases, families: Sequence[str]) -> dict[str, Run]:
    """The scenarios under new policies of the student's; none, and the sheet says why, after an impossible decision."""
    runs = {}
    for family in families:
        handle = answer.call(name, cases.server)
        try:
            runs[family] = simulate(_asks(answer, handle), cases.server, cases.scenarios[family])
        except Refused as refused:
            hidden = f"The policy decided what cannot be done: {refused.rule}."
            sheet.end("fail", hidden if sheet.private else f"In the scenario {family}: {refused}")
            return {}
    return runs


def _asks(answer: Answer, policy: Handle) -> Callable[[dict[str, Any]], Any]:
    """Gives what the policy decides. Much is seen in each step, so it is sent as text."""
    return lambda seen: answer.call(policy, JsonText(to_json(seen).decode()), method="step")


def _judge_kept(sheet: Sheet, run: Run, also: bool = True) -> None:
    """The row of a scenario in which promises are counted; met only if `also` holds."""
    family = run.scenario["family"]
    least, share = LIMITS[family][sheet.private], run.share_kept()
    kept = share >= least
    found = None if kept else moment(run, run.judged())
    sheet.judge(
        family, f"{100 * share:.1f} % kept", f"at least {100 * least:g} %", kept and also, _told(sheet, run, found),
        explained=not kept, in_production=family in ONE_TENANT or found is None or found.cause in (OTHER, FULL),
    )  # fmt: skip


def _told(sheet: Sheet, run: Run, found: FailureReason | None) -> str:
    title = FAMILIES[run.scenario["family"]].title
    return found.told(title[0].upper() + title[1:], sheet.private) if found else ""


@EXERCISE.graded("streams")
def streams(sheet: Sheet, answer: Answer, name: str) -> None:
    """One tenant: promises kept on an ordinary half minute and with documents; essays that fill the memory."""
    cases = CASES.open(sheet)
    runs = _served(sheet, answer, name, cases, ONE_TENANT)
    if not runs:
        return
    for family in ("ordinary", "documents"):
        _judge_kept(sheet, runs[family])
    essays = runs["essays"]
    share, most = essays.share_interrupted(), LIMITS["interrupted"][sheet.private]
    again = "" if sheet.private else f" {essays.again:,} tokens were lost and had to be computed again."
    broken = [stream for stream in essays.streams if essays.interrupted(stream)]
    sheet.judge(
        "interrupted", f"{100 * share:.1f} %", f"at most {100 * most:g} %", share <= most,
        _told(sheet, essays, moment(essays, broken)) + again,
    )  # fmt: skip
    room, least = essays.room(), LIMITS["room"][sheet.private]
    running = [step.running for step in essays.steps if step.waiting]
    together = "" if sheet.private else f" On average {sum(running) / max(len(running), 1):.0f} requests ran together."
    nothing = "nothing" if essays.held() < least else "prompts of requests that wrote nothing"
    sheet.judge(
        "room", f"{100 * room:.0f} %", f"at least {100 * least:g} %", room >= least,
        f"Requests waited while much of the memory held {nothing}.{together}",
    )  # fmt: skip


@EXERCISE.graded("tenants")
def tenants(sheet: Sheet, answer: Answer, name: str) -> None:
    """Two tenants: the promises to the steady one, as long as the other gets what is left."""
    cases = CASES.open(sheet)
    runs = _served(sheet, answer, name, cases, (*TWO_TENANTS, "both"))
    if not runs:
        return
    both = runs.pop("both")
    least, served = LIMITS["the rest"][sheet.private], {family: run.share_served() for family, run in runs.items()}
    starved = [family for family, share in served.items() if share < least]
    sheet.judge(
        "the rest", f"{100 * min(served.values()):.0f} %", f"at least {100 * least:g} %", not starved,
        f"The other tenant got next to nothing in: {', '.join(starved)}. There no promise counts. An answer that "
        "stands still after its first token is nothing.",
    )  # fmt: skip
    even, limit = both.evenness(), LIMITS["both"][sheet.private]
    sheet.judge(
        "both", f"{100 * even:.0f} %", f"at least {100 * limit:g} %", even >= limit,
        "Both tenants waited all the time, and one of them was given far less. So flood and returns earn nothing.",
    )  # fmt: skip
    for family, run in runs.items():
        _judge_kept(sheet, run, family not in starved and (family == "unequal" or even >= limit))


@EXERCISE.graded("goodput")
def goodput(sheet: Sheet, answer: Answer, name: str) -> None:
    """More than can be answered: promises kept, as a share of what can be kept at most."""
    cases = CASES.open(sheet)
    runs = _served(sheet, answer, name, cases, ("overload",))
    if not runs:
        return
    run = runs["overload"]
    ratio, explained = _kept(run) / cases.most, False
    for steps, points in zip(GOODPUT, STEP_POINTS, strict=True):
        least = steps[sheet.private]
        met = ratio >= least
        sheet.judge(
            "goodput", f"{100 * ratio:.1f} %", f"at least {100 * least:g} %", met,
            "" if met else _told(sheet, run, moment(run, run.streams)), points=points,
            explained=not met and not explained,
        )  # fmt: skip
        explained = explained or not met


def _kept(run: Run) -> int:
    return sum(map(run.kept, run.streams))
