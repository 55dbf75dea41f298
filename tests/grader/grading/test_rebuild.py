"""Rebuilding: whatever the file looks like, the tests are the instructor's and the answers the student's."""

import copy
import json

import pytest

from grader.grading.intake import released_texts
from grader.grading.intake.instructor_notebook import originals, without_hidden_tests
from grader.grading.intake.rebuild import rebuild
from grader.workflow import release
from tests import toy_course as toy
from tests.grader.grading.engine_course import edit_source

ANSWERS = {**toy.RIGHT, "reflection": "Because / divides."}


@pytest.fixture(scope="module")
def original(released_once):
    (notebook,) = originals(released_once, toy.NAME)
    return notebook


@pytest.fixture
def answered(released_once):
    return toy.answered(released_once, **ANSWERS)


def whole(notebook):
    return json.dumps(notebook).encode()


def named(rebuilt):
    cells = rebuilt.notebook["cells"]
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in cells if "nbgrader" in cell["metadata"]}


def changed(notebook, name, **parts):
    changed = copy.deepcopy(notebook)
    cell = next(cell for cell in changed["cells"] if cell["id"] == name)
    for key, value in parts.items():
        cell[key] = value
    return changed


def with_cell(notebook, place=None, **own):
    cell = {"cell_type": "code", "metadata": {}, "source": "", "outputs": [], "execution_count": None} | own
    cells = list(notebook["cells"])
    cells.insert(len(cells) if place is None else place, cell)
    return notebook | {"cells": cells}


def as_colab_saves_it(notebook):
    """No nbgrader metadata, the ids moved into the metadata as Colab's."""
    cells = [{**cell, "metadata": {"id": f"x{number}"}} for number, cell in enumerate(notebook["cells"])]
    for cell in cells:
        cell.pop("id", None)
    return {"cells": cells, "metadata": {"colab": {}}, "nbformat": 4, "nbformat_minor": 0}


def copied(notebook, name, **parts):
    double = copy.deepcopy(next(cell for cell in notebook["cells"] if cell["id"] == name)) | parts
    return notebook | {"cells": [*notebook["cells"], double]}


@pytest.fixture
def released_again(course):
    """The toy course, one of whose tests and starters was changed and released; what students got before."""
    before = toy.released(course)
    edit_source(course, "assert half(4) == 2, ", "assert half(6) == 3, ")
    edit_source(course, "Halving rounds", "Write here. Halving rounds")
    edit_source(course, "def half(x)", "def half(y)")
    release.release(course, toy.NAME)
    (original,) = originals(course, toy.NAME)
    return original, before


def test_a_test_of_an_earlier_release_was_not_edited_by_the_student_who_holds_it(released_again):
    original, before = released_again
    rebuilt = rebuild(whole(before), original)
    assert rebuilt.flags == []
    assert "assert half(6) == 3" in named(rebuilt)["half-test"]["source"]


def test_a_starter_of_an_earlier_release_is_no_answer(released_again):
    original, before = released_again
    assert rebuild(whole(before), original).answered == set()


def test_the_record_of_releases_is_small_and_holds_no_text(released_once, course):
    source = course.folder("source", name=toy.NAME) / f"{toy.NAME}.ipynb"
    notebook = source.read_text()
    for number in range(3):
        source.write_text(notebook.replace("Do not change", f"Version {number}: do not change"))
        release.release(course, toy.NAME)
    record = (course.home / "released_texts" / f"{toy.NAME}.json").read_text()
    assert len(json.loads(record)["versions"]) == 4
    assert "change" not in record
    for number in range(released_texts.VERSIONS + 5):
        cell = toy.cell("code", "half-test", str(number), grade=True)
        released_texts.remember(course, toy.NAME, {f"{toy.NAME}.ipynb": whole({"cells": [cell]})})
    known = released_texts.released_texts(course, toy.NAME)
    assert len(known[toy.NAME]["half-test"]) == released_texts.VERSIONS


def test_a_broken_record_costs_no_grading(course):
    (course.home / "released_texts" / f"{toy.NAME}.json").write_text('{"versions": [1]}')
    (original,) = originals(course, toy.NAME)
    assert rebuild(whole(toy.released(course)), original).flags == []


def test_an_extra_cell_never_runs_if_it_asks_to_be_skipped(answered, original):
    rebuilt = rebuild(whole(with_cell(answered, source="train()", metadata={"tags": ["skip-execution"]})), original)
    assert rebuilt.notebook["cells"][-1]["cell_type"] == "raw"


def test_of_copies_of_an_answer_the_one_that_was_worked_in_counts(answered, original):
    starter = named(rebuild(None, original))["half"]["source"]
    twice = copied(changed(answered, "half", source=starter), "half", source=ANSWERS["half"])
    rebuilt = rebuild(whole(twice), original)
    assert named(rebuilt)["half"]["source"] == ANSWERS["half"]


def test_answers_without_metadata_are_known_by_the_names_that_they_define(answered, original):
    stripped = as_colab_saves_it(answered)
    stripped["cells"].insert(2, {"cell_type": "code", "metadata": {}, "source": "import math\nprint(1)"})
    stripped["cells"].insert(5, {"cell_type": "code", "metadata": {}, "source": "half(3)"})
    rebuilt = rebuild(whole(stripped), original)
    cells = named(rebuilt)
    assert {name: cells[name]["source"] for name in toy.RIGHT} == toy.RIGHT
    assert not any(flag.look for flag in rebuilt.flags)


def test_thousands_of_cells_are_read(answered, original):
    many = [{"cell_type": "code", "metadata": {}, "source": f"x{n} = {n}"} for n in range(5_000)]
    rebuilt = rebuild(whole(answered | {"cells": [*many, *answered["cells"]]}), original)
    assert len(rebuilt.notebook["cells"]) == 5_000 + len(original.cells)
    stripped = as_colab_saves_it(answered | {"cells": [*many, *answered["cells"]]})
    assert named(rebuild(whole(stripped), original))["half"]["source"] == ANSWERS["half"]


def test_hidden_tests_are_cut_out_whole():
    source = "a\n### BEGIN HIDDEN TESTS\nsecret\n### END HIDDEN TESTS\nb\n  # BEGIN HIDDEN TESTS\nsecret"
    assert without_hidden_tests(source) == "a\nb"
