"""The cases of *your turn* in the lessons on reliability and cost."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "safe-rate": Exercise(
        [
            case(
                (100, 3, None),
                25.0,
                mistakes={
                    "Count the first attempt too: a request is sent once and then up to three times again.": 100 / 3,
                    "Retries come on top of each request; without them the capacity would be the answer.": 100.0,
                },
            ),
            case((100, 0, None), 100.0),
            case(
                (110, 3, 0.1),
                100.0,
                mistakes={
                    "The budget bounds what all clients together retry, however many retries each may send.": 27.5,
                    "The budget is retries per request, on top of the request.": 1_100.0,
                },
            ),
            case((90, 1, 2.0), 45.0, mistakes={"A budget larger than the retries allows no more than these.": 30.0}),
        ],
        hint="In the worst case each request becomes 1 + retries attempts, or 1 + budget if that is less.",
    ),
    "available": Exercise(
        [
            case(([(0.9, 1, 0.0), (0.8, 1, 0.0)],), 0.72, mistakes={"All parts must be up: multiply.": 0.85}),
            case(([(0.9, 2, 0.0)],), 0.99, mistakes={"One copy that is up is enough.": 0.81}),
            case(
                ([(0.9, 2, 0.2)],),
                1 - 0.02 - 0.08**2,
                mistakes={
                    "What hits both copies at once is not helped by the second.": 0.99,
                    "What hits one copy alone still has to hit the other: take it to the power of copies.": 0.9,
                },
            ),
            case(([(0.99, 3, 0.1), (0.999, 1, 0.5)],), (1 - 0.001 - 0.009**3) * 0.999),
        ],
        hint="Of a part's share of time down, q = 1 - a, common * q hits all copies; the rest, to the power of copies.",
    ),
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
