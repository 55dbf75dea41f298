"""Which tests a changed cell can reach: by names, through other cells, and everywhere where names do not tell."""

from pathlib import Path

import pytest

from grader.answer_bank.affected_tests import reached
from grader.answer_bank.model import Bank, BankAnswer
from grader.answer_bank.proof import prove

CELLS = {
    "imports": "import math",
    "half": "def half(x):\n    return x / 2",
    "quarter": "def quarter(x):\n    return half(half(x))",
    "pi": "def pi():\n    half = math.pi\n    return half",
    "test-half": "suite.check(half)",
    "test-quarter": "suite.check(quarter)",
    "test-pi": "suite.check(pi)",
}


@pytest.mark.parametrize(
    ("cell", "text", "tests"),
    [
        ("half", "def half(x):\n    return x * 0.5", {"half", "quarter"}),
        ("quarter", "def quarter(x):\n    return x / 4", {"quarter"}),
        ("pi", "def pi():\n    return 3.14", {"pi"}),
        ("pi", "def pi():\n    return 3.14\n\ndef half(x):\n    return x", {"half", "quarter", "pi"}),
        ("pi", "class pi:\n    def __call__(self):\n        global half\n        half = 3", {"half", "quarter", "pi"}),
        ("imports", "import cmath as math", {"pi"}),
        ("half", "half = lambda x: x", {"half", "quarter"}),
        ("half", "def half(x):\n    return x / 2\n\nmath.pi = 3", {"half", "quarter", "pi"}),
        ("half", "def half(x):\n    return x / 2\n\nprint(half(1))", {"half", "quarter", "pi"}),
        ("half", "def half(x", {"half", "quarter", "pi"}),
        ("half", CELLS["half"], set()),
    ],
)
def test_a_changed_cell_reaches_the_tests_that_use_its_names_through_others_too(cell, text, tests):
    found = reached(CELLS | {cell: text}, CELLS)
    assert {name for name in found if name.startswith("test-")} == {f"test-{name}" for name in tests}


SAYS = """
from grader.suite_kit.points import Points
class Report:
    def text(self): return "said"
"""


def bank_with(points, folder):
    """Two tests, each of a cell of its own, and an answer that is wrong in the first and said to get these points."""
    cells = [("kit", SAYS), ("x", "x = 1"), ("y", "y = 1"),
             ("test-x", "Points(x, 1, Report())"), ("test-y", "Points(y, 1, Report())")]  # fmt: skip
    answers = [BankAnswer("reference", "reference"), BankAnswer("zero", "wrong", {"x": "x = 0"}, points, ("said",))]
    return Bank("small", folder / "small.ipynb", cells, {"test-x": 1.0, "test-y": 1.0}, answers, (), {})


def test_a_wrong_answer_is_run_in_the_tests_that_it_reaches_alone(tmp_path):
    bank = bank_with({"test-x": 0.0}, tmp_path)
    assert [bank.tests(answer) for answer in bank.answers] == [["test-x", "test-y"], ["test-x"]]
    assert [list(finding.problems) for finding in prove(bank)] == [[], []]


def test_a_loss_that_is_stated_of_a_test_out_of_reach_is_a_problem(tmp_path):
    _, finding = prove(bank_with({"test-x": 0.0, "test-y": 0.0}, tmp_path))
    assert finding.problems == ("test-y gave 1, not 0",)


def test_a_mistake_is_held_against_the_right_answer_over_which_it_is_laid():
    right = BankAnswer("other", "alternative", {"x": "x = 2 - 1", "y": "y = 2 - 1"})
    mistake = BankAnswer("a lesson", "mistake", {"x": "x = 0", "y": "y = 2 - 1"}, exact=False)
    bank = bank_with({"test-x": 0.0}, Path("small"))
    assert bank.tests(mistake, right) == ["test-x"]
    assert bank.tests(mistake) == ["test-x", "test-y"]
