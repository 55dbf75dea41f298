"""Which test is decided apart from the answer follows from the released text of its cell, and from nothing else."""

import json

import pytest

from grader.grading.analysis.grading_plan import SuiteCall, plans
from grader.grading.intake.instructor_notebook import InstructorNotebook
from tests.grader.grading.bench import NAME, answer, check, locked

SUITE = "grader.suites.minimize_cost"
CALL = SuiteCall(SUITE, "level", ("Policy",))
IMPORT = "from grader.suites import minimize_cost as suite"


def planned(test: str, imports: str = IMPORT, source: str | None = None) -> SuiteCall | None:
    """Where the test of a small assignment is decided: its call, or None; `source` is what the author wrote since."""
    policy, right = answer("policy", "class Policy: pass")
    original = InstructorNotebook(NAME, (locked("imports", imports), policy, check("test", test)))
    texts = {"policy": right, "test": test if source is None else source}
    cells = [cell.as_dict(texts.get(cell.grade_id, cell.source)) for cell in original.cells]
    solved = {NAME: json.dumps(original.notebook(cells)).encode()}
    return plans([original], solved).notebooks[NAME].calls.get("test")


@pytest.mark.parametrize("imports", [IMPORT, f"import {SUITE} as suite", f"import math\n{IMPORT}\nsuite.begin()"])
def test_a_call_of_a_suite_is_known_however_it_is_imported(imports):
    assert planned("suite.level(Policy)", imports) == CALL
    assert planned("# the level\n%matplotlib inline\nsuite.level(Policy)  # six days\n", imports) == CALL


@pytest.mark.parametrize(
    "test",
    [
        "assert suite.level(Policy)",
        "points = suite.level(Policy)\npoints",
        "suite.level(Policy())",
        "suite.level(Policy, 3)",
        "suite.level(policy=Policy)",
        "other.level(Policy)",
        "level(Policy)",
    ],
)
def test_what_is_more_than_a_call_of_a_suite_with_names_is_an_ordinary_test(test):
    assert planned(test) is None


def test_a_test_that_was_changed_and_not_released_has_no_say():
    assert planned("suite.level(Policy)", source="suite.cost(Policy)") == CALL
    assert planned("assert Policy", source="suite.level(Policy)") is None
