"""Rebuilding: whatever the file looks like, the tests are the instructor's and the answers the student's."""

import copy
import json

import pytest

from grader.grading.intake import released_texts
from grader.grading.intake.instructor_notebook import originals, without_hidden_tests
from grader.grading.intake.rebuild import MISSING, rebuild
from grader.workflow import release
from tests import toy_course as toy

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


def entry(notebook, name, **values):
    changed = copy.deepcopy(notebook)
    cell = next(cell for cell in changed["cells"] if cell["id"] == name)
    cell["metadata"]["nbgrader"].update(values)
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


def as_version_3(notebook):
    cells = [{**cell, "input": cell["source"], "language": "python"} for cell in notebook["cells"]]
    for cell in cells:
        if cell["cell_type"] == "code":
            del cell["source"]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def moved(notebook, name, place):
    cells = [cell for cell in notebook["cells"] if cell["id"] != name]
    cells.insert(place, next(cell for cell in notebook["cells"] if cell["id"] == name))
    return notebook | {"cells": cells}


def copied(notebook, name, **parts):
    double = copy.deepcopy(next(cell for cell in notebook["cells"] if cell["id"] == name)) | parts
    return notebook | {"cells": [*notebook["cells"], double]}


def test_an_honest_submission_is_taken_as_it_is_and_hidden_tests_are_back(answered, original):
    rebuilt = rebuild(whole(answered), original)
    assert rebuilt.flags == []
    assert [cell["id"] for cell in rebuilt.notebook["cells"]] == [cell["id"] for cell in answered["cells"]]
    assert "halves are not rounded" in named(rebuilt)["half-test"]["source"]
    assert rebuilt.answered == {"half", "spread", "reflection"}


FORMS = {
    "byte order mark": lambda nb: b"\xef\xbb\xbf" + whole(nb),
    "UTF-16": lambda nb: json.dumps(nb).encode("utf-16"),
    "UTF-16 without a mark": lambda nb: json.dumps(nb).encode("utf-16-le"),
    "latin-1": lambda nb: json.dumps(with_cell(nb, source="# fünf"), ensure_ascii=False).encode("latin-1"),
    "raw control characters": lambda nb: whole(with_cell(nb, source="#TAB")).replace(b"TAB", b"\t\x01"),
    "other line breaks": lambda nb: whole(
        nb | {"cells": [c | {"source": "".join(c["source"]).replace("\n", "\r\n")} for c in nb["cells"]]}
    ),
    "old format": lambda nb: whole(as_version_3(nb)),
    "Colab": lambda nb: whole(as_colab_saves_it(nb)),
    "metadata stripped": lambda nb: whole(nb | {"cells": [c | {"metadata": {}} for c in nb["cells"]]}),
    "metadata of other types": lambda nb: whole(nb | {"cells": [c | {"metadata": [1]} for c in nb["cells"]]}),
    "cells among which are none": lambda nb: whole(
        nb | {"cells": [1, *nb["cells"], {"cell_type": "code", "source": 5}]}
    ),
    "unknown version": lambda nb: whole(nb | {"nbformat": 9, "nbformat_minor": {}}),
    "a huge number": lambda nb: whole(nb).replace(b'"nbformat": 4', b'"nbformat": ' + b"9" * 9999),
    "half characters": lambda nb: whole(with_cell(nb, source="# \ud800")),
    "cut off after the last answer": lambda nb: whole(nb)[: whole(nb).index(b'"metadata": {"kernelspec')],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_answers_are_found_in_whatever_form_they_come(answered, original, form):
    rebuilt = rebuild(form(answered), original)
    cells = named(rebuilt)
    assert {name: cells[name]["source"] for name in ANSWERS} == ANSWERS
    assert list(cells) == [cell.grade_id for cell in original.cells if cell.grade_id]
    json.dumps(rebuilt.notebook).encode()
    "".join(cell["source"] for cell in rebuilt.notebook["cells"]).encode()


REPAIRS = {
    "edited": (lambda nb: changed(nb, "half-test", source="pass"), "half-test"),
    "deleted": (lambda nb: toy.without(nb, "spread-test"), "spread-test"),
    "moved": (lambda nb: moved(nb, "half-test", 0), "half-test"),
    "duplicated": (lambda nb: copied(nb, "half-test"), "half-test"),
    "retyped": (lambda nb: changed(nb, "both-test", cell_type="markdown"), "both-test"),
    "points": (lambda nb: entry(nb, "half-test", points=100), "half-test"),
    "metadata": (lambda nb: entry(nb, "half-test", grade=False), "half-test"),
    "tag": (lambda nb: with_tag(nb, "half-test"), "half-test"),
    "extra": (
        lambda nb: with_cell(
            nb, source="99.0", metadata={"nbgrader": {"grade": True, "grade_id": "bonus", "points": 9}}
        ),
        "bonus",
    ),
    "kernelspec": (lambda nb: nb | {"metadata": {"kernelspec": {"language": "julia"}}}, ""),
}


def with_tag(notebook, name):
    changed = copy.deepcopy(notebook)
    next(cell for cell in changed["cells"] if cell["id"] == name)["metadata"]["tags"] = ["skip-execution"]
    return changed


@pytest.mark.parametrize("kind", REPAIRS)
def test_what_was_done_to_the_tests_is_undone_and_flagged(answered, original, kind):
    tamper, cell = REPAIRS[kind]
    rebuilt = rebuild(whole(tamper(answered)), original)
    assert (kind, cell) in {(flag.kind, flag.cell) for flag in rebuilt.flags}
    assert all(flag.look for flag in rebuilt.flags)
    expected = [cell.as_dict(ANSWERS.get(cell.grade_id)) for cell in original.cells if cell.grade_id]
    assert list(named(rebuilt).values()) == expected


@pytest.fixture
def released_again(course):
    """The toy course, one of whose tests and starters was changed and released; what students got before."""
    before = toy.released(course)
    source = course.folder("source", name=toy.NAME) / f"{toy.NAME}.ipynb"
    text = source.read_text().replace("assert half(4) == 2, ", "assert half(6) == 3, ")
    source.write_text(
        text.replace("Halving rounds", "Write here. Halving rounds").replace("def half(x)", "def half(y)")
    )
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


def test_a_test_that_equals_no_release_was_edited(released_again):
    original, before = released_again
    (flag,) = rebuild(whole(changed(before, "half-test", source="assert True")), original).flags
    assert (flag.kind, flag.cell) == ("edited", "half-test")


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


def test_extra_cells_stay_where_they_stood(answered, original):
    place = [cell["id"] for cell in answered["cells"]].index("spread")
    rebuilt = rebuild(whole(with_cell(answered, place, source="import math", id="own")), original)
    sources = [cell["source"] for cell in rebuilt.notebook["cells"]]
    assert sources.index("import math") == sources.index(ANSWERS["spread"]) - 1
    assert rebuilt.flags == []


def test_an_extra_cell_never_runs_if_it_asks_to_be_skipped(answered, original):
    rebuilt = rebuild(whole(with_cell(answered, source="train()", metadata={"tags": ["skip-execution"]})), original)
    assert rebuilt.notebook["cells"][-1]["cell_type"] == "raw"


def test_a_deleted_answer_gets_no_starter_that_would_undo_one_written_elsewhere(answered, original):
    own = with_cell(toy.without(answered, "half"), 0, source=ANSWERS["half"])
    cells = named(rebuild(whole(own), original))
    assert cells["half"]["source"] in (MISSING, ANSWERS["half"])


def test_of_copies_of_an_answer_the_one_that_was_worked_in_counts(answered, original):
    starter = named(rebuild(None, original))["half"]["source"]
    rebuilt = rebuild(
        whole(copied(changed(answered, "half", source=starter), "half", source=ANSWERS["half"])), original
    )
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


BROKEN = {
    "empty": (b"", "is empty"),
    "zeros": (b"\0" * 100, "is empty"),
    "not handed in": (None, "was not handed in"),
    "no JSON": (b"%PDF-1.7", "is not JSON"),
    "nested without end": (b"[" * 100_000, "is not JSON"),
    "a list": (b"[]", "no list of cells"),
    "cells that are none": (b'{"cells": [1]}', "no cell in it is one"),
}


@pytest.mark.parametrize(("content", "told"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_notebook_is_named_and_earns_nothing(original, content, told):
    rebuilt = rebuild(content, original)
    assert not rebuilt.readable
    assert told in rebuilt.flags[-1].text
    assert "earned no points" in rebuilt.flags[-1].text
    assert [cell["source"] for cell in rebuilt.notebook["cells"]] == [cell.source for cell in original.cells]


def test_hidden_tests_are_cut_out_whole():
    source = "a\n### BEGIN HIDDEN TESTS\nsecret\n### END HIDDEN TESTS\nb\n  # BEGIN HIDDEN TESTS\nsecret"
    assert without_hidden_tests(source) == "a\nb"
