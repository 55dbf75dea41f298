"""The cases of *your turn* in the lesson on features and leaks."""

from mlsd_lib.lesson import Exercise, case, checks

own = {"A row must not count its own answer.": [0.75, 0.5, 0.625]}
same_day = {"The other rows of the day are not known yet: count earlier days only.": [0.25, 0.5, 0.625]}
all_names = {"Count only rows with the same name.": [0.5, 0.5, 0.5]}
by_rows = {"Rows were dealt, not machines: each machine lies on both sides.": [0, 1, 0, 1, 0, 1]}
by_name = {"Deal in the order of first appearance, not of the names.": [1, 0, 1, 2]}
comes_back = {"A machine that comes back later stays in its fold.": [0, 1, 0, 1, 1, 0]}
in_blocks = {"Deal one machine to each fold in turn, not several to the first.": [0, 0, 1, 1]}
EXERCISES = {
    "share-before": Exercise(
        [
            case((["a", "a", "a"], [1, 2, 3], [1, 0, 1], 1, 0.5), [0.5, 0.75, 0.5], mistakes=own),
            case((["a", "a", "a"], [1, 1, 2], [1, 1, 0], 2, 0.25), [0.25, 0.25, 0.625], mistakes=same_day),
            case((["a", "b", "a"], [1, 1, 2], [1, 0, 0], 1, 0.5), [0.5, 0.5, 0.75], mistakes=all_names),
        ],
        hint="Take for each name how many rows and ones earlier days had; add a day's rows only when it is over.",
    ),
    "fold-of": Exercise(
        [
            case((["a", "a", "b", "b", "c", "c"], 2), [0, 0, 1, 1, 0, 0], mistakes=by_rows),
            case((["b", "a", "b", "c"], 3), [0, 1, 0, 2], mistakes=by_name),
            case((["a", "b", "a", "c", "c", "b"], 2), [0, 1, 0, 0, 0, 1], mistakes=comes_back),
            case((["a", "b", "c", "d"], 2), [0, 1, 0, 1], mistakes=in_blocks),
        ],
        hint="Remember the fold of each machine that has appeared; a new one gets the next fold in turn.",
    ),
}
check = checks(EXERCISES)
