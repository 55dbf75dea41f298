"""Plain data is right by its form and its values, and by nothing else."""

import math

import numpy as np
import pytest

from grader.suite_kit.comparison import agrees, differing


@pytest.mark.parametrize(
    ("came", "right", "agree"),
    [
        ([{"a": 1.5}], [{"a": 1.5}], True),
        (({"a": np.float64(1.5)},), [{"a": 1.5}], True),
        ([{"a": 1}], [{"a": 1.0}], True),
        ([{"a": True}], [{"a": 1}], False),
        ([{"a": "1"}], [{"a": 1}], False),
        ([{"a": float("nan")}], [{"a": None}], False),
        ([{"a": 0}], [{"a": None}], False),
        ([{"a": None}], [{"a": 0}], False),
        ([{"a": 1, "entity": "e"}], [{"a": 1}], False),
        ([{}], [{"a": None}], False),
        ({"a": 1}, [{"a": 1}], False),
        ({1: 1}, {"a": 1}, False),
        ("x", "x", True),
        (None, "x", False),
    ],
)
def test_only_plain_values_of_the_same_form_agree(came, right, agree):
    assert agrees(came, right) is agree


@pytest.mark.parametrize(
    "given", [True, "0.3", None, math.nan, math.inf, [0.3], 0.3j, np.float64("nan"), np.True_, 10**400]
)
def test_only_a_finite_plain_number_agrees_with_a_number(given):
    assert not agrees(given, 0.3, 10)
    assert agrees(np.float32(0.3), 0.3, 1e-6)


def test_answers_that_differ_are_named_by_their_place():
    assert differing([1.0, 2.1, None, [3]], [1.0, 2.0, None, [3.05]], 0.06) == [1]
