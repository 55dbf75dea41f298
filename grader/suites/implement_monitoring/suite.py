"""The tests of `implement_monitoring`: incidents caught in time; quiet days, and what all that costs."""

from grader.suite_kit.answer import Answer
from grader.suite_kit.policies import Policy, unless_refused
from grader.suite_kit.score_sheet import Sheet
from grader.suites.implement_monitoring.cases import CASES, EXERCISE, Cases
from grader.suites.implement_monitoring.causes import between, false_alarms, where_it_goes, why_missed
from grader.suites.implement_monitoring.runs import WITHIN_DAYS, Met, Run, days_of, false_share, watch
from grader.suites.implement_monitoring.world import HARMLESS

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


def _in_time(met: Met, private: bool) -> bool:
    return met.caught is not None and met.caught <= met.last + ROOM_DAYS * private


def _few_false(sheet: Sheet, runs: list[Run], family: str) -> bool:
    """The condition of what is caught and of what it costs: the share of ordinary days with an alert."""
    much = "On so many days nobody looks any more, so what is caught earns nothing. "
    much += false_alarms(runs, sheet.private)
    return _judge(sheet, family, false_share(runs), much, limit="trusted_share")


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
            why_missed(*missed[0], sheet.private) if missed else "", explained=bool(missed),
        )  # fmt: skip


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
        did = [false_alarms(touched, sheet.private)] if touched else []
        if family == "season":
            late = [(run, one) for run in some for one in run.met if one.family == "mean shift" and not one.in_week]
            rang, required = f"{rang}, shift {'late' if late else 'in time'}", "0, shift in time"
            did += [between(*pair, sheet.private) for pair in late]
        sheet.judge(family, rang, required, awake and not did, " ".join(did), explained=bool(did))
    alarms = false_alarms(runs, sheet.private)
    _judge(sheet, "quiet", false_share(runs), alarms, counts=awake, limit="quiet_share")
    few = _few_false(sheet, runs, "trusted")
    ratio = sum(run.cost for run in runs) / cases.silent_eur
    _judge(sheet, "bill", ratio, where_it_goes(runs, cases), counts=few)
