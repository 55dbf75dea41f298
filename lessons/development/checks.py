"""The cases of *your turn* in the lesson on development."""

from mlsd_lib.lesson import Exercise, case, checks

LATE = [False] * 7 + [True] * 5

EXERCISES = {
    "hours-to-try": Exercise(
        [
            case(
                (22, 6),
                [5, 6, 21, 22],
                mistakes={
                    "The hour before each boundary is there, the hour at the boundary is not.": [5, 21],
                    "These are the hours at the boundaries; a boundary moved the other way goes unseen.": [6, 22],
                    "These lie after each boundary; the last hour before it is missing.": [6, 7, 22, 23],
                },
            ),
            case(
                (0, 6),
                [0, 5, 6, 23],
                mistakes={"Before hour 0 comes hour 23.": [-1, 0, 5, 6]},
            ),
        ],
        hint="Of each boundary two hours: the last before it and the first at it.",
    ),
    "first-bad": Exercise(
        [
            case(
                (LATE,),
                (7, 4),
                mistakes={
                    "This is the last good commit; asked for is the first bad one.": (6, 4),
                    "This asks one after the other; halve what is left.": (7, 7),
                    "The last commit is known to be bad: do not ask it.": (7, 5),
                },
            ),
            case(([False, True],), (1, 0)),
            case(([False, True, True, True, True],), (1, 2)),
        ],
        hint="Keep two numbers, the last known good and the first known bad; ask between them while they are apart.",
    ),
}
check = checks(EXERCISES)
