"""The cases of *your turn* in the lesson on serving options."""

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
}
check = checks(EXERCISES)
