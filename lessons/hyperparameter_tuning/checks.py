"""The cases of *your turn* in the lessons on hyperparameter tuning."""

from mlsd_lib.lesson import Exercise, case, checks

six = {"a": [50, 9, 4], "b": [40, 8, 5], "c": [60, 7, 3], "d": [30, 6, 2], "e": [20, 12, 1], "f": [90, 5, 0]}

halves = [["a", "b", "c", "d", "e", "f"], ["e", "d", "b"], ["d"]]

seen_ahead = {
    "A setting is kept by its error at the rung just measured; later errors are not known then.": [
        list(six),
        ["f", "e", "d"],
        ["f"],
    ],
    "The next rung is ordered by its own errors, not by those of the first.": [list(six), ["e", "d", "b"], ["e"]],
    "Those kept stand from the best to the worst.": [list(six), ["b", "d", "e"], ["d"]],
    "Stop after the last rung: its errors choose among those kept, and nobody is trained further.": [*halves, ["d"]],
}

ties = {"p": [5, 1], "q": [3, 1], "r": [5, 1], "s": [3, 1]}

last_of_equals = {"Of equal errors the one that came first is kept.": [list(ties), ["s", "q"]]}

nobody = {"At least one is kept; one in three of two is none.": [["x", "y"], []]}

last_bracket = {"The last bracket trains all its settings fully: s goes down to 0.": [(27, 1), (12, 3), (6, 9)]}

rounded = {
    "The number of settings is rounded up, not down.": [
        (9, 1),
        (4, 3),
        (3, 9),
    ]
}

logarithm = {
    "math.log(243, 3) is 4.999...; its whole part is one too small. Count multiplications.": [
        (81, 3),
        (34, 9),
        (15, 27),
        (8, 81),
        (5, 243),
    ]
}

too_few = {
    "Both means are uncertain: the variance of a difference is 2 sd^2 / n.": 126,
    "That finds half of the differences: add 0.84 to 1.96 for the other three in ten.": 123,
    "n is the square: half the difference needs four times the seeds.": 23,
}

inner = [[10.0, 12.0, 30.0], [14.0, 11.0, 30.0]]

outer = [[20.0, 8.0, 40.0], [2.0, 18.0, 40.0]]

mixed = {
    "That chooses by the outer fold, which the search must not see.": 5.0,
    "That is the inner error of what was chosen; nested is measured on the outer fold.": 10.5,
    "One setting for all folds: each fold runs a search of its own.": 13.0,
    "That is the best setting's mean over the outer folds, which is the search's own error.": 11.0,
}

trials = [
    (0, "COMPLETE", 500.0),
    (1, "FAIL", 400.0),
    (1, "COMPLETE", 90.0),
    (2, "FAIL", 300.0),
    (2, "FAIL", 30.0),
    (3, "RUNNING", 2.0),
    (4, "RUNNING", 60.0),
]

of_trials = {
    "Job 1 failed once and was completed afterwards: ask of jobs, not of trials.": [1, 2, 4],
    "A trial that runs without heartbeat is dead; nobody has told the storage yet.": [2],
    "Who beats within the grace period is alive: its job would run twice.": [2, 3, 4],
    "Each job once.": [2, 2, 4],
}

EXERCISES = {
    "successive-halving": Exercise(
        [
            case((six, 2), halves, mistakes=seen_ahead),
            case((ties, 2), [list(ties), ["q", "s"]], mistakes=last_of_equals),
            case(({"x": [2, 1], "y": [1, 2]}, 3), [["x", "y"], ["y"]], mistakes=nobody),
            case(({"x": [2], "y": [1]}, 2), [["x", "y"]]),
        ],
        hint="Begin with all names; for each rung but the last sort those alive by that rung's error and cut the list.",
    ),
    "hyperband-brackets": Exercise(
        [
            case((27, 3), [(27, 1), (12, 3), (6, 9), (4, 27)], mistakes=last_bracket),
            case((8, 2), [(8, 1), (6, 2), (4, 4), (4, 8)]),
            case((9, 3), [(9, 1), (5, 3), (3, 9)], mistakes=rounded),
            case((243, 3), [(243, 1), (98, 3), (41, 9), (18, 27), (9, 81), (6, 243)], mistakes=logarithm),
            case((1, 3), [(1, 1)]),
        ],
        hint="First find s_max by a loop; then one pair for each s from s_max down to 0.",
    ),
    "seeds-needed": Exercise(
        [
            case((0.1, 0.4), 251, mistakes=too_few),
            case((0.2, 0.4), 63),
            case((5.0, 0.4), 2, mistakes={"One training has no spread; the least is 2.": 1}),
            case((0.2, 0.3), 36, mistakes={"Round up: with fewer the chance is below 80 %.": 35}),
        ],
        hint="difference = 2.8 * sd * sqrt(2 / n); solve for n, round up, at least 2.",
    ),
    "nested-estimate": Exercise(
        [
            case((inner, outer), 19.0, mistakes=mixed),
            case(([[5.0, 5.0]], [[1.0, 9.0]]), 1.0, mistakes={"Of equal settings the first is chosen.": 9.0}),
            case(([[3.0], [4.0], [5.0]], [[1.0], [2.0], [6.0]]), 3.0),
        ],
        hint="For each fold: the place of the smallest inner error, and the outer error there; then the mean.",
    ),
    "left-to-do": Exercise(
        [
            case((trials, 6.0), [2, 4], mistakes=of_trials),
            case(
                ([(7, "FAIL", 50.0), (7, "WAITING", 0.0)], 6.0),
                [],
                mistakes={"Job 7 waits in the queue already; twice in the queue it runs twice.": [7]},
            ),
            case(
                ([(5, "RUNNING", 6.0)], 6.0),
                [],
                mistakes={"An age of exactly the grace period is not over it.": [5]},
            ),
            case(([(9, "RUNNING", 80.0), (9, "RUNNING", 1.0), (8, "FAIL", 3.0)], 6.0), [8]),
            case(([], 6.0), []),
        ],
        hint="Collect the jobs that are looked after, in any of their trials; the others are left to do.",
    ),
}
check = checks(EXERCISES)
