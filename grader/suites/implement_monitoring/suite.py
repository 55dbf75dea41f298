"""The tests of `implement_monitoring`: incidents caught in time; quiet days, and what all that costs."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.suite_kit.answer import Answer
from grader.suite_kit.policies import Policy, unless_refused
from grader.suite_kit.score_sheet import Sheet
from grader.suites.implement_monitoring.cases import CASES, EXERCISE, Cases
from grader.suites.implement_monitoring.runs import MOST_NAMES, WITHIN_DAYS, Met, Run, days_of, watch
from grader.suites.implement_monitoring.world import BETWEEN, HARMLESS, INCIDENTS, REFERENCE, Day, Stream, make_stream
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd

AWAKE, TOUCHED_DAYS = EXERCISE.limit("awake"), EXERCISE.limit("ringing_days")
ROOM, ROOM_DAYS = EXERCISE.limit("room"), int(EXERCISE.limit("room_days"))
"""By which hidden limits of a share or a bill, and of days, are wider: what draws of the same streams differ by."""

begin, hint = EXERCISE.begin, EXERCISE.hint


def warm() -> None:
    """Find the cases and make their streams once for this process and its forks: see `CaseSource.keep`."""
    CASES.keep()
    for some in CASES.find().streams.values():
        for stream in some:
            days_of(stream)


# What a student uses while working


def _public() -> list[Stream]:
    """The public streams: first those of `caught`, then those of `worth`."""
    return [stream for some in CASES.public().streams.values() for stream in some]


def _numbered(number: int) -> Stream:
    streams = _public()
    if type(number) is not int or not 0 <= number < len(streams):
        raise CourseError(f"The number of the stream is {number!r}; it must be from 0 to {len(streams) - 1}.")
    return streams[number]


def stream(number: int) -> list[Day]:
    """The days of a public stream; the first 28 are the reference."""
    return make_stream(_numbered(number))


def try_stream(monitor: Callable[[], Any], number: int) -> Run:
    """A public stream under a monitor: the run, with `plot()` and `table()`. Raises what the monitor raises."""
    return watch(monitor, _numbered(number), number, stream(number))


def scorecard(monitor: Callable[[], Any]) -> "pd.DataFrame":
    """The public streams under a monitor, a row an incident; `false alarms` are the days of its whole stream."""
    import pandas as pd

    rows = [
        {
            "stream": run.number,
            "harmless": run.harmless,
            "false alarms": len(run.false_days),
            "incident": incident.family,
        }
        | {
            "begins": incident.begins,
            "named on": incident.caught,
            "in time": incident.in_time,
            "harm, EUR": incident.harm,
        }
        for run in (try_stream(monitor, number) for number in range(len(_public())))
        for incident in run.met
    ]
    return pd.DataFrame(rows).set_index("stream").astype({"named on": "Int64"})


# The tests


def _watched(sheet: Sheet, answer: Answer, name: str, cases: Cases) -> list[Run]:
    """The test's streams under the student's monitor; none, and the sheet says why, where it gave what is no alert."""
    before = 0 if sheet.test == "caught" else len(cases.streams["caught"])
    streams = enumerate(cases.streams[sheet.test])
    watched = unless_refused(
        sheet,
        lambda: [watch(lambda: Policy(answer, name), one, before + place, days_of(one)) for place, one in streams],
        "The monitor gave what is no alert. The public test says what.",
    )
    return watched or []


def _false_share(runs: list[Run]) -> float:
    return sum(len(run.false_days) for run in runs) / sum(len(run.ordinary) for run in runs)


def _in_time(met: Met, private: bool) -> bool:
    return met.caught is not None and met.caught <= met.last + ROOM_DAYS * private


def _few_false(sheet: Sheet, runs: list[Run], family: str) -> bool:
    """The condition of what is caught and of what it costs: the share of ordinary days with an alert."""
    much = "On so many days nobody looks any more, so what is caught earns nothing. "
    much += _false_alarms(runs, sheet.private)
    return _judge(sheet, family, _false_share(runs), much, limit="trusted_share")


def _judge(sheet: Sheet, family: str, value: float, did: str, counts: bool = True, limit: str = "") -> bool:
    """The rows of a share or a bill; hidden limits are wider by `ROOM`."""
    steps = [step + ROOM * sheet.private for step in EXERCISE.steps(limit or family)]
    return EXERCISE.judge(sheet, family, value, did, counts=counts, steps=steps, limit=limit)


@EXERCISE.graded("caught")
def caught(sheet: Sheet, answer: Answer, name: str) -> None:
    """Both incidents of a family named in time, if there are few false alarms."""
    if not (runs := _watched(sheet, answer, name, CASES.open(sheet))):
        return
    few = _few_false(sheet, runs, "attention")
    for family, within in WITHIN_DAYS.items():
        some = [(run, case) for run in runs for case in run.met if case.family == family]
        missed = [(run, case) for run, case in some if not _in_time(case, sheet.private)]
        delays = ", ".join(
            "never" if case.caught is None else f"after {case.caught - case.begins} d" for _, case in some
        )
        sheet.judge(
            family, f"{len(some) - len(missed)} of {len(some)}" + ("" if sheet.private else f": {delays}"),
            f"{len(some)} within {within + ROOM_DAYS * sheet.private} days", few and not missed,
            _why_missed(*missed[0], sheet.private) if missed else "", explained=bool(missed),
        )  # fmt: skip


def _why_missed(run: Run, met: Met, private: bool) -> str:
    """A counter-example: when it began, what could be seen, what was named instead."""
    feature, reason = met.right
    said = [named for t, named in run.named.items() if met.begins <= t <= met.last]
    if any(met.right in named for named in said):
        did = f"It was among more than {MOST_NAMES:g} names on one day: whoever is called does not know where to look."
    elif met.caught is not None:
        did = "It was named too late."
    elif said:
        did = "There were alerts, and none named the feature with its reason."
    elif any(t < met.begins for t in run.named):
        did = "Nothing was named in that time, though something was earlier in the stream."
    else:
        did = "Nothing was named in that time, nor before."
    title = f"{met.family} ({INCIDENTS[met.family].title}), in a stream with {HARMLESS[run.harmless][0]}: "
    if private:
        return f"{title}{did}"
    what, values = run.figure(feature, reason)
    before, since = np.nanmean(values[:REFERENCE]), np.nanmean(values[met.begins : met.last + 1])
    others = sorted({f"{name} ({why})" for named in said for name, why in named})
    return (
        f"{title}try_stream(Monitor, {run.number}), from day {met.begins} on. Right is {feature} ({reason}) by day "
        f"{met.last}. {what}: {before:.3g} in the reference, {since:.3g} since. {did}"
        + (f" Named were: {', '.join(others[:4])}." if others else "")
        + f" Until somebody noticed it cost {met.harm:,.0f} EUR."
    )


@EXERCISE.graded("worth")
def worth(sheet: Sheet, answer: Answer, name: str) -> None:
    """Quiet days where nothing is wrong, if something is caught; and what all streams cost, if false alarms are few."""
    cases = CASES.open(sheet)
    if not (runs := _watched(sheet, answer, name, cases)):
        return
    met = [incident for run in runs for incident in run.met]
    seen = sum(_in_time(incident, sheet.private) for incident in met)
    awake = seen >= AWAKE
    silent = "A monitor that sees little is quiet for nothing: its quiet days earn no points."
    sheet.judge("awake", f"{seen} of {len(met)}", f"at least {AWAKE:g}", awake, silent)
    for family in HARMLESS:
        some = [run for run in runs if run.harmless == family]
        touched = [run for run in some if len(run.false_days) >= TOUCHED_DAYS + ROOM_DAYS * sheet.private]
        rang, required = f"{len(touched)} of {len(some)} rang", "0"
        did = [_false_alarms(touched, sheet.private)] if touched else []
        if family == "season":
            late = [(run, one) for run in some for one in run.met if one.family == "mean shift" and not one.in_week]
            rang, required = f"{rang}, shift {'late' if late else 'in time'}", "0, shift in time"
            did += [_between(*pair, sheet.private) for pair in late]
        sheet.judge(family, rang, required, awake and not did, " ".join(did), explained=bool(did))
    alarms = _false_alarms(runs, sheet.private)
    _judge(sheet, "quiet", _false_share(runs), alarms, counts=awake, limit="quiet_share")
    few = _few_false(sheet, runs, "trusted")
    ratio = sum(run.cost for run in runs) / cases.silent_eur
    _judge(sheet, "bill", ratio, _where_it_goes(runs, cases), counts=few)


def _between(run: Run, met: Met, private: bool) -> str:
    """What was not named before the next strong days."""
    never, why = met.caught is None, "A limit that all days of a week share is above such a shift."
    if private:
        when = "never" if never else "on the next strong days or after them"
        return f"A mean shift that began between strong days was named {when}. {why}"
    return (
        f"In try_stream(Monitor, {run.number}) {met.right[0]} is higher from day {met.begins} on, between strong days; "
        f"those of day {met.begins + BETWEEN} on hide it. It was named "
        f"{'never' if never else f'on day {met.caught}'}. {why}"
    )


def _false_alarms(runs: list[Run], private: bool) -> str:
    """What is named most often where nothing is wrong; an example, with what happened, where nothing is hidden."""
    counts = Counter(pair for run in runs for t in run.false_days for pair in run.named[t])
    if not counts or private:
        return "There were alerts where nothing was wrong." if counts else ""
    often = [f"{name} ({why}) on {count} days" for (name, why), count in counts.most_common(3)]
    pair = counts.most_common(1)[0][0]
    run, t = next((run, t) for run in runs for t in run.false_days if pair in run.named[t])
    what, values = run.figure(*pair)
    low, high = np.nanmin(values[:REFERENCE]), np.nanmax(values[:REFERENCE])
    rows = len(days_of(run.stream)[t]["score"])
    return (
        f"Most often named: {', '.join(often)}. First on day {t} of try_stream(Monitor, {run.number}), with {rows} "
        f"rows: {what} was {values[t]:.3g}; on reference days it was {low:.3g} to {high:.3g}. Harmless in this stream: "
        f"{HARMLESS[run.harmless][0]}."
    )


def _where_it_goes(runs: list[Run], cases: Cases) -> str:
    """The largest parts of a bill; in EUR only where nothing is hidden."""
    parts: Counter[str] = Counter()
    for incident in (incident for run in runs for incident in run.met):
        parts[incident.family] += int(incident.harm)
    largest = parts.most_common(3)
    if cases.private:
        return f"Most of the bill are the days until these were named: {', '.join(name for name, _ in largest)}."
    said = ", ".join(f"{name} {eur:,}" for name, eur in largest)
    return (
        f"EUR until it was named: {said}; alarms took {sum(run.attention for run in runs):,.0f}. No monitor costs "
        f"{cases.silent_eur:,.0f}, one that knows everything {cases.known_eur:,.0f}: labels show it a day later."
    )
