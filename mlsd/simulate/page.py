"""Scorecards as one HTML file that needs nothing else: opened offline, mailed, kept beside a decision record."""

import html
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mlsd.simulate.document import ServiceDocument
from mlsd.simulate.study import COST, GOOD, Estimate, Studied, differing, table
from mlsd_lib.operations.own_page import write_own
from mlsd_lib.simulation import SimulationError
from mlsd_lib.simulation.scorecard import Scorecard, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mlsd.simulate.search import Combinations, Searched

Place = tuple[Estimate, Estimate]
GREY, MOST_NAMED = "#999999", 12
KIND = "page about designs"

STYLE = """
body { max-width: 60rem } td + td { text-align: right; font-variant-numeric: tabular-nums }
pre { background: #f5f5f5; padding: 1rem } footer { font-size: .85rem; color: #555; margin-top: 2rem }
.beside { display: flex; flex-wrap: wrap; gap: 3rem }
"""


def write_page(card: Scorecard, path: str | Path, runs: Studied | None = None) -> None:
    """Writes a scorecard's page, with the intervals of `runs` over several seeds."""
    figures = {name: shown(value) for name, value in card.figures.items()}
    if runs is not None:
        figures = {name: str(value) for name, value in runs.figures.items()}
    design = card.design.to_yaml() if card.design.model_dump(exclude_defaults=True) else "all defaults"
    body = (
        f'<div class="beside"><div><h2>Figures</h2>{rows([[n, v] for n, v in figures.items()])}</div>'
        f"<div><h2>Design</h2><pre>{html.escape(design)}</pre></div></div>\n<h2>Timeline</h2>\n{svg(card.plot())}"
    )
    world = card.design.in_words() if isinstance(card.design, ServiceDocument) else ""
    write(path, f"Scenario {card.scenario.name}", runs.verdict if runs else f"{card.verdict} {card.tail}", body, world)


def write_comparison(found: Sequence[Studied], scenario: str, path: str | Path) -> None:
    """Writes the page of several designs: a table and a plot of cost against good answers."""
    lines = [["", *(design.name for design in found)], *([name, *cells] for name, *cells in table(found).itertuples())]
    places = {design.name: (design.figures[COST], design.figures[GOOD]) for design in found}
    documents = "".join(
        f"<div><h2>{html.escape(design.name)}</h2><pre>{html.escape(design.document.to_yaml())}</pre></div>"
        for design in found
    )
    kept = [design.name for design in found if design.kept == 1]
    verdict = f"Every minute kept the level in every run: {', '.join(kept) or 'no design'}."
    body = f'{svg(front(places))}\n{rows(lines)}\n<div class="beside">{documents}</div>'
    if len(found) == 2:
        entries = differing(*found)
        body += (
            f"<h2>What differs</h2>{rows([['', *entries], *([n, *map(str, row)] for n, *row in entries.itertuples())])}"
        )
    worlds = dict.fromkeys(design.document.in_words() for design in found)
    write(path, f"Scenario {scenario}: {len(found)} designs", verdict, body, " ".join(worlds))


def write_search(found: "Sequence[Searched]", combinations: "Combinations", scenario: str, path: str | Path) -> None:
    """Writes the page of a search: the front as a plot, and a table of every design."""
    from mlsd.simulate.search import lines, named_front, verdict

    every = [(design.figures[COST], design.figures[GOOD]) for design in found]
    best = list(named_front(found).items())[:MOST_NAMED]
    named = {name: (design.figures[COST], design.figures[GOOD]) for name, design in best}
    left = f"<p>{combinations.left_out} designs contradict themselves and were left out.</p>"
    body = f"{svg(front(named, every))}\n{left if combinations.left_out else ''}\n{rows(lines(found))}"
    words = combinations.designs[0][1].in_words()
    write(path, f"Search in {scenario}: {len(found)} designs", verdict(found), body, f"The first design's: {words}")


def front(places: Mapping[str, Place], every: Sequence[Place] = ()) -> "Figure":
    """Cost against the share of good answers with intervals over seeds; the designs that no other beats are joined.

    `every`: further designs, drawn small and without a name.
    """
    from mlsd_lib.lesson.plotting import panels, points, use_style

    use_style()
    (ax,) = panels(size=(8, 5))
    for cost, good in places.values():
        ax.plot([cost.low, cost.high], [good.mean] * 2, [cost.mean] * 2, [good.low, good.high], color=GREY, lw=1)
    ax.scatter([cost.mean for cost, _ in every], [good.mean for _, good in every], s=8, color=GREY, zorder=1)
    middles = {name: (cost.mean, good.mean) for name, (cost, good) in places.items()}
    points(
        middles, "What a design costs and how many it answers in time", "cost of the story, EUR", "good answers, %",
        ax=ax, front=True, better="up left",
    )  # fmt: skip
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, -3), min(top, 103))  # an interval of a few seeds may end where no share is
    return cast("Figure", ax.figure)


def rows(lines: Sequence[Sequence[str]]) -> str:
    """An HTML table of texts."""
    return (
        "<table>"
        + "".join(f"<tr>{''.join(f'<td>{html.escape(c)}</td>' for c in line)}</tr>" for line in lines)
        + ("</table>")
    )


def write(path: str | Path, title: str, verdict: str, body: str, footer: str) -> None:
    """Writes a page; a file that is there is replaced only once the new one is whole."""
    whole = f"<p><strong>{html.escape(verdict)}</strong></p>\n{body}\n<footer>{html.escape(footer)}</footer>"
    try:
        write_own(Path(path), KIND, title, whole, STYLE)
    except OSError as error:
        raise SimulationError(f"The page cannot be written to {path}: {error.strerror}. Name another --out.") from None


def svg(figure: "Figure") -> str:
    """A figure as it stands in a page."""
    import matplotlib.pyplot as plt

    figure.draw_without_rendering()  # the labels are placed by the sizes that texts have in a bitmap
    figure.set_layout_engine("none")
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    plt.close(figure)
    picture = buffer.getvalue()
    return picture[picture.index("<svg") :]
