"""Points are a plain number for nbgrader, whatever a suite computed."""

from fractions import Fraction

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from nbformat.v4 import new_output
from nbgrader.utils import get_partial_grade

from grader.suite_kit.points import Points, clamp


class Report:
    def html(self):
        return "<table></table>"


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (3, "3.0"),
        (np.float64(3.0), "3.0"),
        (np.int64(2), "2.0"),
        (Fraction(7, 2), "3.5"),
        (4.000000000000001, "4.0"),
        (17, "4.0"),
        (0.1 + 0.2, "0.3"),
        (-1e-18, "0.0"),
        (-2, "0.0"),
        (float("nan"), "0.0"),
        (float("inf"), "0.0"),
        (True, "0.0"),
        (np.True_, "0.0"),
        (None, "0.0"),
        ("4", "0.0"),
        (2 + 0j, "0.0"),
    ],
)
def test_whatever_is_fed_nbgrader_reads_a_number_within_the_maximum(value, points):
    data, _ = DisplayFormatter().format(Points(value, 4, Report()))
    assert data["text/plain"] == points
    assert get_partial_grade(new_output("execute_result", data), 4) == float(points)


def test_the_html_form_is_the_table_and_the_text_form_is_not():
    data, _ = DisplayFormatter().format(Points(3, 4, Report()))
    assert data["text/html"] == "<table></table>"
    assert str(Points(3, 4)) == repr(Points(3, 4)) == f"{Points(3, 4)}" == "3.0"


def test_without_clamping_nbgrader_would_refuse_a_sum_or_give_full_marks():
    with pytest.raises(ValueError, match="greater than maximum"):
        get_partial_grade(new_output("execute_result", {"text/plain": "4.000000000000001"}), 4)
    assert get_partial_grade(new_output("execute_result", {"text/plain": repr(np.float64(3.0))}), 4) == 4


def test_points_add_up_as_numbers():
    assert type(Points(1.5, 4) + Points(2, 4)) is float
    assert sum([Points(1.5, 4), Points(2, 4)]) == 3.5
    assert clamp(2, 4) == 2.0
