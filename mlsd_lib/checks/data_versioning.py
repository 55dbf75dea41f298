"""The cases of *your turn* in the lesson on data versioning."""

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
}
check = checks(EXERCISES)
