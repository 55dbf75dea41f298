"""`mlsd new lesson`: a small lesson with every part that a lesson has, in its order, and its *your turn* checks."""

import re
from pathlib import Path
from typing import Annotated

import typer

from mlsd.new.example import ExampleError, check_name, check_title, copy_example
from notebook_runner.course import course_root

PLACE = re.compile(r"(?:chapters/)?([^/]+)/((\d\d[a-z]?)_([^/]+?))(?:\.ipynb)?")


def lesson(
    place: Annotated[str, typer.Argument(help="Where, below chapters: CHAPTER/NN_name.")],
    title: Annotated[str, typer.Option(help="The lesson's title.")] = "A new lesson",
    section: Annotated[str, typer.Option(help="The section of the book that it covers.")] = "Serving",
    room: Annotated[
        str, typer.Option(help="The folder below lessons, shared by all lessons of a section; default: its name.")
    ] = "",
) -> None:
    """Write a small lesson. One whose section has a room already writes its turns into the checks that are there.

    Example: mlsd new lesson 02_design_a_machine_learning_system/13_queues --title "Queues"
    """
    root = course_root(Path.cwd())
    chapter, stem, name = _place(root, place)
    room = room or name
    for what, word in (("a lesson", name), ("a room", room)):
        check_name(what, word)
    check_title(title)
    check_title(section)
    there = f"lessons/{room}" if (root / "lessons" / room).exists() else ""
    words = {"CHAPTER": chapter, "STEM": stem, "NAME": name, "ROOM": room, "ABOUT": room.replace("_", " ")}
    written = copy_example(root, "lesson", there, TITLE=title, SECTION=section, **words)
    for path in written:
        typer.echo(f"{path}: written.")
    typer.echo(f"Begin with: mlsd notebooks --fix {written[0]}; mlsd check {written[0]}")


def _place(root: Path, place: str) -> tuple[str, str, str]:
    """The chapter, the notebook's name with its number, and the name alone. Raises `ExampleError`."""
    parts = PLACE.fullmatch(place)
    if parts is None:
        raise ExampleError(
            f"{place!r} is no place for a lesson: it must be CHAPTER/NN_name, two digits, perhaps a letter, and words "
            "joined by _, such as 02_design_a_machine_learning_system/06_model_selection. Name such a place."
        )
    chapter, stem, number, name = parts.groups()
    chapters = sorted(path.name for path in (root / "chapters").glob("[0-9]*") if path.is_dir())
    if chapter not in chapters:
        raise ExampleError(f"There is no chapter {chapter!r} below chapters. Name one of: {', '.join(chapters)}.")
    if taken := [
        *(root / "chapters" / chapter).glob(f"{number}_*.ipynb"),
        *(root / "chapters").glob(f"*/{stem}.ipynb"),
    ]:
        raise ExampleError(
            f"{taken[0].relative_to(root).as_posix()} exists already and was left as it is; a chapter has a number "
            "once, and the course a name. Choose another."
        )
    return chapter, stem, name
