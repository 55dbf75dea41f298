"""*Your turn* in the lessons on debugging."""

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()


def doubled(rows: list[float]) -> list[float]:
    """A prediction that looks at its own row."""
    return [2 * row for row in rows]


def centred(rows: list[float]) -> list[float]:
    """One that takes the batch's mean away."""
    return [row - sum(rows) / len(rows) for row in rows]


def so_far(rows: list[float]) -> list[float]:
    """One that adds up the rows above."""
    return [sum(rows[: at + 1]) for at in range(len(rows))]


def beside(rows: list[float]) -> list[float]:
    """One in which the last row sees the first."""
    return [*rows[:-1], rows[-1] + (rows[0] if len(rows) > 1 else 0)]


def nearly(rows: list[float]) -> list[float]:
    """One that rounds otherwise in a batch."""
    return [row * (1 + 1e-12 * len(rows)) for row in rows]


@check.turn(
    "clipped",
    ([np.array([3.0, 4.0])], 1.0),
    ([np.array([3.0, 4.0]), np.array([12.0])], 1.0),
    ([np.array([0.3, 0.4])], 1.0),
    ([np.zeros(2)], 1.0),
)
class Clipped:
    """Add up the squares of all numbers of all arrays, take the root, and scale by min(1, longest / norm)."""

    def right(gradients, longest):
        norm = np.sqrt(sum((one**2).sum() for one in gradients))
        return [one * min(1.0, longest / norm) if norm > 0 else one for one in gradients]

    def cuts_each_array_by_itself(gradients, longest):
        """Each array was cut by its own norm: the step points elsewhere. Take one norm of all numbers."""
        return [one * min(1.0, longest / max(np.sqrt((one**2).sum()), 1e-12)) for one in gradients]

    def always_scales(gradients, longest):
        """A gradient that is short enough comes back as it is; it was made longer."""
        norm = np.sqrt(sum((one**2).sum() for one in gradients))
        return [one * longest / norm if norm > 0 else one for one in gradients]

    def cuts_values(gradients, longest):
        """Single numbers were cut: the direction changes. Scale all by one factor."""
        return [np.clip(one, -longest, longest) for one in gradients]

    def forgets_the_root(gradients, longest):
        """The norm is the root of the sum of squares; the root is missing."""
        squares = sum((one**2).sum() for one in gradients)
        return [one * min(1.0, longest / squares) if squares > 0 else one for one in gradients]


@check.turn(
    "mixes-rows",
    (doubled, [1.0, 2.0, 5.0]),
    (centred, [1.0, 2.0, 5.0]),
    (so_far, [1.0, 2.0, 5.0]),
    (beside, [1.0, 2.0, 5.0]),
    (nearly, [1.0, 2.0, 5.0]),
)
class MixesRows:
    """Predict all rows together, then each one alone, and compare row by row."""

    def right(predict, rows):
        together = predict(rows)
        alone = [predict([row])[0] for row in rows]
        return any(abs(one - other) > 1e-6 for one, other in zip(together, alone))

    def shuffles(predict, rows):
        """The mean of a batch does not change when its rows change places. Ask each row alone, or change the others."""
        return any(abs(a - b) > 1e-6 for a, b in zip(predict(rows), predict(rows[::-1])[::-1]))

    def looks_at_the_first_row(predict, rows):
        """The first row was compared, and it is a later one that sees the others. Compare every row."""
        return abs(predict(rows)[0] - predict(rows[:1])[0]) > 1e-6

    def compares_to_the_last_bit(predict, rows):
        """Rounding is no dependence: allow a millionth."""
        return predict(rows) != [predict([row])[0] for row in rows]

    def changes_every_row(predict, rows):
        """A row that changes may change its own prediction. Keep the row and change the others."""
        changed = predict([row + 1 for row in rows])
        return any(abs(a - b) > 1e-6 for a, b in zip(predict(rows), changed))


@check.turn(
    "kept-epoch",
    ([0.9, 0.5, 0.6, 0.7, 0.8], 2),
    ([0.9, 0.5, 0.6, 0.7, 0.1], 2),
    ([0.5, 0.5, 0.5, 0.4], 2),
    ([0.9, 0.8, 0.7], 2),
)
class KeptEpoch:
    """Keep the best epoch so far; stop when this epoch is patience after it."""

    def right(losses, patience):
        best = 0
        for epoch, loss in enumerate(losses):
            if loss < losses[best]:
                best = epoch
            if epoch - best >= patience:
                break
        return best

    def where_training_stopped(losses, patience):
        """This is where training stopped. The weights of the best epoch are kept."""
        best = 0
        for epoch, loss in enumerate(losses):
            best = epoch if loss < losses[best] else best
            if epoch - best >= patience:
                return epoch
        return best

    def best_of_all_epochs(losses, patience):
        """Training had stopped before this epoch was reached."""
        return losses.index(min(losses))

    def an_equal_loss_renews_the_patience(losses, patience):
        """An equal loss is no improvement: it does not renew the patience."""
        best = 0
        for epoch, loss in enumerate(losses):
            best = epoch if loss <= losses[best] else best
            if epoch - best >= patience:
                break
        return best


@check.turn("learnable", ([1, 2, 3], [5, 20, 6], 10), ([1, 8], [9, 10], 10), ([1, 12], [2, 3], 10))
class Learnable:
    """Two conditions for each row, both strict."""

    def right(day, label_day, now):
        return [row for row in range(len(day)) if day[row] < now and label_day[row] < now]

    def days_alone(day, label_day, now):
        """Some of these rows had no label yet: look at label_day as well."""
        return [row for row in range(len(day)) if day[row] < now]

    def the_day_itself_counts(day, label_day, now):
        """A label that arrives on the day itself is not known at its start."""
        return [row for row in range(len(day)) if day[row] <= now and label_day[row] <= now]

    def label_days_alone(day, label_day, now):
        """Some of these rows had not happened yet: look at day as well."""
        return [row for row in range(len(day)) if label_day[row] < now]
