import numpy as np
import pytest

from mlsd_lib.lesson import Turns
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


def explained(words, answer):
    """A wrong answer with the words that explain it."""
    answer.__doc__ = words
    return answer


def turn(right, *inputs, wrong=(), hint="", through=None):
    """The check of one turn, which takes an answer."""
    answers = {f"wrong_{n}": explained(*pair) for n, pair in enumerate(wrong)}
    check = Turns()
    check.turn("turn", *inputs, through=through)(type("Answers", (), {"__doc__": hint, "right": right, **answers}))
    return lambda attempt: check("turn", attempt)


SQUARED = ("You squared it.", lambda values: [v**2 for v in values])


def doubled():
    return turn(double, ([1, 2],), ([3],), wrong=[SQUARED], hint="Take each number twice.")


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
        (divides_by_zero, "error in your code", "divides_by_zero([3])"),
        (lambda values: [v + 4 for v in values], "fail", "gave [7]; expected [6]"),
        ([2, 4], "fail", "Your answer is [2, 4], no function."),
    ],
)
def test_each_outcome_has_its_message(attempt, outcome, message):
    result = doubled()(attempt)
    assert result.outcome == outcome
    assert message in result.message


def squares(values):
    return [v * v for v in values]


def test_a_known_mistake_is_explained_and_the_hint_comes_at_the_second_failure():
    first = doubled()(squares)
    assert first.message.startswith("squares([1, 2]) gave [1, 4]; expected [2, 4]. You squared it.")
    assert first.message.endswith("A hint comes with the next failure.")
    assert doubled()(squares).message.endswith("You squared it. Hint: Take each number twice.")


def test_an_error_is_a_failure_and_an_unanswered_cell_is_none():
    for attempt in (unanswered, None, unanswered):
        assert "Hint" not in doubled()(attempt).message
    assert "Hint" not in doubled()(divides_by_zero).message
    assert "Hint" in doubled()(divides_by_zero).message


def test_failures_are_counted_anew_after_a_pass():
    doubled()(squares)
    doubled()(double)
    assert "Hint" not in doubled()(squares).message


def test_of_the_wrong_answers_that_share_a_value_the_one_that_fits_everywhere_is_told():
    wrong = [("Not with one.", lambda x: x + 1), ("That is the cube.", lambda x: x**3)]
    check = turn(lambda x: 2 * x - 2, (1,), (2,), (0,), wrong=[*wrong, ("That is one.", lambda x: 1)])
    assert "That is the cube." in check(lambda x: x * x * x).message
    assert "That is one." in check(lambda x: x**0).message


@pytest.mark.parametrize("attempt", [lambda x: x if x < 9 else 1, lambda x: x if x < 9 else 1 / 0])
def test_an_answer_with_another_fault_as_well_is_told_the_mistake_that_it_makes_throughout(attempt):
    check = turn(lambda x: abs(x), (9,), (-4,), (-5,), wrong=[("Without the sign.", lambda x: x)])
    assert "(-4) gave -4; expected 4. Without the sign." in check(attempt).message


def test_an_answer_that_shares_a_value_by_chance_is_not_told_the_mistake():
    check = turn(lambda x: 2 * x, (1,), (3,), wrong=[("You squared it.", lambda x: x * x)])
    assert check(lambda x: 1).message == "<lambda>(1) gave 1; expected 2."


def test_a_wrong_answer_is_not_told_for_a_value_that_is_right():
    check = turn(lambda x: 2 * x, (2,), (30,), wrong=[("You squared it.", lambda x: x * x)])
    assert check(lambda x: 4).message == "<lambda>(30) gave 4; expected 60."


def test_of_inputs_without_a_known_mistake_the_shortest_is_shown_with_six_digits():
    check = turn(lambda *numbers: [sum(numbers)], (1.0, 2.0, 3.0), (0.1, 0.2))
    assert "gave [0.7]; expected [0.3]." in check(lambda *numbers: [sum(numbers) + 0.4]).message


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
    check = turn(lambda payment: f"{payment:09}", ([9, 10],), through=in_order)
    assert check(key_of).message.startswith("in_order(key_of, [9, 10]) gave [10, 9]; expected [9, 10].")
    returns_nothing = check(no_key)
    assert (returns_nothing.outcome, returns_nothing.message) == ("fail", "no_key gave None; a key is a text.")
    assert check(lambda payment: f"{payment:08}").outcome == "pass"


def test_a_turn_that_does_not_exist_is_named_with_those_that_do():
    check = Turns()
    check.turn("double", ([1],))(type("Double", (), {"right": double}))
    with pytest.raises(LessonError, match="'duble'; there are double"):
        check("duble", double)


def not_explained(values):
    return values


@pytest.mark.parametrize(
    ("answers", "arguments", "message"),
    [
        ({"rihgt": double}, ([1],), "has no function right"),
        ({"right": double, "not_explained": not_explained}, ([1],), "not_explained of the turn 't' has no docstring"),
        ({"right": double}, [1], r"has the input \[1\]; it must be a tuple"),
    ],
)
def test_a_turn_that_lacks_a_part_is_refused(answers, arguments, message):
    with pytest.raises(LessonError, match=message):
        Turns().turn("t", arguments)(type("Answers", (), answers))


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
    assert (turn(lambda: expected, ())(lambda: value).outcome == "pass") is agrees


def test_an_object_equal_to_everything_does_not_pass():
    class Equal:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert turn(lambda: 3.0, ())(Equal).outcome == "fail"


@pytest.mark.parametrize("arguments", [([1, 2], 0.5), ([[1.0], [2.0, 3.0]], 1), ([float("nan")], 2)])
def test_input_of_any_shape_that_is_left_alone_is_not_called_changed(arguments):
    assert turn(lambda values, factor: factor, arguments)(lambda values, factor: factor).outcome == "pass"


@pytest.mark.parametrize(("value", "agrees"), [([[1], [2, 3]], True), ([[1], [2, 4]], False), ([[1]], False)])
def test_lists_of_lists_of_different_lengths_agree_entry_by_entry(value, agrees):
    assert (turn(lambda: [[1], [2, 3]], ())(lambda: value).outcome == "pass") is agrees


def test_a_function_among_the_arguments_is_shown_by_its_name():
    def triple(number):
        return 3 * number

    shown = turn(lambda function: 4, (triple,))(lambda function: function(1)).message
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
    assert message in turn(lambda: expected, ())(lambda: answer).message


@pytest.mark.parametrize(("answer", "expected"), [(0.3, 25), (True, False), ("a", 100), ([1, 2], 100), (1, [0.0, 0.0])])
def test_a_wrong_number_is_not_called_a_unit(answer, expected):
    assert "unit" not in turn(lambda: expected, ())(lambda: answer).message
