"""One page about a running service: its four groups of figures over time, and the rules with what to do.

A file that needs nothing else. The browser reads it again by itself, as often as it is written.
"""

import html
import io
import math
import time
from collections.abc import Sequence
from pathlib import Path

from mlsd_lib.operations.alert_rules import RULES, Rule
from mlsd_lib.operations.own_page import write_own
from mlsd_lib.operations.service_figures import GROUPS, Figures

MOST_WINDOWS, MOST_FIGURES, KIND = 120, 60, "page about a service"
"""Of a group, so many figures are drawn: each takes some hundredths of a second, in every window."""
STYLE = """
body { max-width: 76rem } h2 { margin: 1.5rem 0 .2rem; text-transform: capitalize }
.row { display: flex; flex-wrap: wrap; gap: 1rem } svg { width: 100% }
figure { margin: 0; width: 17.5rem } figcaption { display: flex; justify-content: space-between }
figcaption b { font-variant-numeric: tabular-nums }
.rings { background: #fdecea } .rings td:first-child::before { content: "● "; color: #b3261e }
"""
HEADS = ("rule", "when", "owner", "a false alarm costs", "first thing to do")


def write_page(
    path: Path, address: str, history: Sequence[Figures], every_s: float, rules: Sequence[Rule] = RULES
) -> list[Rule]:
    """Writes the page of the last windows, the newest last, and gives the rules that ring now.

    A page that is there is replaced only once the new one is whole.
    """
    ringing = [rule for rule in rules if rule.rings(history)]
    state = f"{len(ringing)} of {len(rules)} alerts ring." if ringing else f"None of {len(rules)} alerts rings."
    seen = time.strftime("%Y-%m-%d %H:%M:%S %z")
    body = (
        f"<p>{state} Seen {seen}, every {every_s:.0f} s; where that time is old, the monitor itself has ended.</p>\n"
        f"{''.join(_group(name, history) for name in GROUPS)}\n<h2>Alerts</h2>\n"
        f"<table><tr>{''.join(f'<th>{head}</th>' for head in HEADS)}</tr>\n"
        f"{''.join(_row(rule, rule in ringing) for rule in rules)}</table>"
    )
    write_own(path, KIND, f"Service at {address}", body, STYLE, every_s)
    return ringing


def _group(group: str, history: Sequence[Figures]) -> str:
    drawn_windows = history[-MOST_WINDOWS:]
    names = list(dict.fromkeys(name for window in drawn_windows for name in window[group]))
    if not names:
        return f"<h2>{group}</h2><p>The service counts nothing of this kind.</p>"
    left_out = f"<p>{len(names) - MOST_FIGURES:,} more are not drawn.</p>" if len(names) > MOST_FIGURES else ""
    series = {name: [window[group].get(name, math.nan) for window in drawn_windows] for name in names[:MOST_FIGURES]}
    drawn = "".join(_figure(name, values) for name, values in series.items())
    return f'<h2>{group}</h2><div class="row">{drawn}</div>{left_out}'


def _figure(name: str, values: Sequence[float]) -> str:
    last = "nothing seen" if math.isnan(values[-1]) else f"{values[-1]:,.4g}"
    return f"<figure><figcaption>{_shown(name)} <b>{last}</b></figcaption>{_svg(values)}</figure>"


def _shown(text: str) -> str:
    """A text that a service chose, as HTML: its control characters are none of a page's."""
    return html.escape("".join(letter if letter.isprintable() else "?" for letter in text))


def _row(rule: Rule, rings: bool) -> str:
    fields = (rule.name, rule.when, rule.owner, rule.costs, rule.runbook)
    cells = "".join(f"<td>{_shown(text)}</td>" for text in fields)
    return f"<tr{' class=rings' if rings else ''}>{cells}</tr>"


def _svg(values: Sequence[float]) -> str:
    """A small line over the windows, with 0 in its range."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "page", "font.size": 8}):
        figure = Figure(figsize=(2.8, 1.0), layout="constrained")
        FigureCanvasSVG(figure)
        ax = figure.add_subplot()
        ax.plot(values, "." if len(values) == 1 else "-", color="#0072B2", linewidth=1.5)
        seen = [value for value in values if not math.isnan(value)]
        low, high = min([0.0, *seen]) * 1.15, max([0.0, *seen]) * 1.15
        ax.set_ylim(low, high if high > low else 1.0)
        ax.set_xlim(-0.5, max(len(values) - 0.5, 10))
        ax.set_xticks([])
        ax.locator_params(axis="y", nbins=3)
        ax.spines[["top", "right"]].set_visible(False)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg")
    picture = buffer.getvalue()
    return picture[picture.index("<svg") :]
