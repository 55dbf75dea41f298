"""The cases of *your turn* in the continuation of the lesson on data storage."""

from mlsd_lib.lesson import Exercise, case, checks

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
