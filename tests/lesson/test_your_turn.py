import numpy as np
import pytest

from mlsd_lib.lesson import case, check
from mlsd_lib.lesson.reader import LessonError, record


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path))


def double(values):
    return [2 * v for v in values]


def unanswered(values):
    raise NotImplementedError


def forgets_return(values):
    [2 * v for v in values]


def changes_its_input(values):
    values[:] = [2 * v for v in values]
    return values


def divides_by_zero(values):
    return values[0] / 0


CASES = [case(([1, 2],), [2, 4]), case(([3],), [6], mistakes={"You squared it.": [9]})]


@pytest.mark.parametrize(
    ("attempt", "outcome", "message"),
    [
        (double, "pass", "2 of 2"),
        (unanswered, "not attempted", "Write your answer"),
        (None, "not attempted", "Write your answer"),
        (..., "not attempted", "Write your answer"),
        (forgets_return, "fail", "Is a return missing"),
        (changes_its_input, "fail", "changed its own input"),
        (divides_by_zero, "error in your code", "ZeroDivisionError"),
        (lambda values: [v + 1 for v in values], "fail", "expected [2, 4]"),
    ],
)
def test_each_outcome_has_its_message(attempt, outcome, message):
    result = check("double", attempt, CASES, hint="Twice.")
    assert result.outcome == outcome
    assert message in result.message


def test_a_known_mistake_is_explained_and_the_hint_follows():
    result = check("double", lambda values: [v**2 for v in values] if values == [3] else [2, 4], CASES, hint="Twice.")
    assert result.message.endswith("You squared it. Twice.")


def test_the_error_names_the_call():
    assert "divides_by_zero([1, 2])" in check("double", divides_by_zero, CASES).message


def test_the_outcome_is_kept_for_the_start_page():
    check("double", double, CASES)
    with record() as connection:
        assert connection.execute("SELECT outcome FROM checks WHERE id = 'double'").fetchone()["outcome"] == "pass"


@pytest.mark.parametrize(
    ("value", "expected", "agrees"),
    [
        (np.float64(0.5), 0.5, True),
        (np.array([1.0, 2.0]), [1.0, 2.0], True),
        (np.array([[1.0, 2.0]]), [1.0, 2.0], False),
        (float("nan"), 0.5, False),
        (True, True, True),
        (np.True_, True, True),
        (1, True, False),
        ("a", "a", True),
        ({"a": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0, "b": 2.0}, {"a": 1.0}, False),
        ([True, False], [True, True], False),
        (object(), 3.0, False),
    ],
)
def test_values_agree_by_shape_kind_and_tolerance(value, expected, agrees):
    assert (check("value", value, [case((), expected)]).outcome == "pass") is agrees


def test_an_object_equal_to_everything_does_not_pass():
    class Equal:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert check("value", Equal(), [case((), 3.0)]).outcome == "fail"


def test_arguments_must_be_a_tuple():
    with pytest.raises(LessonError, match="tuple"):
        case([1], 1)


@pytest.mark.parametrize("arguments", [([1, 2], 0.5), ([[1.0], [2.0, 3.0]], 1), ([float("nan")], 2)])
def test_input_of_any_shape_that_is_left_alone_is_not_called_changed(arguments):
    assert check("t", lambda values, factor: factor, [case(arguments, arguments[1])]).outcome == "pass"


@pytest.mark.parametrize(("value", "agrees"), [([[1], [2, 3]], True), ([[1], [2, 4]], False), ([[1]], False)])
def test_lists_of_lists_of_different_lengths_agree_entry_by_entry(value, agrees):
    assert (check("t", lambda: value, [case((), [[1], [2, 3]])]).outcome == "pass") is agrees
