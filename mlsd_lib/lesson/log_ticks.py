"""Ticks of a logarithmic axis that fit it, whatever range the data turn out to have: few, and plain numbers.

matplotlib's own label the minor ticks of a short axis, and write them so wide that they lie over each other.
"""

import math
from typing import Any

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

MOST = 7
"""Ticks that find room beside each other."""


class LogTicks(LogLocator):
    """Powers of ten; 1, 2 and 5 times these on an axis of few decades; even steps on less than half a decade."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """The ticks between two limits, both above 0."""
        low, high = min(vmin, vmax), max(vmin, vmax)
        if low <= 0 or not np.isfinite([low, high]).all():
            return super().tick_values(vmin, vmax)
        if high < low * math.sqrt(10):
            return MaxNLocator(5).tick_values(low, high)
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for digits in ((1, 2, 5), (1, 3), (1,)):
            ticks = [digit * 10.0**decade for decade in decades for digit in digits]
            inside = [tick for tick in ticks if low <= tick <= high]
            if len(inside) <= MOST:
                return np.array(inside)
        step = math.ceil(len(inside) / MOST)
        return np.array(inside[::step])

    def __call__(self) -> Any:
        """The ticks for the axis as it is."""
        assert self.axis is not None
        return self.tick_values(*self.axis.get_view_interval())


def log_text(value: float, position: float | None = None) -> str:
    """A tick as a plain number where that is short, else as a power of ten or so many times one."""
    if value <= 0:
        return ""
    if 1e-4 <= value < 1e6:
        return f"{value:,g}"
    digits, exponent = f"{value:.3e}".split("e")
    times = "" if float(digits) == 1 else rf"{float(digits):g} \times "
    return rf"$\mathdefault{{{times}10^{{{int(exponent)}}}}}$"
