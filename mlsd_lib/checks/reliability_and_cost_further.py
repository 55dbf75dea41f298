"""The cases of *your turn* in the further lesson on reliability and cost."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "computations": Exercise(
        [
            case(([0.0, 5.0], 1.0, 10.0, False), 1),
            case(
                ([0.0, 0.2, 0.4, 2.0], 1.0, 10.0, False),
                3,
                mistakes={"Until the first answer is there, everyone who comes begins a computation.": 1},
            ),
            case(
                ([0.0, 0.2, 0.4, 2.0], 1.0, 10.0, True),
                1,
                mistakes={"With coalescing, who comes while one is under way waits for it.": 3},
            ),
            case(
                ([0.0, 2.0, 11.0], 1.0, 10.0, True),
                2,
                mistakes={
                    "An answer is kept from when it is there until before that plus ttl_s.": 1,
                    "An answer that is there and young enough is used.": 3,
                },
            ),
            case(([0.0, 10.5], 1.0, 10.0, False), 1, mistakes={"The time to live begins when the answer is there.": 2}),
        ],
        hint="Keep when computations began: begun at b, an answer is valid for ttl_s from b + takes_s on.",
    ),
    "load-with-hedges": Exercise(
        [
            case((0.5, 0.1, 0.0), 0.55, mistakes={"A hedge is one more request on top of the first.": 0.05}),
            case(
                (0.5, 0.1, 0.5),
                0.525,
                mistakes={"A second copy that is dropped before it costs anything adds nothing.": 0.55},
            ),
            case((0.9, 0.5, 0.0), 1.0, mistakes={"Replicas are never more than wholly busy.": 1.35}),
        ],
        hint="Each request costs once; a share of them costs a second time, unless the copy is dropped.",
    ),
}
check = checks(EXERCISES)
