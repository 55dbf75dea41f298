"""*Your turn* in the lessons on data storage."""

import struct
from collections.abc import Callable

from mlsd_lib.lesson import Turns

check = Turns()

Payment = tuple[int, int, int]


def in_order_of_keys(payment_key: Callable[..., bytes], payments: list[Payment]) -> list[Payment]:
    """What a store holds after all payments were put under their keys, in the order in which it lists them."""
    store = {}
    for payment in payments:
        key = payment_key(*payment)
        assert isinstance(key, bytes), f"payment_key{payment} gave {key!r}; a key is bytes."
        store[key] = payment
    return [store[key] for key in sorted(store)]


groups = [(1, 9), (10, 19), (20, 29), (30, 39)]

ends = {
    "The value high is not wanted: a group that begins there can be left.": [0, 1, 2],
    "The value low is wanted: a group that ends there cannot be left.": [1],
}

means = "The chunks' means differ too: that is part of the variance."

alone = {"A file alone would be rewritten for nothing.": [[0], [1, 2], [3]]}

grown = [[("add", "a")], [("add", "b")], [("remove", "a"), ("add", "c")]]

several = [[("add", "a"), ("add", "b")], [("add", "c"), ("remove", "a"), ("remove", "b")]]

present = {
    "The past is asked for, not the present.": ["b", "c"],
    "The state after the commit of that number.": ["a"],
}


@check.turn(
    "payment-key",
    ([(9, 50, 1), (10, 40, 2)],),
    ([(255, 5, 1), (256, 5, 2)],),
    ([(3, 7, 1), (3, 7, 2)],),
    ([(1, 2**40, 5), (1, 999, 6), (2, 0, 1)],),
    through=in_order_of_keys,
)
class PaymentKey:
    """Give each number the same width, most significant byte first, and join them."""

    def right(customer_id, time_s, transaction_id):
        return struct.pack(">QQQ", customer_id, time_s, transaction_id)

    def text_of_any_width(customer_id, time_s, transaction_id):
        """Text is compared character by character: '10' comes before '9'."""
        return f"{customer_id}/{time_s}/{transaction_id}".encode()

    def least_significant_byte_first(customer_id, time_s, transaction_id):
        """The least significant byte comes first here."""
        return b"".join(number.to_bytes(8, "little") for number in (customer_id, time_s, transaction_id))

    def time_alone(customer_id, time_s, transaction_id):
        """Two payments of one second share a key: one is lost."""
        return customer_id.to_bytes(8, "big") + time_s.to_bytes(8, "big")

    def text_for_bytes(customer_id, time_s, transaction_id):
        """a key is bytes."""
        return f"{customer_id:020}{time_s:020}{transaction_id:020}"


@check.turn(
    "merged-summary",
    ((2, 1.0, 0.0), (2, 3.0, 0.0)),
    ((1, 0.0, 0.0), (3, 4.0, 6.0)),
    ((0, 0.0, 0.0), (2, 5.0, 2.0)),
    ((0, 0.0, 0.0), (0, 0.0, 0.0)),
    ((2, 1e9, 0.5), (2, 1e9 + 1, 0.5)),
)
class Merged:
    """The chunk's rows lie around its own mean, which lies (m - overall mean) away from the overall mean."""

    def right(first, second):
        (n, mean, squares), (k, other_mean, other_squares) = first, second
        if n + k == 0:
            return 0, 0.0, 0.0
        gap = other_mean - mean
        return n + k, mean + gap * k / (n + k), squares + other_squares + gap**2 * n * k / (n + k)

    def adds_the_spreads(first, second):
        """The chunks' means differ too: that is part of the variance."""
        (n, mean, squares), (k, other_mean, other_squares) = first, second
        overall = (n * mean + k * other_mean) / (n + k) if n + k else 0.0
        return n + k, overall, squares + other_squares

    def mean_of_the_means(first, second):
        """A larger chunk weighs more in the mean."""
        (n, mean, squares), (k, other_mean, other_squares) = first, second
        middle = (mean + other_mean) / 2
        return n + k, middle, squares + other_squares + n * (mean - middle) ** 2 + k * (other_mean - middle) ** 2


@check.turn(
    "must-read",
    (groups, 15, 25),
    ([(1, 100)], 40, 50),
    ([(1, 5), (5, 9), (9, 12)], 5, 9),
    ([None, (1, 2), (7, 8)], 7, 9),
)
class MustRead:
    """A group can be left only if all of it lies below low, or all of it at or above high."""

    def right(groups, low, high):
        return [at for at, group in enumerate(groups) if group is None or (group[1] >= low and group[0] < high)]

    def leaves_out_what_it_knows_nothing(groups, low, high):
        """Nothing is known of a group: read it."""
        return [at for at, group in enumerate(groups) if group is not None and group[1] >= low and group[0] < high]

    def wants_the_whole_group(groups, low, high):
        """A group that only overlaps the range may hold wanted rows too."""
        return [at for at, group in enumerate(groups) if group is None or (group[0] >= low and group[1] < high)]

    def wants_an_end_of_the_group(groups, low, high):
        """The range may lie inside a group."""
        return [at for at, group in enumerate(groups) if group is None or (any(low <= end < high for end in group))]

    def takes_high_as_wanted(groups, low, high):
        """The value high is not wanted: a group that begins there can be left."""
        return [at for at, group in enumerate(groups) if group is None or (group[1] >= low and group[0] <= high)]

    def takes_low_as_unwanted(groups, low, high):
        """The value low is wanted: a group that ends there cannot be left."""
        return [at for at, group in enumerate(groups) if group is None or (group[1] > low and group[0] < high)]


@check.turn(
    "compaction-plan", ([1, 1, 1, 1], 2), ([3, 2, 2], 4), ([5, 1, 1, 5], 4), ([1, 5, 1], 4), ([9, 1, 1], 4), ([], 4)
)
class Compaction:
    """Keep the current collection and its sum; close it when the next file does not fit, and once at the end."""

    def right(sizes_mb, target_mb):
        collections, current, total = [], [], 0
        for at, size in enumerate(sizes_mb):
            if current and total + size > target_mb:
                collections.append(current)
                current, total = [], 0
            current.append(at)
            total += size
        collections.append(current)
        return [one for one in collections if len(one) > 1]

    def adds_before_it_looks(sizes_mb, target_mb):
        """The sum may not pass the target: look before you add."""
        collections, current, total = [], [], 0
        for at, size in enumerate(sizes_mb):
            current.append(at)
            total += size
            if total >= target_mb:
                collections.append(current)
                current, total = [], 0
        collections.append(current)
        return [one for one in collections if len(one) > 1]

    def looks_at_each_file(sizes_mb, target_mb):
        """The sum may not pass the target."""
        small = [at for at, size in enumerate(sizes_mb) if size <= target_mb]
        return [small] if len(small) > 1 else []

    def rewrites_a_single_file(sizes_mb, target_mb):
        """A file alone would be rewritten for nothing."""
        collections, current, total = [], [], 0
        for at, size in enumerate(sizes_mb):
            if current and total + size > target_mb:
                collections.append(current)
                current, total = [], 0
            current.append(at)
            total += size
        return collections + [current] * bool(current)

    def first_that_has_room(sizes_mb, target_mb):
        """Only neighbours: otherwise a merged file spans all weeks and is never skipped."""
        collections, sums = [], []
        for at, size in enumerate(sizes_mb):
            room = [place for place, total in enumerate(sums) if total + size <= target_mb]
            if room:
                collections[room[0]].append(at)
                sums[room[0]] += size
            else:
                collections.append([at])
                sums.append(size)
        return [one for one in collections if len(one) > 1]

    def loses_the_last(sizes_mb, target_mb):
        """The last collection is lost: it has no file after it that would close it."""
        collections, current, total = [], [], 0
        for at, size in enumerate(sizes_mb):
            if current and total + size > target_mb:
                collections.append(current)
                current, total = [], 0
            current.append(at)
            total += size
        return [one for one in collections if len(one) > 1]


@check.turn(
    "files-at",
    (grown, 2),
    (grown, 1),
    ([[("add", "a")], [("remove", "a")], [("add", "a")]], 2),
    (several, 1),
    ([[("add", "b"), ("add", "a")]], 0),
)
class FilesAt:
    """Walk through log[: version + 1]; for each commit take the removed names out and put the added ones in."""

    def right(log, version):
        files = set()
        for actions in log[: version + 1]:
            files -= {name for action, name in actions if action == "remove"}
            files |= {name for action, name in actions if action == "add"}
        return sorted(files)

    def reads_the_log_to_its_end(log, version):
        """The past is asked for, not the present."""
        return FilesAt.right(log, len(log))

    def collects_what_was_ever_added(log, version):
        """A removed file is no longer read."""
        return sorted({name for actions in log[: version + 1] for action, name in actions if action == "add"})

    def stops_before_the_commit(log, version):
        """The state after the commit of that number."""
        return FilesAt.right(log, version - 1)

    def removes_one_name(log, version):
        """A commit may remove several names: take all of them."""
        files = set()
        for actions in log[: version + 1]:
            removed = [name for action, name in actions if action == "remove"]
            files -= set(removed[:1])
            files |= {name for action, name in actions if action == "add"}
        return sorted(files)
