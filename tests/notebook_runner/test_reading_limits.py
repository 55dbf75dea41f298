"""How much code a lesson may ask a student to read: each bound, met and passed by one."""

import pytest

from notebook_runner.reading_limits import reading_faults


def cells(*lengths):
    return [{"cell_type": "code", "id": "a", "source": "# a comment\n\n" + "x = 1\n" * length} for length in lengths]


WITHIN = [9] * 28 + [16] * 4


@pytest.mark.parametrize(
    ("lengths", "fault"),
    [
        (WITHIN, None),
        ([], None),
        ([1] * 33, "33 code cells; 32"),
        ([9] * 22 + [22] + [25] * 9, "code lines; 420"),
        ([10] * 5, "10 code lines in the median cell; 9"),
        ([9] * 18 + [17] * 2, "17 code lines in the 90th percentile of cells; 16"),
    ],
)
def test_each_bound_is_kept(lengths, fault):
    found = list(reading_faults(cells(*lengths)))
    assert found == [] if fault is None else any(fault in told for told in found)


def test_a_case_study_has_more_cells_and_an_exercise_any_number():
    assert list(reading_faults(cells(*[1] * 42), "case_study")) == []
    assert len(list(reading_faults(cells(*[1] * 43), "case_study"))) == 1
    assert list(reading_faults(cells(*[20] * 43), "exercise")) == []


def test_prose_is_not_code():
    assert list(reading_faults([{"cell_type": "markdown", "id": "a", "source": "word\n" * 1_000}])) == []
