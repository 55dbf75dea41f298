"""The one plotting style of the course: a title that states the finding, units, direct labels, safe colours.

Palette: M. Okabe and K. Ito, Color Universal Design (2008), told apart by colour-blind readers.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, BLACK, GREY = "#CC79A7", "#56B4E9", "#222222", "#777777"
# Where the arrow ends, in shares of the axes, and the direction back to its text.
GOOD_SIDES = {
    "down": (0.92, 0.03, 0, 1),
    "up": (0.92, 0.97, 0, -1),
    "upper left": (0.02, 0.98, 1, -1),
    "upper right": (0.98, 0.98, -1, -1),
    "lower left": (0.02, 0.02, 1, 1),
    "lower right": (0.98, 0.02, -1, 1),
}


def use_style() -> None:
    """Set matplotlib's defaults to the course's style, for this process."""
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(
        {
            "figure.figsize": (7.5, 4.2),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#DDDDDD",
            "grid.linewidth": 0.7,
            "lines.linewidth": 2,
            "font.size": 10.5,
        }
    )


def finish(ax: "Axes", title: str, x: str, y: str) -> None:
    """Give a plot its title, which states the finding, and its two axis labels, which name the units."""
    import textwrap

    ax.set_title("\n".join(textwrap.wrap(title, 72)))
    ax.set_xlabel(x)
    ax.set_ylabel(y)


def label(ax: "Axes", x: float, y: float, text: str, color: str = BLACK, dx: float = 6, dy: float = 0) -> None:
    """Write `text` beside the point (`x`, `y`), moved by `dx` and `dy` points, in place of a legend."""
    side = "left" if dx >= 0 else "right"
    ax.annotate(text, (x, y), (dx, dy), textcoords="offset points", color=color, ha=side, va="center")


def better(ax: "Axes", side: str = "lower left") -> None:
    """Say which corner of the plot is the good one, or that "up" or "down" is: an arrow, and the word."""
    x, y, right, up = GOOD_SIDES[side]
    ax.annotate(
        "better",
        xy=(x, y),
        xytext=(x + 0.09 * right, y + 0.12 * up),
        xycoords="axes fraction",
        textcoords="axes fraction",
        color="#555555",
        ha={1: "left", -1: "right", 0: "center"}[right],
        va="center",
        arrowprops={"arrowstyle": "->", "color": "#555555"},
    )
