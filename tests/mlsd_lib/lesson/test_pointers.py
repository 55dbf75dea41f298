"""Pointers: each leads to a code cell of the course, and a faulty one is named."""

from pathlib import Path

import pytest

from mlsd_lib.lesson.pointers import pointers_table, read_pointers
from mlsd_lib.lesson.reader import LessonError
from notebook_runner import course_root
from notebook_runner.course import NotebookError, read_json

ROOT = course_root(Path(__file__))
FILES = sorted((ROOT / "chapters").glob("*/*.toml"))  # chapters/routes.toml holds routes
QUESTIONS = ROOT / "chapters" / "04_exercises" / "questions.toml"
ENTRY = '[[pointer]]\ntopic = "Data"\ntext = "Why?"\nnotebook = "chapters/a.ipynb"\ncell = "imports"\n'


def dangling(root, pointers):
    """What each pointer that leads nowhere points to, as sentences; empty if every one leads to a code cell."""
    found = []
    for pointer in pointers:
        try:
            cells = {cell["id"]: cell["cell_type"] for cell in read_json(root / pointer.notebook)["cells"]}
        except NotebookError as error:
            found.append(f"{pointer.text!r} points to a notebook that cannot be read: {error}")
            continue
        if cells.get(pointer.cell) != "code":
            found.append(
                f"{pointer.text!r} points to the cell {pointer.cell!r} of {pointer.notebook}, no code cell there."
            )
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_every_pointer_leads_to_a_code_cell(file):
    pointers = read_pointers(file)
    assert pointers
    assert dangling(ROOT, pointers) == []


def test_there_are_27_questions_of_every_part_and_none_twice():
    questions = read_pointers(QUESTIONS)
    assert len({question.text for question in questions}) == 27
    assert len({question.topic for question in questions}) == 5
    assert all(question.text.endswith("?") for question in questions)


def test_a_pointer_to_nothing_is_named(tmp_path):
    file = tmp_path / "questions.toml"
    name = "chapters/00_start_here.ipynb"
    file.write_text(
        ENTRY
        + ENTRY.replace("chapters/a.ipynb", name).replace("imports", "nowhere")
        + ENTRY.replace("chapters/a.ipynb", name).replace("imports", "title")
    )
    missing, no_cell, no_code = dangling(ROOT, read_pointers(file))
    assert "no such notebook" in missing
    assert "'nowhere'" in no_cell
    assert "'title'" in no_code


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        (ENTRY.replace('topic = "Data"\n', ""), "pointer 1: 'topic' is missing"),
        (ENTRY + 'level = "hard"\n', "pointer 1: 'level' is missing or not known"),
        (ENTRY + ENTRY + 'verdict = "true"\n', "pointer 2: verdict is 'true'; it must be one of holds"),
    ],
)
def test_a_faulty_entry_is_named(tmp_path, entry, named):
    file = tmp_path / "questions.toml"
    file.write_text(entry)
    with pytest.raises(LessonError, match=named):
        read_pointers(file)


def test_a_link_opens_the_cell_and_verdicts_get_columns_of_their_own():
    questions = read_pointers(QUESTIONS)
    table = pointers_table(ROOT, QUESTIONS.with_name("page.ipynb"), questions).data
    assert table.count("| ") > 27
    assert "01_performance_requirements.ipynb#cell-id=pareto-plot)" in table
    assert "verdict" not in table.splitlines()[0]
    recommended = read_pointers(ROOT / "chapters" / "05_key_takeaways" / "recommendations.toml")
    assert "verdict" in pointers_table(ROOT, QUESTIONS, recommended).data.splitlines()[0]
