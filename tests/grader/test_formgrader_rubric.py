"""Every exercise's rubric as formgrader's buttons: all its criteria, and the points of the record in all."""

import json
from pathlib import Path

import pytest

from grader.formgrader_rubric import criteria, rubric

ROOT = Path(__file__).parents[2]
EXERCISES = sorted(path.parent.name for path in ROOT.glob("solutions/*/*.ipynb"))


@pytest.mark.parametrize("name", EXERCISES)
def test_the_best_of_each_criterion_is_the_points_of_the_record(name):
    found = criteria(rubric(ROOT, name))
    cells = json.loads((ROOT / "exercises" / name / f"{name}.ipynb").read_text())["cells"]
    record = next(cell["metadata"]["nbgrader"] for cell in cells if cell["id"] == "decision-record")
    assert sum(max(points for points, _ in levels) for _, levels in found) == record["points"]
    assert {tuple(points for points, _ in levels) for _, levels in found} == {(1.0, 0.5, 0.0)}


def test_a_rubric_without_a_table_of_points_has_no_buttons():
    assert criteria("**Two points** name the operator.") == []
    assert criteria("| heading | much |\n|---|---|\n| cause | why |") == []
