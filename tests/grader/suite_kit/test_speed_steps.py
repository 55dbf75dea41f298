"""Points for figures that are fed in: whole steps, and nothing for speed that is not the answer's own."""

import math
from dataclasses import replace

import pytest

from grader.suite_kit.benchmark import Speed
from grader.suite_kit.families import Family
from grader.suite_kit.score_sheet import Sheet
from grader.suite_kit.speed_steps import SpeedTest

POINTS = {"right": 0, "own": 0, "faster": 9}
FAMILIES = {
    name: Family(test="speed", title=name, points=points, production="it costs.") for name, points in POINTS.items()
}
RIGHT = tuple((None, 0.3, 0.3) for _ in range(40))
QUICK = Speed(ratio=80.0, low=60.0, high=120.0, wall_ratio=70.0, outputs=RIGHT)


def timed(found, sure=True):
    sheet = Sheet("speed", 9, families=FAMILIES)
    pairs = [(right, given) for _, right, given in found.outputs]
    test = SpeedTest(sheet, "request", "the slow one")
    test.judge_steps("faster", (found, sure), (2.5, 8, 30), test.judge_validity([found], pairs), 3)
    return sheet


@pytest.mark.parametrize(("ratio", "points"), [(1.4, 0), (2.4, 0), (2.5, 3), (7.9, 3), (8, 6), (29, 6), (30, 9)])
def test_speed_earns_three_points_a_step(ratio, points):
    sheet = timed(replace(QUICK, ratio=ratio))
    assert sheet.points == points
    margins = [row.margin for row in sheet.criteria if row.margin is not None]
    assert margins == pytest.approx([ratio / 2.5, ratio / 8, ratio / 30])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (replace(QUICK, outputs=(*RIGHT, *[(None, 0.3, 0.5)] * 3)), "the speed does not count"),
        (replace(QUICK, outputs=(*RIGHT, *[(None, 0.3, math.nan)] * 3)), "the speed does not count"),
        (replace(QUICK, outputs=(*RIGHT, *[(None, 0.3, None)] * 3)), "the speed does not count"),
        (replace(QUICK, delegated_s=0.6), "in another process"),
        (replace(QUICK, helpers=1), "in another process"),
        (replace(QUICK, after_s=0.09), "after the answer"),
        (replace(QUICK, wall_ratio=1.0), "the caller waited"),
    ],
)
def test_speed_that_is_not_of_the_answer_earns_nothing(found, words):
    sheet = timed(found)
    assert sheet.points == 0
    assert words in " ".join(sheet.text().split())


def test_one_wrong_answer_in_twenty_is_forgiven_in_the_timing():
    assert timed(replace(QUICK, outputs=(*RIGHT, *[(None, 0.3, 0.5)] * 2))).points == 9


def test_an_unsteady_measurement_is_unstable_with_the_points_that_are_certain():
    sheet = timed(replace(QUICK, ratio=40.0, low=10.0), sure=False)
    assert sheet.verdict == "unstable"
    assert sheet.points == 6


def test_several_measurements_are_judged_apart_and_count_together():
    sheet = Sheet("speed", 9, families=FAMILIES)
    found = {"one row": QUICK, "ten rows": replace(QUICK, ratio=5.0, helpers=1)}
    test = SpeedTest(sheet, "row", "the slow one")
    assert not test.judge_validity(list(found.values()), [(0.3, 0.3)])
    assert "1 new processes" in sheet.text()
    for title, measurement in found.items():
        test.judge_steps("faster", (measurement, True), (8,), True, title=title)
    assert [(criterion.name, criterion.met) for criterion in sheet.criteria[2:]] == [
        ("one row", True),
        ("ten rows", False),
    ]
    assert "Ten rows takes 1/5 of the CPU time of the slow one" in " ".join(sheet.text().split())
