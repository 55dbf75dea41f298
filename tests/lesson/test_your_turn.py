import numpy as np
import pytest

from mlsd_lib.lesson import Exercise, case, check, checks
from mlsd_lib.lesson.reader import LessonError


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


def squares_three(values):
    return [v**2 for v in values] if values == [3] else [2, 4]


def test_a_known_mistake_is_explained_and_the_hint_comes_at_the_second_failure():
    first = check("double", squares_three, CASES, hint="Take each number twice.")
    assert "You squared it." in first.message
    assert "Take each number twice." not in first.message
    assert "A hint comes with the next failure." in first.message
    second = check("double", squares_three, CASES, hint="Take each number twice.")
    assert second.message.endswith("You squared it. Hint: Take each number twice.")


def test_an_error_is_a_failure_and_an_unanswered_cell_is_none():
    for attempt in (unanswered, None, unanswered):
        assert "Hint" not in check("double", attempt, CASES, hint="Take each number twice.").message
    assert "Hint" not in check("double", divides_by_zero, CASES, hint="Take each number twice.").message
    assert "Hint" in check("double", divides_by_zero, CASES, hint="Take each number twice.").message


def test_failures_are_counted_for_each_check_and_anew_after_a_pass():
    check("double", squares_three, CASES, hint="Twice.")
    assert "Hint" not in check("other", squares_three, CASES, hint="Twice.").message
    check("double", double, CASES, hint="Twice.")
    assert "Hint" not in check("double", squares_three, CASES, hint="Twice.").message


def test_a_mistake_that_has_a_name_is_told_before_a_case_that_has_none():
    cases = [case((1,), 3), case((2,), 6, mistakes={"Three times, not twice.": 4})]
    message = check("triple", lambda value: 2 * value, cases).message
    assert "expected 6. Three times, not twice." in message


def test_an_error_without_a_name_comes_after_a_mistake_with_one():
    cases = [case((0,), 0), case((2,), 1, mistakes={"Halve it.": 0.5})]
    assert "Halve it." in check("half", lambda value: 1 / value, cases).message


def key_of(payment):
    return str(payment)


def no_key(payment):
    return None


def in_order(key_of, payments):
    keys = [key_of(payment) for payment in payments]
    if not all(isinstance(key, str) for key in keys):
        raise AssertionError(f"{key_of.__name__} gave {keys[0]!r}; a key is a text.")  # pytest adds to an assert's text
    return [payments[i] for i in sorted(range(len(keys)), key=keys.__getitem__)]


def test_a_check_through_another_function_blames_the_readers_own():
    cases = [case(([9, 10],), [9, 10])]
    wrong = check("key", key_of, cases, through=in_order)
    assert wrong.message.startswith("in_order(key_of, [9, 10]) gave [10, 9]; expected [9, 10].")
    returns_nothing = check("key", no_key, cases, through=in_order)
    assert (returns_nothing.outcome, returns_nothing.message) == ("fail", "no_key gave None; a key is a text.")
    assert check("key", lambda payment: f"{payment:09}", cases, through=in_order).outcome == "pass"


def test_a_lessons_own_check_takes_a_name_and_an_answer():
    own = checks({"double": Exercise(CASES, hint="Twice.")})
    assert own("double", double).outcome == "pass"
    assert own("double", None).outcome == "not attempted"
    with pytest.raises(LessonError, match="'duble'; there are double"):
        own("duble", double)


def test_the_error_names_the_call():
    assert "divides_by_zero([1, 2])" in check("double", divides_by_zero, CASES).message


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


def test_a_function_among_the_arguments_is_shown_by_its_name():
    def triple(number):
        return 3 * number

    shown = check("apply", lambda function: function(1), [case((triple,), 4)]).message
    assert "(triple) gave 3; expected 4" in shown


@pytest.mark.parametrize(
    ("answer", "expected", "message"),
    [
        (0.25, 25, "100 times too small, as where percent and shares"),
        (2500, 2.5, "1000 times too large, as where ms and seconds"),
        ([0.1, 0.2], [10.0, 20.0], "100 times too small"),
    ],
)
def test_a_right_number_in_another_unit_is_said_to_be_one(answer, expected, message):
    assert message in check("unit", lambda: answer, [case((), expected)]).message


@pytest.mark.parametrize(("answer", "expected"), [(0.3, 25), (True, False), ("a", 100), ([1, 2], 100), (1, [0.0, 0.0])])
def test_a_wrong_number_is_not_called_a_unit(answer, expected):
    assert "unit" not in check("wrong", lambda: answer, [case((), expected)]).message
