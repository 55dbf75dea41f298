"""The report's two pictures, drawn as SVG: no library in the page, and sharp at any size.

Blue and orange are of Okabe and Ito's set, which colour-blind readers can tell apart; nothing is told by colour alone.
"""

from collections.abc import Sequence
from html import escape

from grader.workflow.class_report.items import ItemStatistics

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
WIDTH, LEFT = 720, 190


def histogram(totals: Sequence[float], maximum: float) -> str:
    """How many students have how many points: at most 20 bars, each a whole number of points wide where possible."""
    wide = max(1, -(-int(maximum) // 20)) if maximum >= 5 else maximum / 5 or 1
    counts = [0] * max(1, int(-(-maximum // wide)))
    for total in totals:
        counts[max(0, min(int(total / wide), len(counts) - 1))] += 1
    edges = [min(i * wide, maximum) for i in range(len(counts) + 1)]
    base, step, parts = 220, (WIDTH - 60) / len(counts), [_line(45, 220, WIDTH - 15, 220)]
    for i, count in enumerate(counts):
        x, tall = 45 + i * step, 180 * count / max(counts)
        parts += [_bar(x + 1, base - tall, step - 2, tall)]
        parts += [_text(x + step / 2, base - tall - 5, str(count), "middle")] if count else []
    parts += [_text(45 + i * step, base + 16, f"{edge:g}", "middle") for i, edge in enumerate(edges)]
    parts.append(_text(WIDTH / 2, base + 36, "points (a bar holds its left edge, the last one both)", "middle"))
    listed = ", ".join(f"{edges[i]:g} to {edges[i + 1]:g}: {count}" for i, count in enumerate(counts) if count)
    return _svg(base + 46, parts, f"Number of students by points. {listed}.")


def items(statistics: Sequence[ItemStatistics]) -> str:
    """Of each item the mean share of points (a bar) and the discrimination with its interval (a point with a line)."""
    half, gap, bottom = (WIDTH - LEFT - 60) / 2, 40, 40 + 26 * len(statistics)

    def place(value: float) -> float:
        """Where a discrimination stands: the axis goes from -0.5 to 1."""
        return LEFT + half + gap + (max(-0.5, value) + 0.5) * half / 1.5

    parts = [_text(LEFT, 20, "mean share of points", "start"), _text(place(-0.5), 20, "discrimination", "start")]
    grid = [(LEFT + half * share, share) for share in (0, 0.5, 1)]
    grid += [(place(value), value) for value in (-0.5, 0, 0.5, 1)]
    for x, value in grid:
        parts += [_line(x, 30, x, bottom), _text(x, bottom + 16, f"{value:g}", "middle")]
    for i, statistic in enumerate(statistics):
        y = 46 + 26 * i
        parts.append(_text(LEFT - 8, y + 5, _short(statistic.item.cell), "end"))
        if statistic.share is not None:
            parts.append(_bar(LEFT, y - 7, half * min(statistic.share, 1), 14))
        if statistic.discrimination is not None and statistic.interval is not None:
            low, high = map(place, statistic.interval)
            parts.append(_line(low, y, high, y, f'stroke="{ORANGE}" stroke-width="2"'))
            parts.append(f'<circle cx="{place(statistic.discrimination):.1f}" cy="{y}" r="5" fill="{ORANGE}"/>')
        else:
            parts.append(_text(place(0) + 6, y + 5, "not shown", "start"))
    return _svg(bottom + 26, parts, "Mean share of points and discrimination of each item, as in the table below.")


def _svg(height: float, parts: list[str], label: str) -> str:
    head = f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(label)}">'
    return f"{head}<title>{escape(label)}</title>{''.join(parts)}</svg>"


def _bar(x: float, y: float, wide: float, tall: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="{BLUE}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, look: str = f'stroke="{GREY}" stroke-width="0.7"') -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {look}/>'


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"
