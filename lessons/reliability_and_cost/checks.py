"""*Your turn* in the lessons on reliability and cost."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("safe-rate", (100, 3, None), (100, 0, None), (110, 3, 0.1), (90, 1, 2.0))
class SafeRate:
    """In the worst case each request becomes 1 + retries attempts, or 1 + budget if that is less."""

    def right(capacity, retries, budget):
        extra = retries if budget is None else min(retries, budget)
        return capacity / (1 + extra)

    def retries_alone(capacity, retries, budget):
        """Count the first attempt too: a request is sent once and then up to three times again."""
        return capacity / max(retries, 1)

    def no_retries(capacity, retries, budget):
        """Retries come on top of each request; without them the capacity would be the answer."""
        return capacity

    def without_the_budget(capacity, retries, budget):
        """The budget bounds what all clients together retry, however many retries each may send."""
        return capacity / (1 + retries)

    def budget_holds_the_first_attempt(capacity, retries, budget):
        """The budget is retries per request, on top of the request."""
        return capacity / (1 + retries) if budget is None else capacity / min(retries, budget)

    def whole_budget(capacity, retries, budget):
        """A budget larger than the retries allows no more than these."""
        return capacity / (1 + (retries if budget is None else budget))


@check.turn(
    "available",
    ([(0.9, 1, 0.0), (0.8, 1, 0.0)],),
    ([(0.9, 2, 0.0)],),
    ([(0.9, 2, 0.2)],),
    ([(0.99, 3, 0.1), (0.999, 1, 0.5)],),
)
class Available:
    """Of a part's share of time down, q = 1 - a, common * q hits all copies; the rest, to the power of copies."""

    def right(parts):
        share = 1.0
        for up, copies, common in parts:
            down = 1 - up
            share *= 1 - common * down - ((1 - common) * down) ** copies
        return share

    def mean_of_the_parts(parts):
        """All parts must be up: multiply."""
        from statistics import fmean

        return fmean(1 - (1 - up) ** copies for up, copies, common in parts)

    def all_copies_must_be_up(parts):
        """One copy that is up is enough."""
        share = 1.0
        for up, copies, _ in parts:
            share *= up**copies
        return share

    def copies_fail_alone(parts):
        """What hits both copies at once is not helped by the second."""
        share = 1.0
        for up, copies, _ in parts:
            down = 1 - up
            share *= 1 - down**copies
        return share

    def own_faults_count_once(parts):
        """What hits one copy alone still has to hit the other: take it to the power of copies."""
        share = 1.0
        for up, copies, common in parts:
            down = 1 - up
            share *= 1 - common * down - (1 - common) * down ** (1 if common else copies)
        return share


@check.turn(
    "computations",
    ([0.0, 5.0], 1.0, 10.0, False),
    ([0.0, 0.2, 0.4, 2.0], 1.0, 10.0, False),
    ([0.0, 0.2, 0.4, 2.0], 1.0, 10.0, True),
    ([0.0, 2.0, 11.0], 1.0, 10.0, True),
    ([0.0, 10.5], 1.0, 10.0, False),
)
class Computations:
    """Keep when computations began: begun at b, an answer is valid for ttl_s from b + takes_s on."""

    def right(arrived, takes_s, ttl_s, coalesce):
        begun = []
        for t in arrived:
            valid = any(b + takes_s <= t < b + takes_s + ttl_s for b in begun)
            running = any(b <= t < b + takes_s for b in begun)
            if not valid and not (coalesce and running):
                begun.append(t)
        return len(begun)

    def always_coalesces(arrived, takes_s, ttl_s, coalesce):
        """Until the first answer is there, everyone who comes begins a computation."""
        return Computations.right(arrived, takes_s, ttl_s, True)

    def never_coalesces(arrived, takes_s, ttl_s, coalesce):
        """With coalescing, who comes while one is under way waits for it."""
        return Computations.right(arrived, takes_s, ttl_s, False)

    def kept_too_long(arrived, takes_s, ttl_s, coalesce):
        """An answer is kept from when it is there until before that plus ttl_s."""
        begun = []
        for t in arrived:
            valid = any(b + takes_s <= t <= b + takes_s + ttl_s for b in begun)
            running = any(b <= t < b + takes_s for b in begun)
            if not valid and not (coalesce and running):
                begun.append(t)
        return len(begun)

    def nothing_is_kept(arrived, takes_s, ttl_s, coalesce):
        """An answer that is there and young enough is used."""
        begun = []
        for t in arrived:
            valid = any(b + takes_s <= t < b + 2 * takes_s - 0.5 for b in begun)
            running = any(b <= t < b + takes_s for b in begun)
            if not valid and not (coalesce and running):
                begun.append(t)
        return len(begun)

    def kept_from_the_request(arrived, takes_s, ttl_s, coalesce):
        """The time to live begins when the answer is there."""
        return Computations.right(arrived, takes_s, ttl_s - takes_s, coalesce)


@check.turn("load-with-hedges", (0.5, 0.1, 0.0), (0.5, 0.1, 0.5), (0.9, 0.5, 0.0))
class LoadWithHedges:
    """Each request costs once; a share of them costs a second time, unless the copy is dropped."""

    def right(load, hedged, cancelled):
        return min(load * (1 + hedged * (1 - cancelled)), 1.0)

    def hedges_are_free(load, hedged, cancelled):
        """A hedge is one more request on top of the first."""
        return load * hedged

    def cancelled_copies_cost(load, hedged, cancelled):
        """A second copy that is dropped before it costs anything adds nothing."""
        return min(load * (1 + hedged), 1.0)

    def beyond_wholly_busy(load, hedged, cancelled):
        """Replicas are never more than wholly busy."""
        return load * (1 + hedged * (1 - cancelled))
