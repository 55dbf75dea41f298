"""The scorecard as one HTML file that needs nothing else: opened offline, mailed, kept beside a decision record."""

import html
import io
from pathlib import Path

from mlsd_lib.simulation.scorecard import Scorecard

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }}
table {{ border-collapse: collapse }} td {{ padding: .1rem 1rem .1rem 0; border-bottom: 1px solid #ddd }}
td + td {{ text-align: right; font-variant-numeric: tabular-nums }} pre {{ background: #f5f5f5; padding: 1rem }}
.beside {{ display: flex; flex-wrap: wrap; gap: 3rem }} svg {{ max-width: 100%; height: auto }}
</style></head><body>
<h1>{title}</h1>
<p><strong>{verdict}</strong></p>
<div class="beside"><div><h2>Figures</h2><table>{rows}</table></div><div><h2>Design</h2><pre>{design}</pre></div></div>
<h2>Timeline</h2>
{plot}
</body></html>
"""


def write_page(card: Scorecard, path: str | Path) -> None:
    """Writes the scorecard's page; a file that is there is replaced only once the new one is whole."""
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{value:,.2f}</td></tr>" for name, value in card.figures.items()
    )
    text = PAGE.format(
        title=html.escape(f"Scenario {card.scenario.name}"),
        verdict=html.escape(card.verdict),
        rows=rows,
        design=html.escape(card.design.to_yaml() if card.design.model_dump(exclude_defaults=True) else "all defaults"),
        plot=_svg(card),
    )
    target = Path(path)
    aside = target.with_name(target.name + ".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(target)


def _svg(card: Scorecard) -> str:
    import matplotlib.pyplot as plt

    from mlsd_lib.lesson.plotting import use_style

    use_style()
    figure, buffer = card.plot(), io.StringIO()
    figure.savefig(buffer, format="svg")
    plt.close(figure)
    picture = buffer.getvalue()
    return picture[picture.index("<svg") :]
