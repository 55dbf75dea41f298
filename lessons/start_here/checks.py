"""*Your turn* on the start page."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("inside-interval", (1.0, 3.0, 2.0), (1.0, 3.0, 5.0), (1.0, 3.0, 0.5), (1.0, 3.0, 3.0))
class Inside:
    """Python lets you write low <= value <= high."""

    def right(low, high, value):
        return low <= value <= high

    def leaves_the_ends_out(low, high, value):
        """The ends belong to the interval."""
        return low < value < high

    def looks_at_the_lower_end_alone(low, high, value):
        """A value above high lies outside."""
        return low <= value

    def looks_at_the_upper_end_alone(low, high, value):
        """A value below low lies outside."""
        return value <= high
