"""The cases of *your turn* in the lessons on data storage."""

from collections.abc import Callable

from mlsd_lib.lesson import Exercise, case, checks

Payment = tuple[int, int, int]


def in_order_of_keys(payment_key: Callable[..., bytes], payments: list[Payment]) -> list[Payment]:
    """What a store holds after all payments were put under their keys, in the order in which it lists them."""
    store = {}
    for payment in payments:
        key = payment_key(*payment)
        assert isinstance(key, bytes), f"payment_key{payment} gave {key!r}; a key is bytes."
        store[key] = payment
    return [store[key] for key in sorted(store)]


as_text = {"Text is compared character by character: '10' comes before '9'.": [(10, 40, 2), (9, 50, 1)]}

little_endian = {"The least significant byte comes first here.": [(256, 5, 2), (255, 5, 1)]}

one_key = {"Two payments of one second share a key: one is lost.": [(3, 7, 2)]}

groups = [(1, 9), (10, 19), (20, 29), (30, 39)]

overlapping: dict[str, list[int]] = {"A group that only overlaps the range may hold wanted rows too.": []}

ends = {
    "The value high is not wanted: a group that begins there can be left.": [0, 1, 2],
    "The value low is wanted: a group that ends there cannot be left.": [1],
}

means = "The chunks' means differ too: that is part of the variance."

in_one = {"The sum may not pass the target.": [[0, 1, 2, 3]]}

looked_late = {"The sum may not pass the target: look before you add.": [[0, 1]]}

alone = {"A file alone would be rewritten for nothing.": [[0], [1, 2], [3]]}

apart = {"Only neighbours: otherwise a merged file spans all weeks and is never skipped.": [[0, 2]]}

unclosed: dict[str, list[list[int]]] = {"The last collection is lost: it has no file after it that would close it.": []}

grown = [[("add", "a")], [("add", "b")], [("remove", "a"), ("add", "c")]]

several = [[("add", "a"), ("add", "b")], [("add", "c"), ("remove", "a"), ("remove", "b")]]

present = {
    "The past is asked for, not the present.": ["b", "c"],
    "The state after the commit of that number.": ["a"],
}

EXERCISES = {
    "payment-key": Exercise(
        [
            case(([(9, 50, 1), (10, 40, 2)],), [(9, 50, 1), (10, 40, 2)], mistakes=as_text),
            case(([(255, 5, 1), (256, 5, 2)],), [(255, 5, 1), (256, 5, 2)], mistakes=little_endian),
            case(([(3, 7, 1), (3, 7, 2)],), [(3, 7, 1), (3, 7, 2)], mistakes=one_key),
            case(([(1, 2**40, 5), (1, 999, 6), (2, 0, 1)],), [(1, 999, 6), (1, 2**40, 5), (2, 0, 1)]),
        ],
        hint="Give each number the same width, most significant byte first, and join them.",
        through=in_order_of_keys,
    ),
    "merged-summary": Exercise(
        [
            case(((2, 1.0, 0.0), (2, 3.0, 0.0)), (4, 2.0, 4.0), mistakes={means: (4, 2.0, 0.0)}),
            case(
                ((1, 0.0, 0.0), (3, 4.0, 6.0)),
                (4, 3.0, 18.0),
                mistakes={"A larger chunk weighs more in the mean.": (4, 2.0, 22.0), means: (4, 3.0, 6.0)},
            ),
            case(((0, 0.0, 0.0), (2, 5.0, 2.0)), (2, 5.0, 2.0)),
            case(((0, 0.0, 0.0), (0, 0.0, 0.0)), (0, 0.0, 0.0)),
            case(((2, 1e9, 0.5), (2, 1e9 + 1, 0.5)), (4, 1e9 + 0.5, 2.0)),
        ],
        hint="The chunk's rows lie around its own mean, which lies (m - overall mean) away from the overall mean.",
    ),
    "must-read": Exercise(
        [
            case((groups, 15, 25), [1, 2], mistakes=overlapping),
            case(([(1, 100)], 40, 50), [0], mistakes={"The range may lie inside a group.": []}),
            case(([(1, 5), (5, 9), (9, 12)], 5, 9), [0, 1], mistakes=ends),
            case(([None, (1, 2), (7, 8)], 7, 9), [0, 2], mistakes={"Nothing is known of a group: read it.": [2]}),
        ],
        hint="A group can be left only if all of it lies below low, or all of it at or above high.",
    ),
    "compaction-plan": Exercise(
        [
            case(([1, 1, 1, 1], 2), [[0, 1], [2, 3]], mistakes=in_one),
            case(([3, 2, 2], 4), [[1, 2]], mistakes=looked_late),
            case(([5, 1, 1, 5], 4), [[1, 2]], mistakes=alone),
            case(([1, 5, 1], 4), [], mistakes=apart),
            case(([9, 1, 1], 4), [[1, 2]], mistakes=unclosed),
            case(([], 4), []),
        ],
        hint="Keep the current collection and its sum; close it when the next file does not fit, and once at the end.",
    ),
    "files-at": Exercise(
        [
            case((grown, 2), ["b", "c"], mistakes={"A removed file is no longer read.": ["a", "b", "c"]}),
            case((grown, 1), ["a", "b"], mistakes=present),
            case(([[("add", "a")], [("remove", "a")], [("add", "a")]], 2), ["a"]),
            case((several, 1), ["c"], mistakes={"A commit may remove several names: take all of them.": ["b", "c"]}),
            case(([[("add", "b"), ("add", "a")]], 0), ["a", "b"]),
        ],
        hint="Walk through log[: version + 1]; for each commit take the removed names out and put the added ones in.",
    ),
}
check = checks(EXERCISES)
