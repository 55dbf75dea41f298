"""Diagrams: boxes lie apart, texts lie within them, the alt text says all, and each number is a variable of a cell."""

import ast
import functools
import re
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd_lib.lesson import diagram, diagram_picture
from mlsd_lib.lesson.diagram_picture import FONT_PX, PHONE_PX, Arrow, Diagram
from mlsd_lib.lesson.reader import LessonError
from notebook_runner.course import notebook_paths, read_json

ROOT = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"
READABLE_PX = 10
"""How large texts must be on a telephone 390 px wide."""


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def reaches_into(self, other: "Box") -> bool:
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return min(wide, high) > 0.5

    def within(self, other: "Box") -> bool:
        low = self.left >= other.left - 0.5 and self.top >= other.top - 0.5
        return low and self.right <= other.right + 0.5 and self.bottom <= other.bottom + 0.5

    def off(self, x: float, y: float) -> float:
        """How far a point is from the box."""
        return max(self.left - x, x - self.right, self.top - y, y - self.bottom, 0.0)


class Drawn(NamedTuple):
    """What a picture shows: boxes with their texts, each arrow's ends, its notes, and all of it."""

    boxes: list[Box]
    inside: list[list[tuple[str, Box]]]
    ends: list[tuple[tuple[float, float], tuple[float, float]]]
    notes: list[Box]
    whole: Box


def drawn(picture: str) -> Drawn:
    root = ElementTree.fromstring(picture)
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    found = Drawn([], [], [], [], Box(left, top, left + width, top + height))
    for element in root:
        at = element.attrib
        if element.tag == f"{SVG}rect" and at["class"] == "box":
            x, y = float(at["x"]), float(at["y"])
            found.boxes.append(Box(x, y, x + float(at["width"]), y + float(at["height"])))
            found.inside.append([])
        elif element.tag == f"{SVG}path":
            start = tuple(map(float, at["d"][1:].split("C")[0].split(",")))
        elif element.tag == f"{SVG}polygon":
            tip = tuple(map(float, at["points"].split()[1].split(",")))
            found.ends.append((start, tip))
        elif element.tag == f"{SVG}text":
            half, x, y = float(at["textLength"]) / 2, float(at["x"]), float(at["y"])
            place = Box(x - half, y - 0.75 * FONT_PX, x + half, y + 0.25 * FONT_PX)
            if found.boxes:
                found.inside[-1].append((element.text or "", place))
            else:
                found.notes.append(place)
    return found


def faults_of(picture: Drawn) -> list[str]:
    """What lies where it must not."""
    faults = [f"{one} over {other}" for one, other in combinations(picture.boxes, 2) if one.reaches_into(other)]
    for box, texts in zip(picture.boxes, picture.inside, strict=True):
        faults += [f"{text!r} leaves its box" for text, place in texts if not place.within(box)]
    for note in picture.notes:
        faults += [f"a note at {note} lies over {box}" for box in picture.boxes if note.reaches_into(box)]
    everything = [*picture.boxes, *picture.notes]
    return faults + [f"{shape} is cut off" for shape in everything if not shape.within(picture.whole)]


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30)
ARROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.text("abc 12%", max_size=30).map(str.strip)),
    min_size=1,
    max_size=9,
)


@given(st.lists(NAMES, min_size=6, max_size=6, unique=True), ARROWS)
@settings(max_examples=60, deadline=None)
def test_boxes_lie_apart_texts_within_them_and_arrows_at_their_boxes(names, ends):
    arrows = [Arrow(names[tail], names[head], note) for tail, head, note in ends]
    made = Diagram({name: [] for arrow in arrows for name in (arrow.tail, arrow.head)}, arrows)
    picture = drawn(made.svg())
    assert faults_of(picture) == []
    place = dict(zip(made.boxes, picture.boxes, strict=True))
    for arrow, (start, tip) in zip(made.arrows, picture.ends, strict=True):
        assert place[arrow.tail].off(*start) < 3
        assert place[arrow.head].off(*tip) < 3


def test_a_picture_whose_boxes_or_texts_collide_is_found():
    lying = Drawn([Box(0, 0, 10, 10), Box(5, 5, 20, 20)], [[("wide", Box(-5, 2, 9, 8))], []], [], [], Box(0, 0, 9, 9))
    assert len(faults_of(lying)) == 4


def test_the_alt_text_names_every_arrow_note_and_frame():
    made = diagram(
        "client -> queue -> server, log",
        "client -> queue: {offered:,.0f} a second",
        "queue: {waiting} waiting",
        "machine [queue, server]",
        offered=1234.4,
        waiting=12,
    )
    told = (
        "Diagram: client to queue (1,234 a second); queue to server; queue to log; in queue: 12 waiting; "
        "together in machine: queue, server."
    )
    assert repr(made) == told
    assert ElementTree.fromstring(made.svg()).attrib["aria-label"] == told


def test_a_second_note_between_two_boxes_is_a_second_arrow():
    made = diagram("a -> b", "a -> b: first", "a -> b: second")
    assert made.arrows == [Arrow("a", "b", "first"), Arrow("a", "b", "second")]


def test_each_number_stands_in_the_picture_as_it_was_measured():
    picture = diagram("a -> b: {rate:.1f} a second", "b: {left:.0%} left", rate=2.345, left=0.257).svg()
    texts = "".join(element.text or "" for element in ElementTree.fromstring(picture)).replace("\xa0", " ")
    assert "2.3 a second" in texts
    assert "26% left" in texts


@pytest.mark.parametrize("text", ['<script>alert("x")</script>', "a & b", r"back\nslash \N", '"quoted"', "&amp;", "中"])
def test_texts_are_shown_as_they_are_and_never_as_markup(text):
    made = diagram("{text} -> end", text=text)
    assert "".join(line for line, _ in drawn(made.svg()).inside[0]).replace("\xa0", " ") == text
    assert "<script" not in made._repr_html_()


def test_what_is_drawn_takes_the_colour_of_its_page_and_no_more_than_its_width():
    picture = diagram("a -> b: late", "all [a, b]").svg()
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', picture))
    assert colours == {"currentColor", "none"}
    assert "max-width:100%" in picture


def test_a_row_that_is_too_wide_for_a_telephone_becomes_a_column():
    short, long = (diagram(" -> ".join(f"station {number}" for number in range(boxes))) for boxes in (2, 9))
    assert len({box.top for box in drawn(short.svg()).boxes}) == 1
    column = drawn(long.svg())
    assert len({box.left for box in column.boxes}) == 1
    assert column.whole.right < PHONE_PX


def test_with_code_kept_cut_off_or_nowhere_to_keep_it_the_picture_is_the_same(tmp_path, monkeypatch):
    def drawn_below(folder):
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
        diagram_picture._graphviz.cache_clear()
        return diagram("a -> b").svg()

    picture = drawn_below(tmp_path)
    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 100_000)
    kept.write_bytes(kept.read_bytes()[:1000])
    assert drawn_below(tmp_path) == picture
    assert drawn_below(kept / "a file is no folder") == picture
    diagram_picture._graphviz.cache_clear()


@pytest.mark.parametrize(
    ("lines", "numbers", "told"),
    [
        (["a -> b", ""], {}, r"line 2 .*''.*nothing where a name"),
        (["a -> "], {}, r"line 1 .*'a -> '.*nothing where a name"),
        (["a -> b, "], {}, "nothing where a name"),
        (["a -> b:"], {}, "nothing where a name or a note"),
        (["a -> b: {n}"], {}, r"line 1 .*number 'n'; none was given. Give it: diagram\(..., n=...\)"),
        (["a -> b: {n}"], {"m": 1}, "'n'; given are m"),
        (["a -> b: {}"], {"m": 1}, "''"),
        (["a -> b: {n"], {"n": 1}, "Close each brace"),
        (["a -> b: {n:.1f}"], {"n": "late"}, "cannot write a number"),
        (["a -> b: {n:.1f}"], {"n": None}, "cannot write a number"),
        (["a -> b"], {"n": 1}, r"names 'n'. Write \{n\}"),
        (["a -> b -> c: late"], {}, "several arrows"),
        (["a -> b, c: late"], {}, "several arrows"),
        (["a to b"], {}, "no arrow, note or frame"),
        (["a -> b", "queu: late"], {}, "'queu'; the boxes with arrows are a, b"),
        (["a -> b", "machine [a, c]"], {}, "'c'"),
        (["queue: late"], {}, "there is no arrow"),
    ],
)
def test_a_line_that_is_none_is_refused_with_its_number_and_the_fix(lines, numbers, told):
    with pytest.raises(LessonError, match=told):
        diagram(*lines, **numbers)


class Call(NamedTuple):
    """A call of `diagram`: where, its lines, its numbers, what was measured and what was set before it."""

    where: str
    lines: list[ast.expr]
    numbers: dict[str, ast.expr]
    measured: set[str]
    parameters: set[str]


def names_in(node: ast.AST, kind: type[ast.expr_context]) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, kind)}


def assigned(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names that code gives to what it worked out, and those that it gives to literals alone."""
    worked_out, written = {argument.arg for argument in ast.walk(tree) if isinstance(argument, ast.arg)}, set()
    for node in ast.walk(tree):
        value = getattr(node, "value", None) if isinstance(node, ast.Assign) else getattr(node, "iter", None)
        if value is not None:
            made = names_in(node, ast.Store)
            (worked_out if names_in(value, ast.Load) else written).update(made)
    return worked_out, written


def calls_in(cells: list[tuple[str, str, bool]]) -> list[Call]:
    """The calls in cells of code, each an id, a source, and whether it holds the parameters."""
    found, measured, parameters = [], set(), set()
    for name, source, holds_parameters in cells:
        if "NotImplementedError" in source or source.startswith("%"):
            continue
        tree = ast.parse(source)
        worked_out, written = assigned(tree)
        measured |= worked_out - parameters
        parameters |= worked_out | written if holds_parameters else set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "diagram":
                numbers = {str(keyword.arg): keyword.value for keyword in node.keywords}
                found.append(Call(name, node.args, numbers, measured - parameters, set(parameters)))
    return found


def faults_in(call: Call) -> list[str]:
    """What of a diagram does not come from a cell that measured it."""
    texts = [line.value for line in call.lines if isinstance(line, ast.Constant)]
    faults = [] if len(texts) == len(call.lines) else ["a line is no plain text"]
    faults += [f"{text!r} holds a number" for text in texts if re.search(r"(?<![a-z])\d", re.sub(r"{[^}]*}", "", text))]
    used = {name: names_in(value, ast.Load) for name, value in call.numbers.items()}
    faults += [f"{name} is a literal" for name, names in used.items() if not names & (call.measured | call.parameters)]
    measured_here = any(names & call.measured for names in used.values())
    return faults if measured_here else [*faults, "nothing on it was measured"]


def cells_of(path: Path) -> list[tuple[str, str, bool]]:
    if path.suffix == ".py":
        return [(path.name, path.read_text(encoding="utf-8"), False)]
    code = [cell for cell in read_json(path)["cells"] if cell["cell_type"] == "code"]
    return [(cell["id"], "".join(cell["source"]), "parameters" in cell["metadata"].get("tags", [])) for cell in code]


MODULES = [path for room in ("lessons", "case_studies") for path in (ROOT / room).rglob("*.py")]
PLACES = [
    path.relative_to(ROOT).as_posix()
    for path in [*notebook_paths(ROOT), *MODULES]
    if "diagram(" in path.read_text(encoding="utf-8")
]


@functools.cache
def calls_of(place: str) -> list[Call]:
    """The diagrams of a notebook or module, read when the first test asks: every worker collects these tests."""
    return calls_in(cells_of(ROOT / place))


@pytest.mark.parametrize("place", PLACES)
def test_each_number_of_a_diagram_is_a_variable_of_a_cell(place):
    assert [fault for call in calls_of(place) for fault in faults_in(call)] == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('diagram("a -> b: {n}", n=12)', "n is a literal"),
        ('written = 12\ndiagram("a -> b: {n}", n=written)', "n is a literal"),
        ('diagram("a -> b: 12 a second", n=found)', "'a -> b: 12 a second' holds a number"),
        ('diagram(f"a -> b: {found} {{n}}", n=found)', "a line is no plain text"),
        ('diagram("a -> b: {n}", n=rate)', "nothing on it was measured"),
    ],
)
def test_a_number_that_no_cell_measured_is_found(source, fault):
    cells = [("parameters", "rate = 80", True), ("measure", "found = measure(rate)", False), ("flow", source, False)]
    (call,) = calls_in(cells)
    assert fault in faults_in(call)


@pytest.mark.parametrize("place", PLACES)
def test_a_diagram_of_the_course_can_be_read_on_a_telephone(place):
    for call in calls_of(place):
        made = diagram(*(line.value for line in call.lines), **dict.fromkeys(call.numbers, 1234.5))
        picture = drawn(made.svg())
        assert faults_of(picture) == []
        assert FONT_PX * PHONE_PX / (picture.whole.right - picture.whole.left) >= READABLE_PX


@pytest.mark.parametrize(
    "case", sorted(path.name for path in (ROOT / "case_studies").iterdir() if (path / "cli.py").exists())
)
def test_a_case_begins_with_its_diagram(case):
    first = [name for name, _, _ in cells_of(ROOT / "case_studies" / case / f"{case}.ipynb")][:5]
    assert any(call.where in first for call in calls_of(f"case_studies/{case}/{case}.ipynb"))
