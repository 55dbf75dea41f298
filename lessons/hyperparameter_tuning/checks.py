"""*Your turn* in the lessons on hyperparameter tuning."""

import math

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()

inner = [[10.0, 12.0, 30.0], [14.0, 11.0, 30.0]]

outer = [[20.0, 8.0, 40.0], [2.0, 18.0, 40.0]]

trials = [
    (0, "COMPLETE", 500.0),
    (1, "FAIL", 400.0),
    (1, "COMPLETE", 90.0),
    (2, "FAIL", 300.0),
    (2, "FAIL", 30.0),
    (3, "RUNNING", 2.0),
    (4, "RUNNING", 60.0),
]


@check.turn("hyperband-brackets", (27, 3), (8, 2), (9, 3), (243, 3), (1, 3))
class Brackets:
    """First find s_max by a loop; then one pair for each s from s_max down to 0."""

    def right(longest, keep):
        last = 0
        while keep ** (last + 1) <= longest:
            last += 1
        return [(-(-(last + 1) * keep**s // (s + 1)), longest // keep**s) for s in range(last, -1, -1)]

    def forgets_the_bracket(longest, keep):
        """The last bracket trains all its settings fully: s goes down to 0."""
        last = 0
        while keep ** (last + 1) <= longest:
            last += 1
        return [(-(-(last + 1) * keep**s // (s + 1)), longest // keep**s) for s in range(last, 0, -1)]

    def rounds_down(longest, keep):
        """The number of settings is rounded up, not down."""
        last = 0
        while keep ** (last + 1) <= longest:
            last += 1
        return [((last + 1) * keep**s // (s + 1), longest // keep**s) for s in range(last, -1, -1)]

    def trusts_the_logarithm(longest, keep):
        """math.log(243, 3) is 4.999...; its whole part is one too small. Count multiplications."""
        last = int(math.log(longest) / math.log(keep))
        return [(-(-(last + 1) * keep**s // (s + 1)), longest // keep**s) for s in range(last, -1, -1)]


@check.turn("seeds-needed", (0.1, 0.4), (0.2, 0.4), (5.0, 0.4), (0.2, 0.3))
class SeedsNeeded:
    """difference = 2.8 * sd * sqrt(2 / n); solve for n, round up, at least 2."""

    def right(difference, sd):
        return max(2, int(np.ceil(2 * ((1.96 + 0.84) * sd / difference) ** 2)))

    def variance_of_one_mean(difference, sd):
        """Both means are uncertain: the variance of a difference is 2 sd^2 / n."""
        return max(2, int(np.ceil((2.8 * sd / difference) ** 2)))

    def without_power(difference, sd):
        """That finds half of the differences: add 0.84 to 1.96 for the other three in ten."""
        return max(2, int(np.ceil(2 * (1.96 * sd / difference) ** 2)))

    def without_the_square(difference, sd):
        """n is the square: half the difference needs four times the seeds."""
        return max(2, int(np.ceil(2 * 2.8 * sd / difference)))

    def one_training(difference, sd):
        """One training has no spread; the least is 2."""
        return int(np.ceil(2 * (2.8 * sd / difference) ** 2))

    def rounds_to_the_nearest(difference, sd):
        """Round up: with fewer the chance is below 80 %."""
        return max(2, round(2 * (2.8 * sd / difference) ** 2))


@check.turn(
    "nested-estimate", (inner, outer), ([[5.0, 5.0]], [[1.0, 9.0]]), ([[3.0], [4.0], [5.0]], [[1.0], [2.0], [6.0]])
)
class Nested:
    """For each fold: the place of the smallest inner error, and the outer error there; then the mean."""

    def right(inner, outer):
        return float(np.mean([outside[int(np.argmin(inside))] for inside, outside in zip(inner, outer)]))

    def outer_fold_chooses(inner, outer):
        """That chooses by the outer fold, which the search must not see."""
        return float(np.mean([min(fold) for fold in outer]))

    def inner_error(inner, outer):
        """That is the inner error of what was chosen; nested is measured on the outer fold."""
        return float(np.mean([min(fold) for fold in inner]))

    def one_choice_for_all_folds(inner, outer):
        """One setting for all folds: each fold runs a search of its own."""
        best = int(np.argmin(np.mean(inner, axis=0)))
        return float(np.mean([fold[best] for fold in outer]))

    def best_outer_mean(inner, outer):
        """That is the best setting's mean over the outer folds, which is the search's own error."""
        return float(np.min(np.mean(outer, axis=0)))

    def of_equal_settings_the_last(inner, outer):
        """Of equal settings the first is chosen."""
        last = [max(n for n, error in enumerate(fold) if error == min(fold)) for fold in inner]
        return float(np.mean([fold[n] for n, fold in zip(last, outer)]))


@check.turn(
    "left-to-do",
    (trials, 6.0),
    ([(7, "FAIL", 50.0), (7, "WAITING", 0.0)], 6.0),
    ([(5, "RUNNING", 6.0)], 6.0),
    ([(9, "RUNNING", 80.0), (9, "RUNNING", 1.0), (8, "FAIL", 3.0)], 6.0),
    ([], 6.0),
)
class LeftToDo:
    """Collect the jobs that are looked after, in any of their trials; the others are left to do."""

    def right(trials, grace):
        looked_after = {
            job
            for job, state, age in trials
            if state in ("WAITING", "COMPLETE") or (state == "RUNNING" and age <= grace)
        }
        return sorted({job for job, _, _ in trials} - looked_after)

    def asks_of_trials_not_jobs(trials, grace):
        """Job 1 failed once and was completed afterwards: ask of jobs, not of trials."""
        return sorted({job for job, state, age in trials if state == "FAIL" or (state == "RUNNING" and age > grace)})

    def all_running_are_alive(trials, grace):
        """A trial that runs without heartbeat is dead; nobody has told the storage yet."""
        safe = {job for job, state, _ in trials if state in ("COMPLETE", "RUNNING", "WAITING")}
        return sorted({job for job, _, _ in trials} - safe)

    def all_running_are_dead(trials, grace):
        """Who beats within the grace period is alive: its job would run twice."""
        safe = {job for job, state, _ in trials if state in ("COMPLETE", "WAITING")}
        return sorted({job for job, _, _ in trials} - safe)

    def once_for_each_failure(trials, grace):
        """Each job once."""
        alive = {job for job, state, age in trials if state == "RUNNING" and age <= grace}
        safe = alive | {job for job, state, _ in trials if state in ("COMPLETE", "WAITING")}
        return sorted(job for job, _, _ in trials if job not in safe)

    def queues_it_twice(trials, grace):
        """Job 7 waits in the queue already; twice in the queue it runs twice."""
        safe = {job for job, state, age in trials if state == "COMPLETE" or (state == "RUNNING" and age <= grace)}
        return sorted({job for job, _, _ in trials} - safe)

    def one_second_early(trials, grace):
        """An age of exactly the grace period is not over it."""
        safe = {
            job
            for job, state, age in trials
            if state in ("COMPLETE", "WAITING") or (state == "RUNNING" and age < grace)
        }
        return sorted({job for job, _, _ in trials} - safe)
