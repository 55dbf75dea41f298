"""*Your turn* in the lessons on data processing."""

from mlsd_lib.lesson import Turns

check = Turns()

hours = [1.0, 9.0, 11.0, 8.0, 22.0, 9.5]

week = [(5, 3_700), (6, 2_000), (6, 2_200)]

own = {"A row must not count its own answer.": [0.75, 0.5, 0.625]}


@check.turn(
    "latest-row",
    (["a"], [5], ["a", "a"], [3, 7]),
    (["a"], [7], ["a", "a"], [3, 7]),
    (["a"], [9], ["a", "a"], [8, 3]),
    (["a"], [9], ["a", "a", "a"], [7, 3, 7]),
    (["b"], [9], ["a"], [1]),
    (["b", "a", "a"], [4, 2, 9], ["a", "b", "a"], [5, 1, 2]),
)
class LatestRow:
    """Put each key's rows in the order of time without disturbing equal times, then search."""

    def right(request_keys, request_times, history_keys, history_times):
        from bisect import bisect_right

        rows = {}
        # sorted is stable: rows of equal times keep their order
        for position in sorted(range(len(history_keys)), key=lambda i: history_times[i]):
            times, positions = rows.setdefault(history_keys[position], ([], []))
            times.append(history_times[position])
            positions.append(position)
        found = []
        for key, time in zip(request_keys, request_times):
            times, positions = rows.get(key, ([], []))
            seen = bisect_right(times, time)
            found.append(positions[seen - 1] if seen else -1)
        return found

    def keeps_the_first_of_equal_times(request_keys, request_times, history_keys, history_times):
        """Of two rows with the same time take the one written last."""
        found = []
        for key, time in zip(request_keys, request_times):
            best = -1
            for row, (other, then) in enumerate(zip(history_keys, history_times)):
                if other == key and then <= time and (best < 0 or then > history_times[best]):
                    best = row
            found.append(best)
        return found

    def takes_the_newest(request_keys, request_times, history_keys, history_times):
        """The row at 7 lies in the future of 5."""
        return LatestRow.right(request_keys, [max(history_times)] * len(request_times), history_keys, history_times)

    def takes_only_what_was_before(request_keys, request_times, history_keys, history_times):
        """A row of the very moment counts: not after."""
        before = [time - 0.5 for time in request_times]
        return LatestRow.right(request_keys, before, history_keys, history_times)

    def takes_the_last_one_written(request_keys, request_times, history_keys, history_times):
        """The history is not sorted: the last row need not be the latest."""
        found = []
        for key, time in zip(request_keys, request_times):
            best = -1
            for row, (other, then) in enumerate(zip(history_keys, history_times)):
                if other == key and then <= time:
                    best = row
            found.append(best)
        return found

    def does_not_look_at_the_key(request_keys, request_times, history_keys, history_times):
        """That row belongs to another key."""
        keys, rows = [None] * len(request_keys), [None] * len(history_keys)
        return LatestRow.right(keys, request_times, rows, history_times)


@check.turn(
    "relation",
    (2_000.0, 4, 40.0),
    (90.0, 4, 40.0),
    (55.0, 1, 55.0),
    (5_500.0, 1, 55.0),
    (160.0, 4, 40.0),
    (170.0, 4, 40.0),
    (500.0, 20, 40.0),
    (160.005, 4, 40.0),
    (30.0, 1, 55.0),
)
class Contradicts:
    """What is the customer's total over the 30 days, and which part of it is this payment?"""

    def right(amount, customer_count_30d, customer_mean_amount_30d):
        total = customer_count_30d * customer_mean_amount_30d
        return amount > total + 0.01 or (customer_count_30d == 1 and amount < total - 0.01)

    def takes_the_unusual_for_impossible(amount, customer_count_30d, customer_mean_amount_30d):
        """Above the mean is unusual, not impossible: the other payments may have been small."""
        return amount > customer_mean_amount_30d + 0.01

    def the_limit_is_beyond(amount, customer_count_30d, customer_mean_amount_30d):
        """A first payment is its own mean."""
        return amount >= customer_count_30d * customer_mean_amount_30d

    def lets_a_first_payment_be_anything(amount, customer_count_30d, customer_mean_amount_30d):
        """The total of one payment is that payment."""
        return customer_count_30d > 1 and amount > customer_count_30d * customer_mean_amount_30d + 0.01

    def a_mean_for_each_other(amount, customer_count_30d, customer_mean_amount_30d):
        """The others may have been next to nothing."""
        return amount > max(1, customer_count_30d - 1) * customer_mean_amount_30d + 0.01

    def calls_ten_times_the_mean(amount, customer_count_30d, customer_mean_amount_30d):
        """How much is possible follows from the number of payments."""
        return amount > 10 * customer_mean_amount_30d

    def leaves_no_room_for_rounding(amount, customer_count_30d, customer_mean_amount_30d):
        """Leave a hundredth of a euro of room for rounding."""
        return amount > customer_count_30d * customer_mean_amount_30d

    def no_lower_limit(amount, customer_count_30d, customer_mean_amount_30d):
        """An only payment is the mean, and can be no smaller either."""
        return amount > customer_count_30d * customer_mean_amount_30d + 0.01


@check.turn(
    "late-events",
    (hours, 10.0, 0.0),
    ([9.0, 8.0, 7.0], 10.0, 0.0),
    ([22.0, 9.0, 8.0], 10.0, 0.0),
    ([10.0, 3.0], 10.0, 0.0),
    (hours, 10.0, 5.0),
)
class Late:
    """Keep one number, the largest event time so far, and ask before you update it."""

    def right(event_hours, window, bound):
        answers, latest = [], -float("inf")
        for hour in event_hours:
            window_end = window * (hour // window + 1)
            answers.append(window_end <= latest - bound)
            latest = max(latest, hour)
        return answers

    def follows_the_last_event(event_hours, window, bound):
        """The watermark never goes back: keep the largest time."""
        answers, last = [], -float("inf")
        for hour in event_hours:
            answers.append(window * (hour // window + 1) <= last - bound)
            last = hour
        return answers

    def compares_the_event_not_the_end(event_hours, window, bound):
        """Behind the watermark is not late yet: compare the window's end."""
        answers, latest = [], -float("inf")
        for hour in event_hours:
            answers.append(hour < latest - bound)
            latest = max(latest, hour)
        return answers

    def open_at_its_end(event_hours, window, bound):
        """A window that ends at the watermark is closed."""
        answers, latest = [], -float("inf")
        for hour in event_hours:
            answers.append(window * (hour // window + 1) < latest - bound)
            latest = max(latest, hour)
        return answers

    def waits_for_nobody(event_hours, window, bound):
        """The watermark lags behind the largest time by the bound."""
        return Late.right(event_hours, window, 0)


@check.turn(
    "rows-by-weekday",
    (1_500, 0, [(0, 3_000)], 0.25),
    (2_100, 6, week, 0.1),
    (6_000, 0, [(0, 3_000)], 0.25),
    (3_750, 0, [(0, 3_000)], 0.25),
    (10, 3, week, 0.25),
)
class Unusual:
    """Take the past numbers of this weekday; if there are any, compare with a share of their mean."""

    def right(rows, weekday, past, tolerance):
        alike = [number for day, number in past if day == weekday]
        if not alike:
            return False
        mean = sum(alike) / len(alike)
        return abs(rows - mean) > tolerance * mean

    def mean_of_all_days(rows, weekday, past, tolerance):
        """A Sunday is like Sundays: compare with the same weekday."""
        mean = sum(number for _, number in past) / len(past)
        return abs(rows - mean) > tolerance * mean

    def looks_for_missing_rows_alone(rows, weekday, past, tolerance):
        """Too many rows are unusual too: sent twice."""
        alike = [number for day, number in past if day == weekday]
        return bool(alike) and rows < (1 - tolerance) * sum(alike) / len(alike)

    def the_tolerance_is_unusual(rows, weekday, past, tolerance):
        """Exactly the tolerance is still usual."""
        alike = [number for day, number in past if day == weekday]
        return bool(alike) and abs(rows - sum(alike) / len(alike)) >= tolerance * sum(alike) / len(alike)

    def unknown_is_unusual(rows, weekday, past, tolerance):
        """No such weekday in the past: nothing can be said."""
        alike = [number for day, number in past if day == weekday]
        return not alike or abs(rows - sum(alike) / len(alike)) > tolerance * sum(alike) / len(alike)


@check.turn(
    "share-before",
    (["a", "a", "a"], [1, 2, 3], [1, 0, 1], 1, 0.5),
    (["a", "a", "a"], [1, 1, 2], [1, 1, 0], 2, 0.25),
    (["a", "b", "a"], [1, 1, 2], [1, 0, 0], 1, 0.5),
)
class ShareBefore:
    """Take for each name how many rows and ones earlier days had; add a day's rows only when it is over."""

    def right(names, days, answers, prior, average):
        shares = []
        for name, day in zip(names, days):
            earlier = [a for n, d, a in zip(names, days, answers) if n == name and d < day]
            shares.append((sum(earlier) + prior * average) / (len(earlier) + prior))
        return shares

    def counts_the_same_day(names, days, answers, prior, average):
        """The other rows of the day are not known yet: count earlier days only."""
        return ShareBefore.right(names, range(len(days)), answers, prior, average)

    def counts_the_row_itself(names, days, answers, prior, average):
        """A row must not count its own answer."""
        shares = []
        for row, name in enumerate(names):
            rows = [answers[i] for i in range(len(names)) if names[i] == name and (days[i] < days[row] or i == row)]
            shares.append((sum(rows) + prior * average) / (len(rows) + prior))
        return shares

    def does_not_look_at_the_name(names, days, answers, prior, average):
        """Count only rows with the same name."""
        return ShareBefore.right([None] * len(names), days, answers, prior, average)


@check.turn(
    "fold-of",
    (["a", "a", "b", "b", "c", "c"], 2),
    (["b", "a", "b", "c"], 3),
    (["a", "b", "a", "c", "c", "b"], 2),
    (["a", "b", "c", "d"], 2),
)
class FoldOf:
    """Remember the fold of each machine that has appeared; a new one gets the next fold in turn."""

    def right(machines, folds):
        dealt = {}
        for machine in machines:
            dealt.setdefault(machine, len(dealt) % folds)
        return [dealt[machine] for machine in machines]

    def deals_rows(machines, folds):
        """Rows were dealt, not machines: each machine lies on both sides."""
        return [row % folds for row in range(len(machines))]

    def order_of_the_names(machines, folds):
        """Deal in the order of first appearance, not of the names."""
        names = sorted(set(machines))
        return [names.index(machine) % folds for machine in machines]

    def a_fold_at_each_return(machines, folds):
        """A machine that comes back later stays in its fold."""
        found, changes = [], 0
        for row, machine in enumerate(machines):
            changes += row > 0 and machine != machines[row - 1]
            found.append(changes % folds)
        return found

    def deals_machines_in_blocks(machines, folds):
        """Deal one machine to each fold in turn, not several to the first."""
        names = list(dict.fromkeys(machines))
        return [names.index(machine) * folds // len(names) for machine in machines]
