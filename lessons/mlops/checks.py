"""The cases of *your turn* in the lessons on the tools that version, track, schedule and run a retraining."""

import pandas as pd

from mlsd_lib.lesson import Exercise, case, checks

line = {"gather": (["weeks"], ["window"]), "train": (["window"], ["runs"]), "keep": (["runs", "code"], ["release"])}

all_run = "A stage whose inputs are as before is kept. Ask for each stage whether one of its inputs changed."

no_further = "What a stage writes has changed, too, and so the next stage has to run."

not_early = "What came out with the same bytes has not changed: take the files in `same` out of what a stage changes."

both = {"rank_by": "money", "reviews": 10}

only_shared = "A parameter that only one of the runs has differs, too; the other's value is None."

all_shown = "Only what differs is asked for; a parameter with the same value in both is left out."

corrected = [(1, 1), (1, 5), (2, 3)]

future = "That row became known only after the request. Both times must be at or before `at`."

newest_known = (
    "That is the row known last. First comes the time at which it happened, then the time at which it was known."
)

two = [(10, "a1"), (11, "b2")]

twice = "The model was there already: a retry has registered it a second time."

by_week = "Another checksum is another model, and is registered, also for a week that has one."

EXERCISES = {
    "stages-that-run": Exercise(
        [
            case(
                (line, {"weeks"}, set()),
                ["gather", "train", "keep"],
                mistakes={no_further: ["gather"]},
            ),
            case(
                (line, {"weeks"}, {"window"}),
                ["gather"],
                mistakes={not_early: ["gather", "train", "keep"]},
            ),
            case((line, {"code"}, set()), ["keep"], mistakes={all_run: ["gather", "train", "keep"]}),
            case((line, set(), set()), []),
            case((line, {"weeks", "code"}, {"window"}), ["gather", "keep"]),
        ],
        hint="Keep a set of changed files; each stage that runs adds what it writes, less what is in `same`.",
    ),
    "what-differs": Exercise(
        [
            case(
                (both, both | {"reviews": 20}),
                {"reviews": (10, 20)},
                mistakes={all_shown: {"rank_by": ("money", "money"), "reviews": (10, 20)}},
            ),
            case((both, both | {"seed": 1}), {"seed": (None, 1)}, mistakes={only_shared: {}}),
            case((both | {"seed": 1}, both), {"seed": (1, None)}, mistakes={only_shared: {}}),
            case((both, both), {}),
        ],
        hint="Go through the names of both, and use .get(name), which gives None for one that is not there.",
    ),
    "what-was-known": Exercise(
        [
            case((corrected, 4), (2, 3)),
            case((corrected, 2), (1, 1), mistakes={future: (2, 3)}),
            case(([(1, 1), (1, 5)], 3), (1, 1), mistakes={future: (1, 5)}),
            case(([(1, 1), (1, 5)], 5), (1, 5)),
            case((corrected, 6), (2, 3), mistakes={newest_known: (1, 5)}),
            case(([(4, 1)], 3), None, mistakes={future: (4, 1)}),
            case(([], 3), None),
        ],
        hint="Keep the rows whose later time is at most `at`; max over pairs compares the first number first.",
    ),
    "some-alarm": Exercise(
        [
            case((0.05, 1), 0.05),
            case(
                (0.05, 5),
                1 - 0.95**5,
                mistakes={
                    "Two tests can ring on one day; the sum counts that day twice.": 0.25,
                    "That is the probability that all of them ring.": 0.05**5,
                    "That is the probability that none of them rings.": 0.95**5,
                },
            ),
            case((0.5, 20), 1 - 0.5**20),
        ],
        hint="The probability that none rings is the product of the probabilities that each does not.",
    ),
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
