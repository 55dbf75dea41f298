"""A name is the name of one folder: whatever else is typed or asked for is refused, and the classroom stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.models import ArgumentInfo

from grader.errors import GraderError
from grader.names import Name, exercise_name, is_name, is_student_id
from mlsd.cli import app
from tests import toy_course as toy
from tests.grader.grading.engine_course import mlsd

PATHS = ("../..", "..", ".", "", "/etc", "halves/", "a/b", "a\\b", ".hidden", "-x", "C:x", " halves", "x\0", "a\x1b[2J")
NOT_EXERCISES = {"recall", "reset"}  # their NAME is looked up among the notebooks that there are


def arguments() -> Iterator[tuple[str, str, object]]:
    """The verb, the name and the parser of each argument of a verb."""
    for command in app.registered_commands:
        for name, hint in get_type_hints(command.callback, include_extras=True).items():
            for about in getattr(hint, "__metadata__", ()):
                if isinstance(about, ArgumentInfo):
                    yield command.name, name, about.parser


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


VERBS = sorted(verb for verb, _, parser in arguments() if parser is exercise_name)


def test_every_verb_that_names_an_exercise_reads_it_as_a_name():
    assert {verb for verb, name, _ in arguments() if name in ("name", "names")} - NOT_EXERCISES == {*VERBS}


@pytest.mark.parametrize("verb", sorted({*VERBS} - {"bank", "submit"}))
def test_a_misspelt_exercise_is_refused_with_the_one_that_was_meant(verb, marked, tmp_path):
    before = content(marked.root)
    source = [str(tmp_path)] if verb == "collect" else []
    with pytest.raises(GraderError, match=f"no exercise 'halfs'.*Was {toy.NAME} meant"):
        mlsd(marked, verb, "halfs", *source)
    assert content(marked.root) == before


@given(text=st.text() | st.sampled_from(PATHS))
def test_a_name_is_one_part_of_a_path_and_stays_where_it_is_put(text):
    if is_name(text):
        assert Path("classroom", Name(text)).parts == ("classroom", text)
        assert Path("classroom", Name(text)).resolve().parent == Path("classroom").resolve()
    else:
        with pytest.raises(GraderError, match=r"the exercise is .* must name one folder") as refused:
            exercise_name(text)
        assert str(refused.value).isprintable()


@pytest.mark.parametrize("student", [*PATHS, "a+b", "x" * 101, "\U00020000" * 60])
def test_no_path_of_a_course_is_made_of_other_text(student, marked):
    assert not is_student_id(student)
    if not is_name(student) and student != ".":
        with pytest.raises(GraderError, match="must name one folder"):
            marked.folder("submitted", student, toy.NAME)
        with pytest.raises(GraderError, match="must name one folder"):
            marked.students(student)
