"""The cases of *your turn* in the further lesson on latency and throughput."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "threads-each": Exercise(
        [
            case((8, None, 2), 4),
            case((8, None, 3), 2, mistakes={"Round down: three threads in each of three workers are nine.": 3}),
            case((2, None, 4), 1, mistakes={"A worker has at least one thread.": 0}),
            case((64, 4, 2), 2, mistakes={"The container's limit counts, not what the library sees.": 32}),
            case((64, 2.5, 2), 1, mistakes={"A thread is a whole number.": 1.25}),
            case((2, 16, 1), 2, mistakes={"A limit above the cores gives no more cores.": 16}),
        ],
        hint="cores = min(seen, limit); then cores // workers, at least 1.",
    ),
    "cheapest-safe": Exercise(
        [
            case(([3.0, 2.0], [[99.5, 99.2], [99.9, 99.1]], 99.0), 1),
            case(
                ([3.0, 2.0], [[99.5, 99.2], [99.9, 98.1]], 99.0),
                0,
                mistakes={"All stories must keep the promise, not their mean.": 1},
            ),
            case(
                ([1.0, 3.0, 2.0], [[90.0], [99.9], [99.1]], 99.0),
                2,
                mistakes={
                    "Of the safe ones the cheapest, not the best.": 1,
                    "Cheap is not enough: it must be safe.": 0,
                },
            ),
            case(([1.0, 1.0], [[99.0], [99.5]], 99.0), 0, mistakes={"What is promised exactly is kept.": 1}),
            case(([1.0], [[50.0]], 99.0), None),
        ],
        hint="Keep the indices whose min(good[i]) is at least the promise; the one with the least cost.",
    ),
}
check = checks(EXERCISES)
