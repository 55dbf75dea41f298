"""A scenario as a picture: when each request waits and streams, and how full the server is. Drawn for readers alone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Row(NamedTuple):
    """A request: its tenant, when it came, got its first token, and its last one or the end; in seconds."""

    tenant: str
    arrived_s: float
    first_s: float
    last_s: float


def picture(title: str, rows: Sequence[Row], at_s: Sequence[float], full: Mapping[str, Sequence[float]]) -> "Figure":
    """Requests from the bottom up as they arrive, and below them what is `full` (in %), over one axis of time."""
    from mlsd_lib.lesson import plotting

    above, below = plotting.panels(rows=2, size=(8.5, 7), share="x")
    _requests(title, rows, above)
    plotting.lines(full, "What is in use", "time (s)", "%", at=at_s, y_range=(0, 105), ax=below)
    return cast("Figure", above.figure)


def _requests(title: str, rows: Sequence[Row], axes: "Axes") -> None:
    """A line a request: red until its first token, then in the colour of its tenant."""
    from mlsd_lib.lesson.plot_frame import BLUE, GREEN, RED, finish

    tenants = sorted({row.tenant for row in rows})
    shades: dict[str, Any] = dict(zip(tenants, (BLUE, GREEN), strict=False))
    for number, row in enumerate(rows):
        axes.hlines(number, row.arrived_s, row.first_s, color=RED, linewidth=1)
        axes.hlines(number, row.first_s, row.last_s, color=shades[row.tenant], linewidth=1)
    legend = {"waits for its first token": RED} | {f"streams to {name}": shade for name, shade in shades.items()}
    for name, shade in legend.items():
        axes.plot([], [], color=shade, label=name)
    axes.legend(loc="upper left", fontsize="small")
    finish(axes, title, "", "request", {})
