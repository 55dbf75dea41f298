"""The cases of *your turn* in the lessons on latency and throughput."""

from mlsd_lib.lesson import Exercise, case, checks


def one_second(rows: int) -> float:
    """Seconds that a batch takes: the same for any number of rows."""
    return 1.0


def one_second_and_half_a_row(rows: int) -> float:
    """Seconds that a batch takes: one, and half a second for each of its rows."""
    return 1.0 + 0.5 * rows


EXERCISES = {
    "slow-share": Exercise(
        [
            case((4, 100, 4.0, 1.0), 4 / 304),
            case(
                (1, 200, 10.0, 2.0),
                1 / 1_601,
                mistakes={
                    "While it stands still nothing else is sent: only the rest of the time has requests.": 1 / 2_001,
                    "Each client has one request open, and that one is slow: it counts among all too.": 1 / 1_600,
                    "The share of time is what an open loop sees; a closed loop sends nothing meanwhile.": 0.2,
                },
            ),
            case((64, 50, 2.0, 1.0), 64 / 114, mistakes={"Every client meets the stall, once.": 1 / 51}),
        ],
        hint="Slow: one request a client. All others: what the server answers a second, while it runs.",
    ),
    "answered": Exercise(
        [
            case(([0.0, 5.0], one_second, 8), [1.0, 6.0]),
            case(
                ([0.0, 0.1, 0.2, 5.0], one_second, 8),
                [1.0, 2.0, 2.0, 6.0],
                mistakes={
                    "A batch takes who has arrived when it begins, not who comes while it runs.": [1.0, 1.0, 1.0, 6.0],
                    "Those that wait go together.": [1.0, 2.0, 3.0, 6.0],
                },
            ),
            case(
                ([0.0, 0.0, 0.0, 0.0, 0.0], one_second, 2),
                [1.0, 1.0, 2.0, 2.0, 3.0],
                mistakes={"No batch takes more than most_rows.": [1.0, 1.0, 1.0, 1.0, 1.0]},
            ),
            case(
                ([0.0, 0.2, 0.4], one_second_and_half_a_row, 8),
                [1.5, 3.5, 3.5],
                mistakes={"A batch takes cost(n) seconds, n being its number of rows.": [1.5, 3.0, 3.0]},
            ),
        ],
        hint="Keep when the model is free; a batch begins then or at the next arrival, whichever is later.",
    ),
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
