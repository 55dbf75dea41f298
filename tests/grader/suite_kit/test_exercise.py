"""An exercise is read from exercise.toml, and whatever breaks a rule is named with its fix."""

import pytest
from pydantic import ValidationError

from grader.suite_kit.exercise import ExerciseError, load_exercise
from grader.suite_kit.score_sheet import Sheet

WHOLE = """
forbids = ["torch"]
seeds = { public = 3 }
limits.memory = { value = 512, stated = "at most {:g} MB" }
limits.steps = { value = [0.5, 1e-6], stated = "{0:g} times, {percent[0]:g} %, {1:g}" }
points = { "a test" = 3 }
[families.first]
test = "a test"
title = "the first row"
points = 2
production = "it breaks."
read = "the docs"
[families.second]
test = "a test"
production = "it is slow."
"""


def written(folder, text=WHOLE):
    (folder / "exercise.toml").write_text(text)
    return load_exercise(folder)


def test_an_exercise_is_frozen_data(tmp_path):
    exercise = written(tmp_path)
    assert exercise.name == tmp_path.name
    assert (exercise.points["a test"], exercise.seeds["public"], exercise.forbids) == (3.0, 3, ["torch"])
    assert (exercise.preloads, exercise.limit_s) == ([], 120.0)
    assert (exercise.families["second"].title, exercise.families["second"].points) == ("second", 1.0)
    with pytest.raises(ValidationError):
        exercise.limit_s = 4


def test_a_limit_is_a_number_or_several_and_the_words_that_state_it(tmp_path):
    exercise = written(tmp_path)
    assert (exercise.limit("memory"), exercise.steps("steps")) == (512, (0.5, 1e-6))
    assert [limit.stated for limit in exercise.limits.values()] == ["at most 512 MB", "0.5 times, 50 %, 1e-6"]
    with pytest.raises(ExerciseError, match=r"limits.none is missing; the suite asks for it. Add it"):
        exercise.limit("none")
    with pytest.raises(ExerciseError, match=r"limits.steps of .* has 2 numbers, not one. Call steps for them"):
        exercise.limit("steps")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("forbids", "forbid", "forbid is no key of that table. Rename or remove it"),
        ('points = { "a test" = 3 }', "", "points is missing. Add it"),
        ('["torch"]', '"torch"', "forbids is 'torch'; it should be a valid list. Correct it"),
        ('["torch"]', "[1]", "forbids.0 is 1; it should be a valid string. Correct it"),
        ("public = 3", 'public = "x"', "seeds.public is 'x'; it should be a valid integer"),
        ("public = 3", "public = -1", "seeds.public is -1; it should be greater than or equal to 0"),
        ('"a test" = 3', '"a test" = 4', "points.a test is 4, but its families have 3 points together. Correct it"),
        ("points = 2", "points = true", "families.first.points is True; it should be a valid number"),
        ('test = "a test"\ntitle', 'test = "b"\ntitle', "first.test is 'b'; it is one of a test. Correct it"),
        ('production = "it breaks."\n', "", "first.production is missing. Add it"),
        ('title = "the first row"', "name = 1", "families.first.name is no key"),
        ("[families.second]", "[families]\nthird = 1\n[families.second]", "third is 1; it should be .*Famil"),
        ('read = "the docs"', 'hints = ["one", "two", "three"]', "first.hints is .*at most 2 items"),
        ("512", '"x"', "limits.memory.value.0.int is .x.; it should be a valid integer"),
        ("[0.5, 1e-6]", "[]", r"limits.steps.value is \[\]; .* at least 1 item"),
        ("{:g} MB", "{:g} of {:g}", "limits.memory: stated is .*it has {:g} for each number. Correct it"),
        ("{:g} MB", "512 MB", "limits.memory: stated is 'at most 512 MB', without a number; it has {:g} where"),
        ("forbids = ", "forbids = = ", "line 2.*write it as TOML"),
    ],
)
def test_what_breaks_a_rule_is_named_with_its_fix(tmp_path, old, new, words):
    assert WHOLE.count(old) == 1
    with pytest.raises(ExerciseError, match=rf"exercise.toml: .*(?:{words})"):
        written(tmp_path, WHOLE.replace(old, new))


WITH_HIDDEN = WHOLE.replace(
    'limits.memory = { value = 512, stated = "at most {:g} MB" }',
    'limits.first = { value = [0.5, 0.8], hidden = [0.4, 0.7], points = [1, 1], rule = "at least", '
    'measured = "{percent:.1f} %", required = "{percent:g} %", stated = "{percent[0]:g} % ({hidden_percent[0]:g} %), '
    '{points[0]:g}" }',
)


@pytest.mark.parametrize(
    ("value", "private", "points", "said"),
    [(0.9, False, 2, []), (0.75, False, 1, ["too few"]), (0.75, True, 2, []), (0.1, True, 0, ["too few"])],
)
def test_a_measured_figure_is_judged_by_its_limits_entry_with_wider_steps_for_hidden_cases(
    tmp_path, value, private, points, said
):
    exercise = written(tmp_path, WITH_HIDDEN)
    sheet = Sheet("a test", 3, private=private, families=exercise.families)
    assert exercise.judge(sheet, "first", value, "too few") == exercise.keeps(sheet, "first", value) == (points == 2)
    assert (sheet.points, sheet.explanations()[:1]) == (points, said)
    assert sheet.criteria[0].measured == f"{100 * value:.1f} %"
    assert [row.required for row in sheet.criteria] == (
        ["at least 40 %", "at least 70 %"] if private else ["at least 50 %", "at least 80 %"]
    )
    assert exercise.limits["first"].stated == "50 % (40 %), 1"


def test_a_kept_step_earns_nothing_where_another_criterion_says_so(tmp_path):
    exercise = written(tmp_path, WITH_HIDDEN)
    sheet = Sheet("a test", 3, families=exercise.families)
    assert exercise.judge(sheet, "first", 1.0, "too few", counts=(True, False))
    assert (sheet.points, sheet.explanations()) == (1, [])


def test_a_suite_without_the_file_is_told_to_have_it(tmp_path):
    with pytest.raises(ExerciseError, match=r"exercise.toml: .*Every suite has this file"):
        load_exercise(tmp_path)


def test_a_row_takes_its_name_points_and_reasons_from_the_exercise(tmp_path):
    sheet = Sheet("a test", 3, families=written(tmp_path).families)
    sheet.judge("first", "1", "2", False, "It gave 1.")
    sheet.judge("second", "1", "1", True, title="other", points=0.5)
    sheet.judge("second", "1", "2", False, "not shown", explained=False)
    assert [(criterion.name, criterion.maximum) for criterion in sheet.criteria] == [
        ("the first row", 2),
        ("other", 0.5),
        ("second", 1),
    ]
    assert sheet.explanations() == ["It gave 1.", "In production: it breaks.", "Read: the docs"]
    assert sheet.points == 0.5
