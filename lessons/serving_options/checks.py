"""*Your turn* in the lessons on serving options."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn(
    "refused",
    (["posix.system"], ["sklearn", "numpy"]),
    (["numpy.dtype", "sklearn.tree._tree.Tree"], ["sklearn", "numpy"]),
    (["numpyx.run", "numpy.dtype"], ["numpy"]),
    (["os.system", "numpy.dtype", "builtins.eval"], ["numpy"]),
)
class Refused:
    """A name is allowed if its first part, up to the first dot, is one of the packages."""

    def right(names, packages):
        return [name for name in names if name.split(".")[0] not in packages]

    def whole_names_alone(names, packages):
        """A package allows its own modules: sklearn.tree belongs to sklearn."""
        return [n for n in names if n.rpartition(".")[0] not in packages]

    def last_part_of_the_name(names, packages):
        """Names are written with their module; look at what the module begins with."""
        return [n for n in names if n not in packages]

    def same_first_letters(names, packages):
        """Another package may begin with the same letters: compare whole parts of the name."""
        return [n for n in names if not n.startswith(tuple(packages))]

    def first_refused_alone(names, packages):
        """Name all that are refused, in their order."""
        return [n for n in names if n.split(".")[0] not in packages][:1]


@check.turn("covered", ([1, 1, 8], 1), ([5, 3, 2], 1), ([4, 0, 4], 2), ([2, 2], 5), ([0, 0], 1))
class Covered:
    """Sort the counts from the largest, add the first k, divide by all; without requests nothing is covered."""

    def right(counts, k):
        total = sum(counts)
        return sum(sorted(counts, reverse=True)[:k]) / total if total else 0.0

    def first_in_the_list(counts, k):
        """Precompute for those who come most, wherever they stand in the list."""
        return sum(counts[:k]) / max(sum(counts), 1)

    def share_of_users(counts, k):
        """Count requests, not users: one user here makes most of them."""
        return min(k / len(counts), 1.0)

    def users_without_requests(counts, k):
        """Users without a request take no place among the first k."""
        some = sorted(counts)
        return sum(sorted(some, reverse=True)[: k if 0 not in counts else k - 1]) / max(sum(counts), 1)


@check.turn(
    "reads",
    ([("ann", "write"), ("ann", "read"), ("bob", "write"), ("bob", "read")],),
    ([("ann", "write"), ("bob", "write"), ("ann", "read"), ("bob", "read")],),
    ([("ann", "write"), ("bob", "write"), ("bob", "read"), ("cleo", "write"), ("ann", "read")],),
    ([],),
)
class Reads:
    """Keep whose row the buffer holds: a write replaces it, a read notes it."""

    def right(steps):
        found, held = [], None
        for who, what in steps:
            if what == "write":
                held = who
            else:
                found.append((who, held))
        return found

    def a_buffer_for_each(steps):
        """There is one buffer for all: a read gives what was written last, by whomever."""
        found = []
        for who, what in steps:
            if what == "read":
                found.append((who, who))
        return found

    def first_write_stays(steps):
        """Writes overwrite: the first row is gone once the second is written."""
        found, held = [], None
        for who, what in steps:
            if what == "write":
                held = held or who
            else:
                found.append((who, held))
        return found

    def a_read_takes_the_row(steps):
        """A read takes nothing away: the row stays until the next write."""
        found, rows = [], []
        for who, what in steps:
            if what == "write":
                rows.append(who)
            else:
                found.append((who, rows.pop()))
        return found

    def order_of_the_writes(steps):
        """In the order of the reads, not of the writes."""
        found, held, rows = [], None, []
        for who, what in steps:
            if what == "write":
                held = who
                rows.append(who)
            else:
                found.append((who, held))
        return sorted(found, key=lambda one: rows.index(one[0]))


@check.turn(
    "workers",
    (4, 10, 0, 16_000, 0, 500),
    (4, 10, 30, 16_000, 0, 500),
    (2, 10, 15, 16_000, 0, 500),
    (2, 8, 5, 16_000, 0, 500),
    (8, 10, 10, 4_000, 1_000, 400),
)
class Workers:
    """cores * (cpu_ms + wait_ms) / cpu_ms, rounded up; at most (memory_mb - shared_mb) // own_mb."""

    def right(cores, cpu_ms, wait_ms, memory_mb, shared_mb, own_mb):
        busy = -(-cores * (cpu_ms + wait_ms) // cpu_ms)
        return int(min(busy, (memory_mb - shared_mb) // own_mb))

    def a_worker_for_each_core(cores, cpu_ms, wait_ms, memory_mb, shared_mb, own_mb):
        """A worker that waits leaves its core to others: more workers than cores are needed."""
        return int(min(cores, (memory_mb - shared_mb) // own_mb))

    def rounds_down(cores, cpu_ms, wait_ms, memory_mb, shared_mb, own_mb):
        """Round up: one worker less leaves a core idle at times."""
        return int(min(cores * (cpu_ms + wait_ms) // cpu_ms, (memory_mb - shared_mb) // own_mb))

    def without_the_memory(cores, cpu_ms, wait_ms, memory_mb, shared_mb, own_mb):
        """The memory holds fewer than the cores could use."""
        return int(-(-cores * (cpu_ms + wait_ms) // cpu_ms))

    def shared_memory_is_free(cores, cpu_ms, wait_ms, memory_mb, shared_mb, own_mb):
        """What is shared is taken from the memory once, before the workers."""
        return int(min(-(-cores * (cpu_ms + wait_ms) // cpu_ms), memory_mb // own_mb))

    def shared_memory_in_each(cores, cpu_ms, wait_ms, memory_mb, shared_mb, own_mb):
        """What is shared is there once, not in each worker."""
        return int(min(-(-cores * (cpu_ms + wait_ms) // cpu_ms), memory_mb // (own_mb + shared_mb)))


@check.turn("quantised", ([1.27, -0.5, 0.0],), ([-2.54, 1.0],), ([1.27, 0.016, -0.016],), ([0.0, 0.0],))
class Quantised:
    """scale = largest magnitude / 127, and each number becomes round(number / scale)."""

    def right(values):
        largest = max(abs(value) for value in values)
        scale = largest / 127 if largest else 1.0
        return [round(value / scale) for value in values], scale

    def largest_without_the_sign(values):
        """The largest magnitude decides, also of a negative number."""
        largest = max(values)
        scale = largest / 127 if largest else 1.0
        return [round(value / scale) for value in values], scale

    def cuts_off(values):
        """Round to the nearest; cutting off shrinks every weight."""
        largest = max(abs(value) for value in values)
        scale = largest / 127 if largest else 1.0
        return [int(value / scale) for value in values], scale


@check.turn("pruned", ([3, -1, 2, -4], 0.5), ([3, -1, 2], 0.5), ([1, 1, 1, 1], 0.5), ([5, -6], 0.0))
class Pruned:
    """Sort the positions by magnitude, and set the first int(share * n) of them to 0."""

    def right(weights, share):
        order = sorted(range(len(weights)), key=lambda i: abs(weights[i]))
        gone = set(order[: int(share * len(weights))])
        return [0 if i in gone else weight for i, weight in enumerate(weights)]

    def smallest_with_the_sign(weights, share):
        """Small is a matter of magnitude, not of sign."""
        order = sorted(range(len(weights)), key=lambda i: weights[i])
        gone = set(order[: int(share * len(weights))])
        return [0 if i in gone else weight for i, weight in enumerate(weights)]

    def rounds_up(weights, share):
        """A whole number of weights goes, rounded down."""
        order = sorted(range(len(weights)), key=lambda i: abs(weights[i]))
        gone = set(order[: -int(-share * len(weights) // 1)])
        return [0 if i in gone else weight for i, weight in enumerate(weights)]

    def all_equal_ones(weights, share):
        """Of equal ones only as many go as were asked for."""
        if not share:
            return weights
        limit = sorted(map(abs, weights))[int(share * len(weights)) - 1]
        return [0 if abs(weight) <= limit else weight for weight in weights]
