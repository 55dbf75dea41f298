"""*Your turn* in the lessons on the tools that version, track, schedule and run a retraining."""

import pandas as pd

from mlsd_lib.lesson import Turns

check = Turns()

line = {"gather": (["weeks"], ["window"]), "train": (["window"], ["runs"]), "keep": (["runs", "code"], ["release"])}

both = {"rank_by": "money", "reviews": 10}

corrected = [(1, 1), (1, 5), (2, 3)]

two = [(10, "a1"), (11, "b2")]

twice = "The model was there already: a retry has registered it a second time."


@check.turn(
    "stages-that-run",
    (line, {"weeks"}, set()),
    (line, {"weeks"}, {"window"}),
    (line, {"code"}, set()),
    (line, set(), set()),
    (line, {"weeks", "code"}, {"window"}),
)
class StagesToRun:
    """Keep a set of changed files; each stage that runs adds what it writes, less what is in `same`."""

    def right(stages, changed, same):
        changed, run = set(changed), []
        for name, (reads, writes) in stages.items():
            if changed & set(reads):
                run.append(name)
                changed |= set(writes) - set(same)
        return run

    def direct_changes_alone(stages, changed, same):
        """What a stage writes has changed, too, and so the next stage has to run."""
        return [name for name, (reads, writes) in stages.items() if set(changed) & set(reads)]

    def whatever_ran_has_changed(stages, changed, same):
        """What came out with the same bytes has not changed: take the files in `same` out of what a stage changes."""
        return StagesToRun.right(stages, changed, [])

    def all_before_the_last_change(stages, changed, same):
        """A stage whose inputs are as before is kept. Ask for each stage whether one of its inputs changed."""
        run = []
        for name, (_, writes) in stages.items():
            run.append(name)
            if set(writes) & set(same):
                break
        return run


@check.turn(
    "what-differs", (both, both | {"reviews": 20}), (both, both | {"seed": 1}), (both | {"seed": 1}, both), (both, both)
)
class Differences:
    """Go through the names of both, and use .get(name), which gives None for one that is not there."""

    def right(before, after):
        names = [*before, *(name for name in after if name not in before)]
        return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}

    def only_what_both_have(before, after):
        """A parameter that only one of the runs has differs, too; the other's value is None."""
        return {name: (before[name], after[name]) for name in before if name in after and before[name] != after[name]}

    def everything(before, after):
        """Only what differs is asked for; a parameter with the same value in both is left out."""
        return {name: (before.get(name), after.get(name)) for name in {**before, **after}}


@check.turn(
    "what-was-known",
    (corrected, 4),
    (corrected, 2),
    ([(1, 1), (1, 5)], 3),
    ([(1, 1), (1, 5)], 5),
    (corrected, 6),
    ([(4, 1)], 3),
    ([], 3),
)
class VisibleRow:
    """Keep the rows whose later time is at most `at`; max over pairs compares the first number first."""

    def right(rows, at):
        return max((row for row in rows if max(row) <= at), default=None)

    def event_time_alone(rows, at):
        """That row became known only after the request. Both times must be at or before `at`."""
        return max((row for row in rows if row[0] <= at), default=None)

    def known_last(rows, at):
        """That is the row known last. First comes the time at which it happened, then the time at which
        it was known."""
        return max((row for row in rows if max(row) <= at), key=lambda row: row[1], default=None)


@check.turn("some-alarm", (0.05, 1), (0.05, 5), (0.5, 20))
class SomeAlarm:
    """The probability that none rings is the product of the probabilities that each does not."""

    def right(rate, columns):
        return 1 - (1 - rate) ** columns

    def two_tests_can_ring(rate, columns):
        """Two tests can ring on one day; the sum counts that day twice."""
        return rate * columns

    def all_ring(rate, columns):
        """That is the probability that all of them ring."""
        return rate**columns

    def none_rings(rate, columns):
        """That is the probability that none of them rings."""
        return (1 - rate) ** columns


@check.turn("register-once", (two, 12, "c3"), (two, 11, "b2"), (two, 10, "d4"), ([], 10, "a1"))
class Register:
    """Ask whether the pair is in the list."""

    def right(versions, week, checksum):
        return versions if (week, checksum) in versions else [*versions, (week, checksum)]

    def registers_each_retry(versions, week, checksum):
        """The model was there already: a retry has registered it a second time."""
        return [*versions, (week, checksum)]

    def one_version_a_week(versions, week, checksum):
        """Another checksum is another model, and is registered, also for a week that has one."""
        return versions if week in [known for known, _ in versions] else [*versions, (week, checksum)]


@check.turn(
    "week-of-date",
    (pd.Timestamp("2026-03-16 03:00"),),
    (pd.Timestamp("2026-01-12 03:00"),),
    (pd.Timestamp("2026-03-18 17:30"),),
    (pd.Timestamp("2026-03-22 23:59"),),
)
class WeekOf:
    """Whole days since the first Monday, divided by seven, without the rest."""

    def right(date):
        return (date - pd.Timestamp("2026-01-05")).days // 7

    def week_that_begins(date):
        """That is the week that has just begun; its payments are still to come."""
        return (date - pd.Timestamp("2026-01-05")).days // 7 + 1
