"""The cases of *your turn* in the lesson on reliability and cost."""

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
}
check = checks(EXERCISES)
