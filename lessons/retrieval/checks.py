"""The cases of *your turn* in the lesson on retrieval."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "fused-scores": Exercise(
        [
            case(
                ([["a", "b"], ["b", "a"]], 2),
                {"a": 1 / 3 + 1 / 4, "b": 1 / 3 + 1 / 4},
                mistakes={
                    "The first has place 1, not 0.": {"a": 1 / 2 + 1 / 3, "b": 1 / 2 + 1 / 3},
                    "The constant is added to each place.": {"a": 1.5, "b": 1.5},
                },
            ),
            case(
                ([["a", "b"], ["b"]], 60),
                {"a": 1 / 61, "b": 1 / 62 + 1 / 61},
                mistakes={
                    "A passage that only one ranking holds gets nothing from the other, and stays.": {
                        "b": 1 / 62 + 1 / 61
                    }
                },
            ),
            case(([["c"], ["c"], ["d", "c"]], 10), {"c": 2 / 11 + 1 / 12, "d": 1 / 11}),
            case(([], 60), {}),
        ],
        hint="Go through each ranking with enumerate(ranking, 1) and add 1 / (constant + place) to the passage's sum.",
    ),
    "ask-for": Exercise(
        [
            case((1, 0.5, 0.5), 1),
            case(
                (1, 0.5, 0.9),
                4,
                mistakes={
                    "So many leave enough in the mean; half of the questions get fewer.": 2,
                },
            ),
            case(
                (10, 0.1, 0.95),
                154,
                mistakes={
                    "So many leave enough in the mean; half of the questions get fewer.": 100,
                    "`wanted` or more must remain, not more than `wanted`.": 167,
                },
            ),
            case((3, 0.9, 0.99), 5),
        ],
        hint="Of n passages binom(n, share) may be read. Raise n from `wanted` on until "
        "1 - binom.cdf(wanted - 1, n, share) is `certainty` or more.",
    ),
    "index-changes": Exercise(
        [
            case(
                ({"a": 1}, {"a": 1}), ([], []), mistakes={"A version that the index has already is left.": (["a"], [])}
            ),
            case(
                ({"a": 2, "b": 1}, {"a": 1}),
                (["a", "b"], []),
                mistakes={"A passage that is in the index with another version must be written anew.": (["b"], [])},
            ),
            case(
                ({"b": 1}, {"a": 1, "b": 1}),
                ([], ["a"]),
                mistakes={"What the store no longer has must leave the index.": ([], [])},
            ),
            case(({"c": 3, "a": 1}, {"d": 1, "b": 1, "a": 5}), (["a", "c"], ["b", "d"])),
        ],
        hint="To write: ids of the store whose version the index does not have. To delete: ids of the index alone.",
    ),
}
check = checks(EXERCISES)
