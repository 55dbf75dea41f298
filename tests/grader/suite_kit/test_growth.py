"""Growth is a ratio of CPU times in one run, measured again only where that may change the points."""

import pytest

from grader.suite_kit.growth import Growth, measure_growth


@pytest.mark.parametrize(
    ("large_s", "ratio", "rounds"),
    [([12.0], 12.0, 1), ([30.0, 12.0], 12.0, 2), ([30.0, 25.0, 21.0], 21.0, 3), ([41.0], 41.0, 1)],
)
def test_a_round_more_is_made_only_where_it_may_change_the_points(large_s, ratio, rounds):
    told, left = [], iter(large_s)

    def timed(rows):
        told.append(rows)
        return 1.0 if rows == 5 else next(left), True

    assert measure_growth(timed, 5, 10, 20) == Growth(ratio, True)
    assert (told.count(50), told.count(5)) == (rounds, 8 * rounds)


@pytest.mark.parametrize("wrong", [5, 50])
def test_one_wrong_job_makes_the_growth_that_of_wrong_answers(wrong):
    assert not measure_growth(lambda rows: (float(rows), rows != wrong), 5, 10, 20).right
