"""The cases of *your turn* in the lesson on backfills and retries."""

import pandas as pd

from mlsd_lib.lesson import Exercise, case, checks

two = [(10, "a1"), (11, "b2")]
twice = "The model was there already: a retry has registered it a second time."
by_week = "Another checksum is another model, and is registered, also for a week that has one."
EXERCISES = {
    "register-once": Exercise(
        [
            case((two, 12, "c3"), [*two, (12, "c3")]),
            case((two, 11, "b2"), two, mistakes={twice: [*two, (11, "b2")]}),
            case((two, 10, "d4"), [*two, (10, "d4")], mistakes={by_week: two}),
            case(([], 10, "a1"), [(10, "a1")]),
        ],
        hint="Ask whether the pair is in the list.",
    ),
    "week-of-date": Exercise(
        [
            case(
                (pd.Timestamp("2026-03-16 03:00"),),
                10,
                mistakes={"That is the week that has just begun; its payments are still to come.": 11},
            ),
            case((pd.Timestamp("2026-01-12 03:00"),), 1),
            case((pd.Timestamp("2026-03-18 17:30"),), 10),
            case((pd.Timestamp("2026-03-22 23:59"),), 10),
        ],
        hint="Whole days since the first Monday, divided by seven, without the rest.",
    ),
}
check = checks(EXERCISES)
