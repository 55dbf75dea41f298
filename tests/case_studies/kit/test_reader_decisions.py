"""A reader's decision is refused where it is typed, and not where it is used."""

import importlib
from typing import get_args

import numpy as np
import pytest

from case_studies.kit import Rollback
from case_studies.kit.reader_decisions import must_be_number, must_be_one_of, rerun
from mlsd_lib.lesson.reader import LessonError
from notebook_runner import course_root
from notebook_runner.course import read_json

CASES = [path for path in sorted((course_root() / "case_studies").glob("*/*.ipynb")) if path.stem == path.parent.name]


def test_what_is_left_open_and_what_is_allowed_passes():
    for value in (None, 1, 30, np.int64(30)):
        must_be_number("your_reviews", value, 1, 30, whole=True)
    must_be_number("your_share", 0.5, 0.01, 1)
    must_be_one_of("your_order", None, "harm", "arrival")
    must_be_one_of("your_order", "arrival", "harm", "arrival")


@pytest.mark.parametrize("value", ["four", 0, 31, 2.5, True, [4], float("nan")])
def test_another_number_is_refused_with_its_name_its_value_and_the_rule(value):
    with pytest.raises(LessonError, match=r"^your_reviews is .*; it must be a whole number from 1 to 30, or None for"):
        must_be_number("your_reviews", value, 1, 30, whole=True)


@pytest.mark.parametrize("value", ["Harm", "", 1, ["harm"]])
def test_another_word_is_refused_with_those_that_are_allowed(value):
    with pytest.raises(LessonError, match="it must be one of 'harm', 'arrival', or None for the default"):
        must_be_one_of("your_order", value, "harm", "arrival")


DECISIONS = {
    (path.stem, cell["id"]): "".join(cell["source"])
    for path in CASES
    for cell in read_json(path)["cells"]
    if "decision" in cell["metadata"].get("tags", [])
}


@pytest.mark.parametrize(("case", "cell"), DECISIONS, ids="-".join)
def test_every_decision_of_a_case_refuses_what_it_cannot_use_in_its_own_cell(case, cell):
    source, scope = DECISIONS[case, cell], {"must_be_number": must_be_number, "must_be_one_of": must_be_one_of}
    scope |= {
        "rerun": rerun,
        "labels": importlib.import_module(f"case_studies.{case}.labels"),
        "Rollback": Rollback,
        "get_args": get_args,
    }
    open_ones = dict(scope)
    exec(source, open_ones)
    names = [name for name in open_ones if name.startswith("your_")]
    assert names
    for name in names:
        with pytest.raises(LessonError, match=f"^{name} is 'fuor'"):
            exec(source.replace(f"{name} = None", f"{name} = 'fuor'"), dict(scope))
