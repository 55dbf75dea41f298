"""An exercise is read from exercise.toml, and whatever breaks a rule is named with its fix."""

import dataclasses
from types import SimpleNamespace

import pytest

from grader.suite_kit.exercise import CaseSource, ExerciseError, load_exercise
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
    assert (exercise.points["a test"], exercise.seeds["public"], exercise.forbids) == (3.0, 3, ("torch",))
    assert (exercise.preloads, exercise.limit_s) == ((), 120.0)
    assert (exercise.families["second"].title, exercise.families["second"].points) == ("second", 1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        exercise.name = "other"
    with pytest.raises(TypeError):
        exercise.points["a test"] = 4


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
        ("forbids", "forbid", "forbid is no key; known are points, families, lessons.*Rename or remove it"),
        ('points = { "a test" = 3 }', "", "points is missing; it must be a table of the points of each test. Add it"),
        ('["torch"]', '"torch"', "forbids is 'torch'; it must be a list of modules.*Correct it"),
        ('["torch"]', "[1]", "forbids holds 1; it must be names of modules. Write it in quotes"),
        ("public = 3", 'public = "x"', "seeds.public is 'x'; it must be a whole number from 0 on. Write one"),
        ('"a test" = 3', '"a test" = "x"', "points.a test is 'x'; it must be a number from 0 to 1,000. Write one"),
        ('"a test" = 3', '"a test" = 4', "points.a test is 4, but its families have 3 points together.*Correct one"),
        ("points = 2", "points = true", "families.first.points is True; it must be a number"),
        ('test = "a test"\ntitle', 'test = "b"\ntitle', "first.test is 'b'; it must be one of a test. Name one"),
        ('production = "it breaks."\n', "", "first.production is missing; it must be what it would do.*Add it"),
        ('title = "the first row"', "name = 1", "families.first.name is no key; known are test, title"),
        (
            "[families.second]",
            "[families]\nthird = 1\n[families.second]",
            "third is 1; it must be a table. Write",
        ),
        ("seeds = { public = 3 }", 'lessons = { "a" = "x" }', "lessons.a is 'x'; it must be a number from 0 to 1,000"),
        ('read = "the docs"', 'hints = ["one"]', r"first.hints is \['one'\]; it must be two texts. Write both"),
        ('read = "the docs"', 'hints = ["one", 2]', r"first.hints is \['one', 2\]; it must be two texts"),
        ("512", '"x"', "limits.memory.value holds 'x'; it must be numbers. Write one or several"),
        ("[0.5, 1e-6]", "[]", "limits.steps.value holds None; it must be numbers"),
        ("{:g} MB", "{:g} of {:g}", "limits.memory.stated is .* with .*{:g} for the number.*Correct it"),
        ("{:g} MB", "512 MB", "limits.memory.stated is 'at most 512 MB', without a number; put {:g} where it stands"),
        ("value = 512", "values = 512", "limits.memory.values is no key; known are value, stated"),
        ("limits.memory", "limits.other = 1\nlimits.memory", "limits.other is 1; it must be a table. Write"),
        ("forbids = ", "forbids = = ", "line 2.*write it as TOML"),
    ],
)
def test_what_breaks_a_rule_is_named_with_its_fix(tmp_path, old, new, words):
    assert WHOLE.count(old) == 1
    with pytest.raises(ExerciseError, match=rf"exercise.toml: .*(?:{words})"):
        written(tmp_path, WHOLE.replace(old, new))


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


@pytest.mark.parametrize("private", [False, True])
def test_a_test_that_opens_private_cases_shows_nothing_of_the_students(private):
    hidden = SimpleNamespace(cases=lambda: SimpleNamespace(private=True))
    exercise = SimpleNamespace(hidden=lambda: hidden if private else None)
    source = CaseSource(exercise, lambda: SimpleNamespace(private=False))
    sheet = Sheet("a test", 3)
    assert source.open(sheet).private is private
    assert sheet.private is private
    source.keep()
    assert source.find() is source.kept
