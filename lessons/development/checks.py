"""*Your turn* in the lesson on development."""

from mlsd_lib.lesson import Turns

check = Turns()

LATE = [False] * 7 + [True] * 5


@check.turn("hours-to-try", (22, 6), (0, 6))
class HoursToTry:
    """Of each boundary two hours: the last before it and the first at it."""

    def right(begins, ends):
        return sorted({(begins - 1) % 24, begins, (ends - 1) % 24, ends})

    def without_the_boundary(begins, ends):
        """The hour before each boundary is there, the hour at the boundary is not."""
        return sorted([begins - 1, ends - 1])

    def boundaries_alone(begins, ends):
        """These are the hours at the boundaries; a boundary moved the other way goes unseen."""
        return sorted([begins, ends])

    def after_each_boundary(begins, ends):
        """These lie after each boundary; the last hour before it is missing."""
        return sorted([begins, begins + 1, ends, ends + 1])

    def hour_minus_1(begins, ends):
        """Before hour 0 comes hour 23."""
        return sorted([begins - 1, begins, ends - 1, ends])


@check.turn("first-bad", (LATE,), ([False, True],), ([False, True, True, True, True],))
class FirstBad:
    """Keep two numbers, the last known good and the first known bad; ask between them while they are apart."""

    def right(bad):
        low, high, asked = 0, len(bad) - 1, 0
        while high - low > 1:
            middle = (low + high) // 2
            asked += 1
            low, high = (low, middle) if bad[middle] else (middle, high)
        return high, asked

    def last_good(bad):
        """This is the last good commit; asked for is the first bad one."""
        first, asked = FirstBad.right(bad)
        return first - 1, asked

    def one_after_the_other(bad):
        """This asks one after the other; halve what is left."""
        return bad.index(True), bad.index(True)

    def asks_the_last(bad):
        """The last commit is known to be bad: do not ask it."""
        first, asked = FirstBad.right(bad)
        return first, asked + 1
