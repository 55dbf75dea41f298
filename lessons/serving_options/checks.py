"""The cases of *your turn* in the lessons on serving options."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "refused": Exercise(
        [
            case((["posix.system"], ["sklearn", "numpy"]), ["posix.system"]),
            case(
                (["numpy.dtype", "sklearn.tree._tree.Tree"], ["sklearn", "numpy"]),
                [],
                mistakes={
                    "A package allows its own modules: sklearn.tree belongs to sklearn.": ["sklearn.tree._tree.Tree"],
                    "Names are written with their module; look at what the module begins with.": [
                        "numpy.dtype",
                        "sklearn.tree._tree.Tree",
                    ],
                },
            ),
            case(
                (["numpyx.run", "numpy.dtype"], ["numpy"]),
                ["numpyx.run"],
                mistakes={"Another package may begin with the same letters: compare whole parts of the name.": []},
            ),
            case(
                (["os.system", "numpy.dtype", "builtins.eval"], ["numpy"]),
                ["os.system", "builtins.eval"],
                mistakes={"Name all that are refused, in their order.": ["os.system"]},
            ),
        ],
        hint="A name is allowed if its first part, up to the first dot, is one of the packages.",
    ),
    "covered": Exercise(
        [
            case(([5, 3, 2], 1), 0.5),
            case(
                ([1, 1, 8], 1),
                0.8,
                mistakes={
                    "Precompute for those who come most, wherever they stand in the list.": 0.1,
                    "Count requests, not users: one user here makes most of them.": 1 / 3,
                },
            ),
            case(([4, 0, 4], 2), 1.0, mistakes={"Users without a request take no place among the first k.": 0.5}),
            case(([2, 2], 5), 1.0),
            case(([0, 0], 1), 0.0),
        ],
        hint="Sort the counts from the largest, add the first k, divide by all; without requests nothing is covered.",
    ),
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
    "quantised": Exercise(
        [
            case(([1.27, -0.5, 0.0],), ([127, -50, 0], 0.01)),
            case(
                ([-2.54, 1.0],),
                ([-127, 50], 0.02),
                mistakes={"The largest magnitude decides, also of a negative number.": ([-323, 127], 1 / 127)},
            ),
            case(
                ([1.27, 0.016, -0.016],),
                ([127, 2, -2], 0.01),
                mistakes={"Round to the nearest; cutting off shrinks every weight.": ([127, 1, -1], 0.01)},
            ),
            case(([0.0, 0.0],), ([0, 0], 1.0)),
        ],
        hint="scale = largest magnitude / 127, and each number becomes round(number / scale).",
    ),
    "pruned": Exercise(
        [
            case(
                ([3, -1, 2, -4], 0.5),
                [3, 0, 0, -4],
                mistakes={"Small is a matter of magnitude, not of sign.": [3, 0, 2, 0]},
            ),
            case(([3, -1, 2], 0.5), [3, 0, 2], mistakes={"A whole number of weights goes, rounded down.": [3, 0, 0]}),
            case(
                ([1, 1, 1, 1], 0.5),
                [0, 0, 1, 1],
                mistakes={"Of equal ones only as many go as were asked for.": [0, 0, 0, 0]},
            ),
            case(([5, -6], 0.0), [5, -6]),
        ],
        hint="Sort the positions by magnitude, and set the first int(share * n) of them to 0.",
    ),
}
check = checks(EXERCISES)
