"""What a test cell shows: the points as a plain number for nbgrader, and the table behind it for a person.

nbgrader reads a mark from the text of a cell's last output and gives full marks for anything that is no number
(`np.float64(3.0)`, `True`, `None`), and it deletes a submission whose mark exceeds the maximum by a rounding error.
Nothing that measures or judges may enter here.
"""

import math
from typing import Any


class Points(float):
    """Points earned, within [0, maximum] and finite; `repr` is the bare number, the HTML form is the table.

    `report` is any object with `html()`; without one the HTML form is the number.
    """

    maximum: float
    report: Any

    def __new__(cls, value: Any, maximum: float, report: Any = None) -> "Points":
        """The points for `value`; what is not a finite number (a bool, None, nan) earns nothing."""
        points = super().__new__(cls, clamp(value, maximum))
        points.maximum = float(maximum)
        points.report = report
        return points

    def __repr__(self) -> str:
        return float.__repr__(float(self))

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(float(self), spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return Points, (float(self), self.maximum)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return self.report.html() if self.report is not None else repr(self)


def clamp(value: Any, maximum: float) -> float:
    """`value` as a float within [0, maximum], rounded to a millionth of a point; 0.0 for what is no finite number."""
    if value is None or isinstance(value, str | bytes) or type(value).__name__ in ("bool", "bool_"):
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    if not math.isfinite(number):
        return 0.0
    return min(max(round(number, 6), 0.0), float(maximum)) + 0.0  # no -0.0
