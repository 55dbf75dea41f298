"""Intake: tests are the released ones whatever became of them; answers are the student's, and are never lost."""

import copy
import json

import pytest

from grader.workflow import stock_intake
from tests import toy_course as toy


@pytest.fixture(scope="module")
def released(released_once):
    return toy.released(released_once)


@pytest.fixture
def answered(released_once):
    return toy.answered(released_once, **toy.RIGHT, reflection="Because / divides.")


def take(notebook: object, released: dict) -> stock_intake.Taken:
    return stock_intake.take(json.dumps(notebook).encode(), released)


def named(taken: stock_intake.Taken) -> dict[str, dict]:
    return {stock_intake.grade_id(one): one for one in taken.notebook["cells"] if stock_intake.grade_id(one)}


def change(notebook: dict, name: str, **changes: object) -> dict:
    changed = copy.deepcopy(notebook)
    next(one for one in changed["cells"] if one["id"] == name).update(changes)
    return changed


def stripped(notebook: dict) -> dict:
    changed = copy.deepcopy(notebook)
    for one in changed["cells"]:
        one["metadata"] = {}
    return changed


def points_changed(notebook: dict) -> dict:
    changed = copy.deepcopy(notebook)
    for one in changed["cells"]:
        if "points" in one["metadata"].get("nbgrader", {}):
            one["metadata"]["nbgrader"]["points"] = 100
    return changed


def test_an_honest_submission_is_taken_as_it_is(answered, released):
    taken = take(answered, released)
    assert taken.notes == []
    assert [stock_intake.text(one) for one in taken.notebook["cells"]] == [
        stock_intake.text(one) for one in answered["cells"]
    ]


REPAIRED = {
    "a test deleted": (lambda nb: toy.without(nb, "spread-test"), "the test cell 'spread-test' was missing"),
    "a test edited": (lambda nb: change(nb, "half-test", source="pass"), "the test cell 'half-test' was edited"),
    "an answer deleted": (lambda nb: toy.without(nb, "reflection"), "the answer cell 'reflection' was missing"),
    "tests skipped": (lambda nb: change(nb, "half-test", metadata={"tags": ["skip-execution"]}), ""),
    "a test made text": (lambda nb: change(nb, "both-test", cell_type="markdown"), ""),
    "points changed": (points_changed, ""),
    "metadata stripped": (stripped, ""),
    "cells in another order": (lambda nb: nb | {"cells": nb["cells"][::-1]}, ""),
    "other line breaks": (lambda nb: change(nb, "half", source=toy.RIGHT["half"].replace("\n", "\r\n")), ""),
}


@pytest.mark.parametrize(("repair", "note"), REPAIRED.values(), ids=REPAIRED.keys())
def test_every_test_is_there_as_it_was_released(answered, released, repair, note):
    taken = take(repair(answered), released)
    cells, masters = (
        named(taken),
        {stock_intake.grade_id(one): one for one in released["cells"] if stock_intake.grade_id(one)},
    )
    tests = [name for name, master in masters.items() if master["metadata"]["nbgrader"].get("points")]
    assert all(cells[name]["metadata"] == masters[name]["metadata"] for name in tests)
    locked = [name for name in tests if stock_intake.is_locked(masters[name])]
    assert all(stock_intake.text(cells[name]) == stock_intake.text(masters[name]) for name in locked)
    assert [cells[name]["cell_type"] for name in locked] == ["code"] * 3
    assert stock_intake.text(cells["half"]) == toy.RIGHT["half"]
    assert len(taken.notes) == bool(note)
    assert all(note in one for one in taken.notes)


def test_a_test_is_put_back_where_it_belongs(answered, released):
    names = list(named(take(toy.without(toy.without(answered, "spread-test"), "both-test"), released)))
    assert names[names.index("spread") :] == ["spread", "spread-test", "both-test", "reflection"]


def test_of_a_copied_cell_the_first_counts_and_the_other_stays_as_an_extra(answered, released):
    double = copy.deepcopy(next(one for one in answered["cells"] if one["id"] == "half"))
    double["source"] = "half = None"
    cells = [*answered["cells"], double]
    taken = take(answered | {"cells": cells}, released)
    assert stock_intake.text(named(taken)["half"]) == toy.RIGHT["half"]
    assert taken.notebook["cells"][-1]["metadata"] == {}


def test_a_cell_of_the_students_own_is_worth_nothing(answered, released):
    own = toy.cell("code", "bonus", "99.0", grade=True, points=99)
    taken = take(answered | {"cells": [*answered["cells"], own]}, released)
    assert taken.notebook["cells"][-1]["source"] == "99.0"
    assert "bonus" not in named(taken)


BROKEN = {
    "empty": (b"", "is empty"),
    "spaces": (b" \n", "is empty"),
    "not handed in": (None, "was not handed in"),
    "no JSON": (b"%PDF-1.7", "it is not JSON"),
    "cut off": (b'{"cells": [', "it is not JSON"),
    "nested without end": (b"[" * 100_000, "it is not JSON"),
    "a list": (b"[]", "it has no list of cells"),
    "old format": (b'{"worksheets": [], "nbformat": 3}', "it has no list of cells"),
    "cells that are none": (b'{"cells": [1]}', "a cell in it is not one"),
    "source that is none": (b'{"cells": [{"cell_type": "code", "source": 5}]}', "a cell in it is not one"),
}


@pytest.mark.parametrize(("content", "note"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_notebook_is_graded_as_the_released_one_and_said_so(released, content, note):
    taken = stock_intake.take(content, released)
    assert note in taken.notes[0]
    assert note in taken.notebook["cells"][0]["source"]
    assert taken.notebook["cells"][1:] == released["cells"]
