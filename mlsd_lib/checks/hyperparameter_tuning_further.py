"""The cases of *your turn* in the further lesson on hyperparameter tuning."""

from mlsd_lib.lesson import Exercise, case, checks

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
