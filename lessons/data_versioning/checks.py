"""The cases of *your turn* in the lessons on data versioning."""

from mlsd_lib.lesson import Exercise, case, checks

misplaced = {
    "A piece ends after the byte that completes the sum.": [b"\x01\x02", b"\x03\x04\x05\x06\x07"],
    "What follows the last cut is a piece too.": [b"\x01\x02\x03"],
}

anew = {
    "The window looks back over a cut; begun anew there, a cut depends on all before it.": [
        b"\x02\x03",
        b"\x02\x03",
        b"\x09",
    ]
}

chain = [(["raw"], ["table"]), (["table"], ["model"]), (["model", "table"], ["metric"])]

not_all = {
    "That is what was made from it directly; go on from there.": ["table"],
    "A thing is not made from itself.": ["metric", "model", "raw", "table"],
}

one_pass = "The steps come in any order: one pass over the list misses what an earlier entry makes of a later one."

half = {"a": 50, "b": 50}

counted = {"Compare shares: the tables differ in length.": ["a", "b"]}

only_up = {"A share that falls has changed too.": ["b"]}

not_new = {"A value that is new had the share 0.": ["online"]}

not_gone = {"A value that is gone has the share 0.": ["a"]}

wants = {"amount": ("float", False), "channel": ("text", True), "customer": ("int", False)}

sends = {"amount": "float", "channel": "text", "customer": "int"}

default = {"A missing column with a default can be read.": ["channel", "customer"]}

one_way: dict[str, list[str]] = {"The widening goes one way: a float need not be an int.": []}

of_other_type: dict[str, list[str]] = {"A default stands in for a missing column, not for one of another type.": []}

EXERCISES = {
    "cut-by-content": Exercise(
        [
            case((b"\x01\x02\x03\x04\x05\x06\x07", 2, 5), [b"\x01\x02\x03", b"\x04\x05\x06\x07"], mistakes=misplaced),
            case((b"\x02\x03\x02\x03\x09", 2, 5), [b"\x02\x03", b"\x02", b"\x03", b"\x09"], mistakes=anew),
            case(
                (b"\x05\x01", 2, 5),
                [b"\x05\x01"],
                mistakes={"A window not yet full cuts nothing.": [b"\x05", b"\x01"]},
            ),
            case((b"\x01\x04", 2, 5), [b"\x01\x04"], mistakes={"Nothing follows: no piece.": [b"\x01\x04", b""]}),
            case((b"", 2, 5), []),
        ],
        hint="Walk over the places; keep where the last piece ended; the sum is of data[place - window : place].",
    ),
    "walk-downstream": Exercise(
        [
            case((chain, "raw"), ["metric", "model", "table"], mistakes=not_all),
            case((chain, "model"), ["metric"], mistakes={"That is what it was made from.": ["raw", "table"]}),
            case((chain[::-1], "raw"), ["metric", "model", "table"], mistakes={one_pass: ["table"]}),
            case((chain, "metric"), []),
            case(([(["a"], ["b", "c"]), (["c"], ["d"]), (["e"], ["d"])], "a"), ["b", "c", "d"]),
        ],
        hint="Keep a set of what was reached, and repeat the pass over all steps until it no longer grows.",
    ),
    "shifted-shares": Exercise(
        [
            case((half, {"a": 500, "b": 500}, 0.05), [], mistakes=counted),
            case(({"a": 90, "b": 10}, {"b": 30, "a": 70}, 0.1), ["a", "b"], mistakes=only_up),
            case(({"online": 100}, {"online": 60, "wallet": 40}, 0.1), ["online", "wallet"], mistakes=not_new),
            case((half, {"a": 100}, 0.1), ["a", "b"], mistakes=not_gone),
            case(({"a": 90, "b": 10}, {"a": 91, "b": 9}, 0.05), []),
        ],
        hint="Divide each count by the sum of its own table; go through the values of both.",
    ),
    "readable-schema": Exercise(
        [
            case((wants, sends), []),
            case((wants, sends | {"currency": "text"}), [], mistakes={"A column more harms no reader.": ["currency"]}),
            case((wants, {"amount": "float"}), ["customer"], mistakes=default),
            case((wants, sends | {"amount": "int"}), [], mistakes={"Every int is a float.": ["amount"]}),
            case((wants, sends | {"customer": "float"}), ["customer"], mistakes=one_way),
            case((wants, sends | {"channel": "int"}), ["channel"], mistakes=of_other_type),
        ],
        hint="For each column of the reader: is it sent? If not, has it a default? If so, does the type fit?",
    ),
}
check = checks(EXERCISES)
