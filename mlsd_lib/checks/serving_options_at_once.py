"""The cases of *your turn* in the lesson on serving options, at once."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "reads": Exercise(
        [
            case(
                ([("ann", "write"), ("ann", "read"), ("bob", "write"), ("bob", "read")],),
                [("ann", "ann"), ("bob", "bob")],
            ),
            case(
                ([("ann", "write"), ("bob", "write"), ("ann", "read"), ("bob", "read")],),
                [("ann", "bob"), ("bob", "bob")],
                mistakes={
                    "There is one buffer for all: a read gives what was written last, by whomever.": [
                        ("ann", "ann"),
                        ("bob", "bob"),
                    ],
                    "Writes overwrite: the first row is gone once the second is written.": [
                        ("ann", "ann"),
                        ("bob", "ann"),
                    ],
                    "A read takes nothing away: the row stays until the next write.": [("ann", "bob"), ("bob", "ann")],
                },
            ),
            case(
                ([("ann", "write"), ("bob", "write"), ("bob", "read"), ("cleo", "write"), ("ann", "read")],),
                [("bob", "bob"), ("ann", "cleo")],
                mistakes={"In the order of the reads, not of the writes.": [("ann", "cleo"), ("bob", "bob")]},
            ),
            case(([],), []),
        ],
        hint="Keep whose row the buffer holds: a write replaces it, a read notes it.",
    ),
    "workers": Exercise(
        [
            case((4, 10, 0, 16_000, 0, 500), 4),
            case(
                (4, 10, 30, 16_000, 0, 500),
                16,
                mistakes={"A worker that waits leaves its core to others: more workers than cores are needed.": 4},
            ),
            case(
                (2, 10, 15, 16_000, 0, 500),
                5,
            ),
            case(
                (2, 8, 5, 16_000, 0, 500),
                4,
                mistakes={"Round up: one worker less leaves a core idle at times.": 3},
            ),
            case(
                (8, 10, 10, 4_000, 1_000, 400),
                7,
                mistakes={
                    "The memory holds fewer than the cores could use.": 16,
                    "What is shared is taken from the memory once, before the workers.": 10,
                    "What is shared is there once, not in each worker.": 2,
                },
            ),
        ],
        hint="cores * (cpu_ms + wait_ms) / cpu_ms, rounded up; at most (memory_mb - shared_mb) // own_mb.",
    ),
}
check = checks(EXERCISES)
