"""The cases of *your turn* in the lesson on model serving."""

from mlsd_lib.lesson import Exercise, case, checks

NAN = float("nan")
EXERCISES = {
    "disagree": Exercise(
        [
            case(
                ({"a": [0.1, 0.9], "b": [0.1, 0.9], "c": [0.1, 0.8]}, 1e-6),
                ["c"],
                mistakes={
                    "Compare every score; in the mean a difference may be lost.": [],
                    "Name those that do not agree, not those that do.": ["b"],
                },
            ),
            case(
                ({"a": [0.25, 0.5], "b": [0.25, NAN]}, 0.1),
                ["b"],
                mistakes={"Every comparison with NaN is false: test for what must hold, not for what must not.": []},
            ),
            case(
                ({"a": [0.25, 0.5], "b": [0.25], "c": [0.25, 0.5, 0.5]}, 0.1),
                ["b", "c"],
                mistakes={"zip ends with the shorter list: compare the lengths too.": []},
            ),
            case(({"a": [0.25, 0.5], "b": [None, 0.5]}, 0.1), ["b"]),
            case(
                ({"a": [1e-4, 0.5], "b": [2e-4, 0.5]}, 1e-3),
                [],
                mistakes={"The tolerance is of a probability, so absolute: do not divide by the score.": ["b"]},
            ),
        ],
        hint="A server agrees if it has as many scores as the first, and for each pair abs(a - b) <= tolerance.",
    ),
    "cores-needed": Exercise(
        [
            case(
                (1_000, 2.0, 0.5),
                4,
                mistakes={
                    "The share that a core may be busy is missing.": 2,
                    "Milliseconds: divide by 1,000 to get seconds.": 4_000,
                    "A lower share needs more cores: divide by it.": 1,
                },
            ),
            case((100, 1.5, 0.6), 1, mistakes={"Less than one core is one core: round up.": 0}),
            case((2_000, 0.9, 0.6), 3, within=0.0),
            case((500, 7.0, 0.6), 6, mistakes={"A part of a core is a whole one: round up.": 5}),
        ],
        hint="Rate times seconds of CPU is how many cores are busy on average; divide by the share, round up.",
    ),
}
check = checks(EXERCISES)
