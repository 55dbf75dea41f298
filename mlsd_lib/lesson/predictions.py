"""Predictions before measurements: a 90 % interval, stored, drawn on the plot, and scored over the whole course."""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlsd_lib.lesson.reader import LessonError, record, someone_is_there
from mlsd_lib.lesson.show import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATED_SHARE = 0.9
"""The share of intervals that should hold the measured value, if the reader is well calibrated."""


class PredictionWanted(LessonError):
    """Stops the notebook once, so that nobody measures before having guessed."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this name: a question needs no traceback
        return [str(self)]


@dataclass(frozen=True)
class Prediction:
    """What the reader expects of one number: `low` and `high` in `unit`, both None where nothing was said."""

    id: str
    unit: str
    low: float | None
    high: float | None

    @property
    def given(self) -> bool:
        """True if the reader gave an interval."""
        return self.low is not None and self.high is not None

    def measured(self, value: float) -> None:
        """Keep the measured `value` beside the prediction and say how the two compare."""
        value = float(value)
        with record() as connection:
            connection.execute(
                "UPDATE predictions SET measured = ?, measured_at = ? WHERE id = ?", (value, time.time(), self.id)
            )
        text = f"Measured: {value:,.4g} {self.unit}."
        if self.low is not None and self.high is not None:
            where = "inside" if self.low <= value <= self.high else "above" if value > self.high else "below"
            text += f" You said {self.low:,.4g} to {self.high:,.4g}: the value lies {where} your interval."
        show(text)

    def draw(self, ax: "Axes", along: str = "y", scale: float = 1.0) -> None:
        """Draw the interval, times `scale`, as a band on the `along` axis ("x" or "y"); nothing if none was given."""
        if along not in ("x", "y"):
            raise LessonError(f'along is {along!r}; it must be "x" or "y", the axis that the prediction is about.')
        if self.low is None or self.high is None:
            return
        low, high = self.low * scale, self.high * scale
        span, text = (ax.axhspan, (0.02, high)) if along == "y" else (ax.axvspan, (low, 0.98))
        span(low, high, color="#CC79A7", alpha=0.15, zorder=0)
        transform = ax.get_yaxis_transform() if along == "y" else ax.get_xaxis_transform()
        ax.text(*text, " your prediction", transform=transform, color="#8C3A6B", va="top", ha="left")


def predict(id: str, question: str, unit: str, low: float | None = None, high: float | None = None) -> Prediction:
    """The reader's prediction for `question`: a 90 % interval from `low` to `high` in `unit`.

    The interval is kept outside the notebook under `id`; once the value has been measured, the first one counts. An
    empty one asks a reader once, by stopping here, and lets the second run go on; without a reader (papermill, tests)
    it goes on at once. An interval given earlier is used again.

    Raises `PredictionWanted` (once, to a reader) and `LessonError` for half an interval or one that is not finite or
    upside down.
    """
    _check_interval(low, high)
    with record() as connection:
        row = connection.execute("SELECT low, high, measured FROM predictions WHERE id = ?", (id,)).fetchone()
        if row is not None and (low is None or row["measured"] is not None):
            low, high = row["low"], row["high"]
        connection.execute(
            "INSERT INTO predictions (id, question, unit, low, high, asked_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET question = excluded.question, unit = excluded.unit, "
            "low = excluded.low, high = excluded.high",
            (id, question, unit, low, high, time.time()),
        )
    if low is None and row is None and someone_is_there():
        raise PredictionWanted(
            f"{question}\nWrite your 90 % interval, in {unit}, into low= and high= above and run the cell again "
            "before you read on.\nRun it once more as it is to go on without a prediction."
        )
    prediction = Prediction(id, unit, low, high)
    said = f"You expect {low:,.4g} to {high:,.4g} {unit}." if prediction.given else "No prediction given."
    show(f"{question} {said}")
    return prediction


def _check_interval(low: float | None, high: float | None) -> None:
    if (low is None) != (high is None):
        raise LessonError(f"low is {low!r} and high is {high!r}: an interval needs both ends. Give the missing one.")
    if low is None or high is None:
        return
    for name, value in (("low", low), ("high", high)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise LessonError(f"{name} is {value!r}; it must be a finite number. Write it as, say, 2.5.")
    if low > high:
        raise LessonError(f"low is {low} and high is {high}: the interval is upside down. Swap the two.")


@dataclass(frozen=True)
class Calibration:
    """How often the reader's 90 % intervals held the measured value."""

    inside: int
    answered: int
    rows: tuple[tuple[str, str, float, float, float], ...]
    """Question, unit, low, high, measured, oldest first."""

    def __str__(self) -> str:
        if not self.answered:
            return "No prediction has been measured yet. The first lesson asks for one."
        share = self.inside / self.answered
        if self.answered < 5:
            advice = "too few to tell; go on"
        elif share < STATED_SHARE - 0.15:
            advice = "intervals this narrow claim more than you know: widen them"
        elif share == 1 and self.answered >= 25:  # at 90 %, this happens to 7 readers in 100
            advice = "you know more than you claim: narrow them"
        else:
            advice = "this is what 90 % should look like"
        return f"{self.inside} of {self.answered} intervals held the measured value ({share:.0%}): {advice}."


def calibration() -> Calibration:
    """The reader's calibration over every prediction that has been measured."""
    with record() as connection:
        rows = connection.execute(
            "SELECT question, unit, low, high, measured FROM predictions "
            "WHERE low IS NOT NULL AND measured IS NOT NULL ORDER BY measured_at"
        ).fetchall()
    inside = sum(row["low"] <= row["measured"] <= row["high"] for row in rows)
    return Calibration(inside, len(rows), tuple(tuple(row) for row in rows))
