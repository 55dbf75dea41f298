"""*Your turn* in the case study."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("tiny-double", (2,), (3,))
class Double:
    """Add it to itself."""

    def right(x):
        return 2 * x

    def as_it_is(x):
        """That is not twice."""
        return x
