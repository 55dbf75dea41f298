"""Diagrams of what flows, from a few lines of text: boxes and arrows, and on them the numbers that a cell measured.

No line holds a number of its own: numbers come by keyword, from the variables of the cell that measured them.
"""

import itertools
import re
from collections.abc import Mapping
from string import Formatter
from typing import Any

from mlsd_lib.lesson.diagram_picture import Arrow, Diagram
from mlsd_lib.lesson.reader import LessonError

NOTE = re.compile(r":\s(?![^{]*})")
COMMA = re.compile(r",(?:\s|$)(?![^{]*})")
"""The colon before a note and the comma between boxes, not those of a number's form."""
FRAME = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")


def diagram(*lines: str, **numbers: Any) -> Diagram:
    """The diagram that `lines` describe, with the `numbers` that they name in braces. A line has one of four forms:

        "client -> queue -> server, log"             boxes joined by arrows, the last two of them from one box
        "client -> queue: {offered:.0f} a second"    an arrow, and what is written at it
        "queue: {waiting} waiting"                   what is written in a box, below its name
        "machine [queue, server]"                    boxes with a frame around them

    Numbers are written by their form, as `str.format` does. Raises `LessonError`, with the line and the fix, for a line
    of no such form, a box without an arrow, a number that was not given, and one that no line names.
    """
    made, named = Diagram(), set()
    for place, line in enumerate(lines, 1):
        where = f"line {place} of the diagram, {line!r}"
        named |= _numbers_of(line, numbers, where)
        _read(made, line, numbers, where)
    if left := sorted(set(numbers) - named):
        raise LessonError(f"no line of the diagram names {left[0]!r}. Write {{{left[0]}}} in a line, or leave it out.")
    _all_joined(made)
    return made


def _read(made: Diagram, line: str, numbers: Mapping[str, Any], where: str) -> None:
    said, *notes = (part.strip() for part in NOTE.split(f"{line} ", maxsplit=1))
    note = _filled(notes[0], numbers, where) if notes else ""
    steps = [COMMA.split(step) if "->" in said else [step] for step in said.split("->")]
    names = [[_filled(name.strip(), numbers, where) for name in step] for step in steps]
    if not all(itertools.chain(*names)) or notes == [""]:
        raise LessonError(
            f"{where} has nothing where a name or a note belongs. Write it, as in 'queue -> server: late'."
        )
    if len(names) > 1:
        _join(made, names, note, where)
    elif note:
        made.boxes.setdefault(names[0][0], []).append(note)
    elif frame := FRAME.fullmatch(names[0][0]):
        made.frames[frame[1].strip()] = [box.strip() for box in frame[2].split(",")]
    else:
        raise LessonError(f"{where} has no arrow, note or frame. Write 'a -> b', 'a: note' or 'frame [a, b]'.")


def _join(made: Diagram, names: list[list[str]], note: str, where: str) -> None:
    """Add arrows; a note belongs to the arrow that is there without one, or else to a second arrow."""
    pairs = [pair for tails, heads in itertools.pairwise(names) for pair in itertools.product(tails, heads)]
    if note and len(pairs) > 1:
        raise LessonError(f"{where} has a note and several arrows. Give the arrow that it is about a line of its own.")
    made.boxes |= {name: [] for name in itertools.chain(*names) if name not in made.boxes}
    for tail, head in pairs:
        bare = [arrow for arrow in made.arrows if (arrow.tail, arrow.head, arrow.note) == (tail, head, "")]
        if bare:
            bare[0].note = note
        else:
            made.arrows.append(Arrow(tail, head, note))


def _numbers_of(line: str, numbers: Mapping[str, Any], where: str) -> set[str]:
    """The names in braces of a line, each of which must have been given."""
    try:
        found = {name for _, name, _, _ in Formatter().parse(line) if name is not None}
    except ValueError as error:
        raise LessonError(f"{where} cannot be read ({error}). Close each brace; write a brace itself twice.") from None
    for name in sorted(found - set(numbers)):
        given = f"given are {', '.join(sorted(numbers))}" if numbers else "none was given"
        raise LessonError(f"{where} names the number {name!r}; {given}. Give it: diagram(..., {name or 'name'}=...).")
    return found


def _filled(text: str, numbers: Mapping[str, Any], where: str) -> str:
    try:
        return text.format_map(numbers)
    except (ValueError, TypeError) as error:
        raise LessonError(f"{where} cannot write a number ({error}). Give one that suits the form.") from None


def _all_joined(made: Diagram) -> None:
    joined = {box for arrow in made.arrows for box in (arrow.tail, arrow.head)}
    for box in [*made.boxes, *(box for boxes in made.frames.values() for box in boxes)]:
        if box not in joined:
            has = f"the boxes with arrows are {', '.join(sorted(joined))}" if joined else "there is no arrow"
            raise LessonError(f"no arrow of the diagram leads to or from {box!r}; {has}. Add one, or correct the name.")
