"""Figures fed in: the guard looks at the upper end of its interval."""

import numpy as np
import pytest

from grader.suite_kit.accuracy_guard import judge_accuracy
from grader.suite_kit.families import Family
from grader.suite_kit.score_sheet import Sheet

FAMILIES = {"accuracy": Family(test="a test", title="log loss", production="money is lost.")}
REPLACED = [0.1 + 0.8 * (i % 10) / 9 for i in range(200)]
OUTCOMES = [
    int(chance > replaced) for replaced, chance in zip(REPLACED, np.random.default_rng(1).random(200), strict=True)
]
OUTCOMES = [1 - outcome for outcome in OUTCOMES]  # an event is as likely as was foretold


@pytest.mark.parametrize(
    ("given", "points", "words"),
    [
        (REPLACED, 1, "+0.000 +-0.000"),
        ([0.5] * 200, 0, "On 200 cases, your answers may be worse by up to"),
        ([None] * 200, 0, "no probabilities"),
        ([1.5] * 200, 0, "no probabilities"),
        ([float(outcome) for outcome in OUTCOMES], 1, "at most 0.01"),
        (
            [replaced + 0.02 for replaced in REPLACED],
            0,
            "and only up to 0.01 is allowed",
        ),  # the mean is not above, the end is
    ],
)
def test_the_guard_looks_at_the_upper_end_of_its_interval(given, points, words):
    sheet = Sheet("a test", 1, families=FAMILIES)
    judge_accuracy(sheet, given, REPLACED, OUTCOMES, "cases")
    text = " ".join(sheet.text().split())
    assert sheet.points == points, text
    assert words in text
