"""The tests of `implement_monitoring`: incidents caught in time; quiet days, and what all that costs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.suite_kit.answer import Answer
from grader.suite_kit.score_sheet import Sheet
from grader.suites.implement_monitoring.cases import CASES, EXERCISE, Cases
from grader.suites.implement_monitoring.runs import MOST_NAMES, Refused, Run, watch, watch_all
from grader.suites.implement_monitoring.world import HARMLESS, INCIDENTS, REFERENCE, Day, make_stream
from notebook_runner.errors import CourseError, require_one_of

if TYPE_CHECKING:
    import pandas as pd

FALSE_SHARE, AWAKE = 0.15, 4
FALSE_DAYS, FALSE_DAYS_BEFORE = 3, 5
STEPS_OF_COST, STEP_POINTS = (0.5, 0.35, 0.16), 2

begin, warm = EXERCISE.begin, CASES.keep


# What a student uses while working


def stream(family: str, number: int = 0) -> list[Day]:
    """The days of a public stream; the first 28 are the reference."""
    return make_stream(_public(family, number)[0])


def try_stream(monitor: Callable[[], Any], family: str, number: int = 0) -> Run:
    """A public stream under a monitor: the run, with `plot()` and `table()`. Raises what the monitor raises."""
    draw, seen = _public(family, number)
    return watch(monitor, draw, number, seen)


def _public(family: str, number: int) -> tuple[Any, int | None]:
    cases = CASES.public()
    require_one_of("The family", family, tuple(cases.draws), CourseError)
    if number not in (0, 1):
        raise CourseError(f"The number of the stream is {number!r}; it must be 0 or 1. A family has two.")
    return cases.draws[family][number], cases.seen[family][number]


def scorecard(monitor: Callable[[], Any]) -> "pd.DataFrame":
    """The public streams under a monitor, a row each; costs in EUR."""
    import pandas as pd

    rows = {
        f"{run.family} {run.number}": {"begins": run.begins if run.seen else None, "named on": run.caught}
        | {"in time": run.in_time if run.seen else None, "false alarms": len(run.false_days)} | run.cost
        for run in watch_all(monitor, CASES.public())
    }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").astype({"begins": "Int64", "named on": "Int64"})


# The tests


class Student:
    """A student's monitor as a run asks it."""

    def __init__(self, answer: Answer, name: str) -> None:
        self.answer, self.handle = answer, answer.call(name)

    def fit(self, reference: list[Day]) -> None:
        self.answer.call(self.handle, reference, method="fit")

    def observe(self, batch: Day, t: int) -> Any:
        return self.answer.call(self.handle, batch, t, method="observe")


def _watched(sheet: Sheet, answer: Answer, name: str, cases: Cases) -> list[Run]:
    """All streams under the student's monitor; none, and the sheet says why, where it gave what is no alert."""
    try:
        return watch_all(lambda: Student(answer, name), cases)
    except Refused as refused:
        sheet.end(
            "fail", "The monitor gave what is no alert. The public test says what." if sheet.private else str(refused)
        )
        return []


def _of(runs: list[Run], family: str) -> list[Run]:
    return [run for run in runs if run.family == family]


def _few_false(sheet: Sheet, runs: list[Run], family: str) -> bool:
    """The condition of what is caught and of what it costs: the share of ordinary days with an alert."""
    ordinary, false = sum(run.begins - REFERENCE for run in runs), sum(len(run.false_days) for run in runs)
    few = false <= FALSE_SHARE * ordinary
    much = "On so many days nobody looks any more, so what is caught earns nothing. " + _false_alarms(
        runs, sheet.private
    )
    sheet.judge(family, f"{false / ordinary:.1%}", f"at most {FALSE_SHARE:.0%}", few, much)
    return few


@EXERCISE.graded("caught")
def caught(sheet: Sheet, answer: Answer, name: str) -> None:
    """Both incidents of a family named in time, if there are few false alarms."""
    cases = CASES.open(sheet)
    if not (runs := _watched(sheet, answer, name, cases)):
        return
    few = _few_false(sheet, runs, "attention")
    for family, incident in INCIDENTS.items():
        some = _of(runs, family)
        met = [run for run in some if run.in_time]
        delays = ", ".join(f"{run.caught - run.begins}" if run.caught else "never" for run in some)
        missed = next((run for run in some if not run.in_time), None)
        did = _why_missed(missed, sheet.private) if missed else ""
        sheet.judge(
            family, f"{len(met)} of {len(some)}" + ("" if sheet.private else f", after {delays} days"),
            f"{len(some)} within {incident.within} days", few and not missed, did, explained=missed is not None,
        )  # fmt: skip


def _why_missed(run: Run, private: bool) -> str:
    """A counter-example: when it began, what could be seen, what was named instead."""
    incident, (feature, reason) = INCIDENTS[run.family], run.right
    last = (run.seen or 0) + incident.within
    said = [named for t, named in run.named.items() if run.begins <= t <= last]
    if any((feature, reason) in named for named in said):
        did = f"It was among more than {MOST_NAMES} names on one day: whoever is called does not know where to look."
    elif run.caught is not None:
        did = "It was named too late."
    elif said:
        did = "There were alerts, and none named the feature with its reason."
    else:
        did = "Nothing was named in that time."
    title = f"{run.family} ({incident.title}): "
    if private:
        return f"{title}{did} The public streams of this family show the same."
    what, values = run.figure(feature, reason)
    before, since = np.nanmean(values[:REFERENCE]), np.nanmean(values[run.seen : last + 1])
    others = sorted({f"{name} ({why})" for named in said for name, why in named})
    return (
        f'{title}try_stream(Monitor, "{run.family}", {run.number}) begins on day {run.begins}. Right is {feature} '
        f"({reason}) by day {last}. {what}: {before:.3g} in the reference, {since:.3g} since. {did}"
        + (f" Named were: {', '.join(others[:4])}." if others else "")
        + f" Until somebody noticed it cost {run.cost['harm']:,.0f} EUR."
    )


@EXERCISE.graded("worth")
def worth(sheet: Sheet, answer: Answer, name: str) -> None:
    """Quiet days where nothing is wrong, if something is caught; and what all streams cost, if false alarms are few."""
    cases = CASES.open(sheet)
    if not (runs := _watched(sheet, answer, name, cases)):
        return
    seen = sum(all(run.in_time for run in _of(runs, family)) for family in INCIDENTS)
    awake = seen >= AWAKE
    silent = "A monitor that sees nothing is quiet for nothing: its quiet days earn no points."
    sheet.judge("awake", f"{seen} of {len(INCIDENTS)}", f"at least {AWAKE}", awake, silent)
    for family in ("before", *HARMLESS):
        some = _of(runs, family) if family in HARMLESS else [run for run in runs if run.family in INCIDENTS]
        false, days = sum(len(run.false_days) for run in some), sum(run.begins - REFERENCE for run in some)
        most = FALSE_DAYS if family in HARMLESS else FALSE_DAYS_BEFORE
        met = false <= most
        sheet.judge(
            family, f"{false} of {days} days", f"at most {most}", met and awake,
            "" if met else _false_alarms(some, sheet.private), explained=not met,
        )  # fmt: skip
    few = _few_false(sheet, runs, "trusted")
    ratio, explained = sum(sum(run.cost.values()) for run in runs) / cases.silent_eur, False
    for step in STEPS_OF_COST:
        met = ratio <= step
        sheet.judge(
            "bill", f"{ratio:.2f}x", f"at most {step:g}x", met and few, "" if met else _where_it_goes(runs, cases),
            points=STEP_POINTS, explained=not met and not explained,
        )  # fmt: skip
        explained = explained or not met


def _false_alarms(runs: list[Run], private: bool) -> str:
    """What is named most often where nothing is wrong; an example, with what happened, where nothing is hidden."""
    counts: dict[Any, int] = {}
    for run in runs:
        for pair in (pair for t in run.false_days for pair in run.named[t]):
            counts[pair] = counts.get(pair, 0) + 1
    if not counts or private:
        return "There were alerts where nothing was wrong." if counts else ""
    often = sorted(counts, key=lambda one: -counts[one])
    run, t, (feature, reason) = next(
        (run, t, often[0]) for run in runs for t in run.false_days if often[0] in run.named[t]
    )
    what, values = run.figure(feature, reason)
    low, high = np.nanmin(values[:REFERENCE]), np.nanmax(values[:REFERENCE])
    story = HARMLESS[run.family][0] if run.family in HARMLESS else "an ordinary day before an incident"
    rows = len(make_stream(run.draw)[t]["score"])
    return (
        f"Most often named: {', '.join(f'{name} ({why}) on {counts[name, why]} days' for name, why in often[:3])}. "
        f'First on day {t} of try_stream(Monitor, "{run.family}", {run.number}), with {rows} rows: {what} was '
        f"{values[t]:.3g}; on reference days it was {low:.3g} to {high:.3g}. What it was: {story}."
    )


def _where_it_goes(runs: list[Run], cases: Cases) -> str:
    """The largest parts of a bill; in EUR only where nothing is hidden."""
    parts = {family: sum(run.cost["harm"] for run in _of(runs, family)) for family in INCIDENTS}
    largest = sorted(parts, key=lambda one: -parts[one])[:3]
    if cases.private:
        return f"Most of the bill are the days until these were named: {', '.join(largest)}."
    attention = sum(run.cost["attention"] for run in runs)
    said = ", ".join(f"{family} {parts[family]:,.0f}" for family in largest)
    return (
        f"EUR until it was named: {said}; alarms took {attention:,.0f}. No monitor costs {cases.silent_eur:,.0f}, "
        f"one that knows everything {cases.known_eur:,.0f}, for no incident is seen before its first sign."
    )
