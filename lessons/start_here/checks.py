"""The cases of *your turn* on the start page."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "inside-interval": Exercise(
        [
            case((1.0, 3.0, 2.0), True),
            case((1.0, 3.0, 5.0), False, mistakes={"A value above high lies outside.": True}),
            case((1.0, 3.0, 0.5), False, mistakes={"A value below low lies outside.": True}),
            case((1.0, 3.0, 3.0), True, mistakes={"The ends belong to the interval.": False}),
        ],
        hint="Python lets you write low <= value <= high.",
    ),
}
check = checks(EXERCISES)
