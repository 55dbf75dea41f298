"""A policy that decides what cannot be done ends its test; hidden cases show the rule and no figure."""

import pytest

from grader.suite_kit.policies import Refused, came, unless_refused
from grader.suite_kit.questions import sides
from grader.suite_kit.score_sheet import Sheet


@pytest.mark.parametrize(
    ("private", "said"),
    [(False, "In a scenario: step asks for 7 of 5. Ask for fewer."), (True, "It asks for too many.")],
)
def test_a_refusal_is_said_in_full_only_where_nothing_is_hidden(private, said):
    def live():
        raise Refused("step asks for 7 of 5. Ask for fewer.", "asks for too many")

    sheet = Sheet("a test", 3, private=private)
    assert unless_refused(sheet, live, "It {rule}.", where="In a scenario: ") is None
    assert (sheet.outcome, sheet.notes) == ("fail", [said])
    assert unless_refused(sheet, lambda: 3, "") == 3


def test_what_came_in_place_of_a_decision_or_a_number_is_named():
    assert (came(None), came([])) == ("None (is a return missing?)", "list")
    assert sides([(1, 2), (float("nan"), 2), (0, 2), (3, 2)]) == "too low in 2, too high in 1, no number in 1"
