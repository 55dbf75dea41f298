"""A value that is none of those known."""

import pytest

from notebook_runner.errors import CourseError, require_one_of


def test_a_value_is_one_of_those_known_or_the_error_names_them():
    require_one_of("The policy", "b", ("a", "b", "c"), CourseError)
    with pytest.raises(CourseError, match=r"The policy is 'd'; it must be 'a', 'b' or 'c'\."):
        require_one_of("The policy", "d", ("a", "b", "c"), CourseError)
    with pytest.raises(CourseError, match="it must be"):
        require_one_of("The policy", None, ("None", "b"), CourseError)
