"""Predictions before measurements: a 90 % interval, stored, drawn on the plot, and scored over the whole course."""

import ast
import linecache
import math
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from mlsd_lib.lesson.reader import LessonError, record, someone_is_there
from mlsd_lib.lesson.reader_tasks import asked_in, lessons
from mlsd_lib.lesson.show import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATED_SHARE = 0.9
"""The share of intervals that should hold the measured value, if the reader is well calibrated."""
WORST_SCORE = 20.0
"""What one prediction adds to the interval score at most, so that one wild guess does not decide it for good."""
ASKING = "ask-for-predictions"
BAND = "#CC79A7"


class PredictionWanted(LessonError):
    """Stops the notebook once, so that nobody measures before having guessed."""

    def reported(self) -> str:
        """The question alone."""
        return str(self)


@dataclass(frozen=True)
class Prediction:
    """What the reader expects of one number: `low` and `high` in `unit`, both None where nothing was said."""

    id: str
    unit: str
    low: float | None
    high: float | None

    def __repr__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.id}: no prediction was given; plots draw none. Write low= and high= where it is asked."
        return f"{self.id}: {self.low:,.4g} to {self.high:,.4g} {self.unit}"

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
        else:
            text += " You passed this one over; it is not counted."
        show(text)

    def draw(self, ax: "Axes", along: str = "y", scale: float = 1.0) -> None:
        """Draw the interval, times `scale`, as a band on the `along` axis ("x" or "y"); nothing if none was given."""
        if along not in ("x", "y"):
            raise LessonError(f'along is {along!r}; it must be "x" or "y", the axis that the prediction is about.')
        if self.low is None or self.high is None:
            return
        from mlsd_lib.lesson.direct_labels import PointLabel

        low, high = sorted((self.low * scale, self.high * scale))
        middle = (low * high) ** 0.5 if low > 0 and getattr(ax, f"get_{along}scale")() == "log" else (low + high) / 2
        shares = [share / 20 for share in (1, 19, 4, 16, 7, 13, 10)]
        if along == "y":
            ax.axhspan(low, high, color=BAND, alpha=0.15, zorder=0)
            anchors, coords = [(share, middle) for share in shares], ("axes fraction", "data")
        else:
            ax.axvspan(low, high, color=BAND, alpha=0.15, zorder=0)
            anchors, coords = [(middle, share) for share in shares], ("data", "axes fraction")
        ax.add_artist(PointLabel("your prediction", anchors, BAND, coords))


def predict(id: str, question: str, unit: str, low: float | None = None, high: float | None = None) -> Prediction:
    """The reader's prediction for `question`: a 90 % interval from `low` to `high` in `unit`.

    The interval is kept outside the notebook under `id`, and may be changed until the value has been measured; one
    that comes later is not counted. An empty one asks a reader once, by stopping here, and lets the second run go on;
    without a reader (papermill, tests), or where the reader switched questions off, it goes on at once. An interval
    given earlier is used again.

    Raises `PredictionWanted` (once, to a reader), after giving the name that the cell assigns an empty prediction, and
    `LessonError` for half an interval, and for one that is not finite, is upside down or leaves its unit's range.
    """
    _check_interval(low, high, most_of(unit))
    late = False
    with record() as connection:
        row = connection.execute("SELECT low, high, measured FROM predictions WHERE id = ?", (id,)).fetchone()
        asks = connection.execute("SELECT 1 FROM switches WHERE name = ? AND state = 0", (ASKING,)).fetchone() is None
        if row is not None and (low is None or row["measured"] is not None):
            late = low is not None and (low, high) != (row["low"], row["high"])
            low, high = row["low"], row["high"]
        connection.execute(
            "INSERT INTO predictions (id, question, unit, low, high, asked_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET question = excluded.question, unit = excluded.unit, "
            "low = excluded.low, high = excluded.high",
            (id, question, unit, low, high, time.time()),
        )
    prediction = Prediction(id, unit, low, high)
    if low is None and row is None and asks and someone_is_there():
        _bind(prediction, sys._getframe(1))
        raise PredictionWanted(
            f"{question}\nWrite your 90 % interval, in {unit}, into low= and high= above and run the cell again "
            "before you read on.\nRun it once more as it is to go on without a prediction. To pass all of them over: "
            "from mlsd_lib.lesson import ask_for_predictions; ask_for_predictions(False)"
        )
    show(f"{question} {_said(prediction, late, asks)}")
    return prediction


def _said(prediction: Prediction, late: bool, asks: bool) -> str:
    if late:
        stays = "it stays without a prediction"
        if prediction.low is not None and prediction.high is not None:
            stays = f"your first, {prediction.low:,.4g} to {prediction.high:,.4g}, stands"
        return (
            f"Given after the measurement: not counted, and {stays}. To begin anew: from mlsd_lib.lesson import "
            f'forget_predictions; forget_predictions("{_lesson_of(prediction.id)}")'
        )
    if prediction.low is not None and prediction.high is not None:
        return f"You expect {prediction.low:,.4g} to {prediction.high:,.4g} {prediction.unit}."
    return "No prediction given." if asks else "Passed over, as all are until ask_for_predictions(True)."


def _bind(prediction: Prediction, frame: FrameType) -> None:
    """Give `prediction` to the names that the cell in `frame` would have assigned.

    A reader who presses Shift and Enter once more runs the next cells, and these use the name.
    """
    if frame.f_code.co_name != "<module>":
        return
    tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    for target, value in _assignments(tree):
        if not isinstance(target, ast.Name) or not isinstance(value, ast.Call) or not value.args:
            continue
        first = value.args[0]
        if isinstance(first, ast.Constant) and first.value == prediction.id:
            frame.f_globals[target.id] = prediction


def _assignments(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Every target with its value; of `a, b = x, y` the pairs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    yield from zip(target.elts, node.value.elts, strict=False)
                else:
                    yield target, node.value


def ask_for_predictions(wanted: bool) -> None:
    """Whether `predict` stops to ask; kept in the reader's record, for every lesson, until it is called again."""
    with record() as connection:
        connection.execute("INSERT OR REPLACE INTO switches VALUES (?, ?)", (ASKING, int(wanted)))
    show(
        "Lessons ask for predictions."
        if wanted
        else "All predictions are passed over; intervals you write still count."
    )


def forget_predictions(name: str) -> None:
    """Forget what the reader predicted, and what was measured, in the lesson `name`, so that it can be begun anew.

    `name` is the name of its notebook without folder and ending, or the id of one prediction. Raises `LessonError` if
    it is neither.
    """
    by_name = {path.stem: asked_in(path).predictions for path in lessons()}
    ids = by_name.get(name, (name,))
    with record() as connection:
        marks = ", ".join("?" * len(ids))
        gone = connection.execute(f"DELETE FROM predictions WHERE id IN ({marks})", ids).rowcount
    if not gone and name not in by_name:
        raise LessonError(f"There is no lesson {name!r}; there are {', '.join(by_name)}. Give one of these names.")
    show(f"{gone} prediction{'s' * (gone != 1)} of {name} forgotten. Restart the kernel and begin at the top.")


def _lesson_of(id: str) -> str:
    """The name of the lesson that asks for the prediction `id`, or `id` where the course has none that does."""
    return next((path.stem for path in lessons() if id in asked_in(path).predictions), id)


def most_of(unit: str) -> float | None:
    """The most that a number in `unit` can be, which is then no less than 0: 100 of "of 100 tests"; None if unknown."""
    found = re.match(r"of (\d[\d,]*)\b", unit)
    return float(found[1].replace(",", "")) if found else None


def _check_interval(low: float | None, high: float | None, most: float | None) -> None:
    if (low is None) != (high is None):
        raise LessonError(f"low is {low!r} and high is {high!r}: an interval needs both ends. Give the missing one.")
    if low is None or high is None:
        return
    for name, value in (("low", low), ("high", high)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise LessonError(f"{name} is {value!r}; it must be a finite number. Write it as, say, 2.5.")
    if low > high:
        raise LessonError(f"low is {low} and high is {high}: the interval is upside down. Swap the two.")
    if most is not None and not 0 <= low <= high <= most:
        raise LessonError(
            f"low is {low} and high is {high}, of {most:,g}: both ends lie from 0 to {most:,g}. Correct it."
        )


@dataclass(frozen=True)
class Calibration:
    """How often the reader's 90 % intervals held the measured value."""

    inside: int
    answered: int
    rows: tuple[tuple[str, str, float, float, float], ...]
    """Question, unit, low, high, measured, oldest first."""

    @property
    def median_relative_width(self) -> float | None:
        """The median width of an interval as a share of the measured value; None where no value but 0 was measured."""
        widths = [(high - low) / abs(measured) for _, _, low, high, measured in self.rows if measured]
        return statistics.median(widths) if widths else None

    @property
    def interval_score(self) -> float | None:
        """The mean interval score in measured values, from 0 (best) to 20; None where no value but 0 was measured.

        An interval costs its width, and 20 times the distance to the value if it missed it: wide ones cost, and narrow
        ones that miss cost more. One costs at most `WORST_SCORE`. Source: Gneiting and Raftery, Strictly Proper Scoring
        Rules, Prediction, and Estimation, Journal of the American Statistical Association 102, 2007, section 6.2.
        """
        costs = [
            (high - low + 2 / (1 - STATED_SHARE) * max(low - measured, measured - high, 0)) / abs(measured)
            for _, _, low, high, measured in self.rows
            if measured
        ]
        return statistics.mean(min(cost, WORST_SCORE) for cost in costs) if costs else None

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
