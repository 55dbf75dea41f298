"""*Your turn* in the lessons on latency and throughput."""

from mlsd_lib.lesson import Turns

check = Turns()


def one_second(rows: int) -> float:
    """Seconds that a batch takes: the same for any number of rows."""
    return 1.0


def one_second_and_half_a_row(rows: int) -> float:
    """Seconds that a batch takes: one, and half a second for each of its rows."""
    return 1.0 + 0.5 * rows


@check.turn("slow-share", (4, 100, 4.0, 1.0), (1, 200, 10.0, 2.0), (64, 50, 2.0, 1.0))
class SlowShare:
    """Slow: one request a client. All others: what the server answers a second, while it runs."""

    def right(clients, per_s, lasts_s, stall_s):
        return clients / (clients + per_s * (lasts_s - stall_s))

    def sends_during_the_stall(clients, per_s, lasts_s, stall_s):
        """While it stands still nothing else is sent: only the rest of the time has requests."""
        return clients / (clients + per_s * lasts_s)

    def leaves_out_the_slow_ones(clients, per_s, lasts_s, stall_s):
        """Each client has one request open, and that one is slow: it counts among all too."""
        return clients / (per_s * (lasts_s - stall_s))

    def share_of_time(clients, per_s, lasts_s, stall_s):
        """The share of time is what an open loop sees; a closed loop sends nothing meanwhile."""
        return stall_s / lasts_s

    def one_client(clients, per_s, lasts_s, stall_s):
        """Every client meets the stall, once."""
        return 1 / (1 + per_s * (lasts_s - stall_s))


@check.turn(
    "answered",
    ([0.0, 5.0], one_second, 8),
    ([0.0, 0.1, 0.2, 5.0], one_second, 8),
    ([0.0, 0.0, 0.0, 0.0, 0.0], one_second, 2),
    ([0.0, 0.2, 0.4], one_second_and_half_a_row, 8),
)
class Answered:
    """Keep when the model is free; a batch begins then or at the next arrival, whichever is later."""

    def right(arrived, cost, most_rows):
        free, ends = 0.0, []
        while len(ends) < len(arrived):
            first = len(ends)
            begin = max(free, arrived[first])
            batch = [t for t in arrived[first : first + most_rows] if t <= begin]
            free = begin + cost(len(batch))
            ends += [free] * len(batch)
        return ends

    def takes_later_arrivals(arrived, cost, most_rows):
        """A batch takes who has arrived when it begins, not who comes while it runs."""
        free, ends = 0.0, []
        while len(ends) < len(arrived):
            first = len(ends)
            begin = max(free, arrived[first])
            batch = [t for t in arrived[first : first + most_rows] if t <= begin + cost(1)]
            free = begin + cost(len(batch))
            ends += [free] * len(batch)
        return ends

    def one_at_a_time(arrived, cost, most_rows):
        """Those that wait go together."""
        return Answered.right(arrived, cost, 1)

    def batch_of_any_size(arrived, cost, most_rows):
        """No batch takes more than most_rows."""
        return Answered.right(arrived, cost, len(arrived))

    def cost_of_one_row(arrived, cost, most_rows):
        """A batch takes cost(n) seconds, n being its number of rows."""
        return Answered.right(arrived, lambda rows: cost(1), most_rows)


@check.turn("threads-each", (8, None, 2), (8, None, 3), (2, None, 4), (64, 4, 2), (64, 2.5, 2), (2, 16, 1))
class ThreadsEach:
    """cores = min(seen, limit); then cores // workers, at least 1."""

    def right(seen, limit, workers):
        cores = seen if limit is None else min(seen, limit)
        return max(1, int(cores // workers))

    def rounds_to_the_nearest(seen, limit, workers):
        """Round down: three threads in each of three workers are nine."""
        cores = seen if limit is None else min(seen, limit)
        return max(1, round(cores / workers))

    def no_thread(seen, limit, workers):
        """A worker has at least one thread."""
        cores = seen if limit is None else min(seen, limit)
        return int(cores // workers)

    def ignores_the_limit(seen, limit, workers):
        """The container's limit counts, not what the library sees."""
        return max(1, seen // workers)

    def part_of_a_thread(seen, limit, workers):
        """A thread is a whole number."""
        cores = seen if limit is None else min(seen, limit)
        return max(1, cores / workers)

    def limit_above_the_cores(seen, limit, workers):
        """A limit above the cores gives no more cores."""
        return max(1, int((limit or seen) // workers))


@check.turn(
    "cheapest-safe",
    ([3.0, 2.0], [[99.5, 99.2], [99.9, 99.1]], 99.0),
    ([3.0, 2.0], [[99.5, 99.2], [99.9, 98.1]], 99.0),
    ([1.0, 3.0, 2.0], [[90.0], [99.9], [99.1]], 99.0),
    ([1.0, 1.0], [[99.0], [99.5]], 99.0),
    ([1.0], [[50.0]], 99.0),
)
class CheapestSafe:
    """Keep the indices whose min(good[i]) is at least the promise; the one with the least cost."""

    def right(cost, good, promise):
        safe = [i for i, one in enumerate(good) if min(one) >= promise]
        return min(safe, key=lambda i: cost[i]) if safe else None

    def mean_of_the_stories(cost, good, promise):
        """All stories must keep the promise, not their mean."""
        safe = [i for i, one in enumerate(good) if sum(one) / len(one) >= promise]
        return min(safe, key=lambda i: cost[i]) if safe else None

    def best_of_the_safe(cost, good, promise):
        """Of the safe ones the cheapest, not the best."""
        safe = [i for i, one in enumerate(good) if min(one) >= promise]
        return max(safe, key=lambda i: good[i]) if safe else None

    def cheapest_of_all(cost, good, promise):
        """Cheap is not enough: it must be safe."""
        return min(range(len(cost)), key=lambda i: cost[i])

    def more_than_promised(cost, good, promise):
        """What is promised exactly is kept."""
        safe = [i for i, one in enumerate(good) if min(one) > promise]
        return min(safe, key=lambda i: cost[i]) if safe else None
