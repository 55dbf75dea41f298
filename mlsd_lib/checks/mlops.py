"""The cases of *your turn* in the lesson on the tools that version, track, schedule and run a retraining."""

from mlsd_lib.lesson import Exercise, case, checks

line = {"gather": (["weeks"], ["window"]), "train": (["window"], ["runs"]), "keep": (["runs", "code"], ["release"])}
all_run = "A stage whose inputs are as before is kept. Ask for each stage whether one of its inputs changed."
no_further = "What a stage writes has changed, too, and so the next stage has to run."
not_early = "What came out with the same bytes has not changed: take the files in `same` out of what a stage changes."
both = {"rank_by": "money", "reviews": 10}
only_shared = "A parameter that only one of the runs has differs, too; the other's value is None."
all_shown = "Only what differs is asked for; a parameter with the same value in both is left out."
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
}
check = checks(EXERCISES)
