"""Each rule for lessons, broken once; and the slice of a notebook that an exercise runs on."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.lessons import rules
from tests.lessons.lesson_cells import Lesson

CHECK = 'check("doubled", doubled)'
TURN = '''from mlsd_lib.lesson import Claim, Turns, claims, predict

check = Turns()


@check.turn("doubled", (2,), (3,))
class Doubled:
    def right(x):
        return 2 * x

    def squared_plus_one(x):
        """Twice, not squared plus one."""
        return x * x + 1
'''
SOLUTION = "<details>\n\n```python\ndef doubled(x):\n    return FACTOR * x\n```\n</details>"
ENDING = (
    "## Take-aways\n\n- a\n- b\n- c\n\n**What the experiments do not show.** All else.\n\n## References\n\n- x\n- y"
)


def sound_cells() -> dict:
    """The cells of a lesson that keeps every rule but the number of exercises, by id."""
    unanswered = "def doubled(x):\n    raise NotImplementedError"
    return {
        "imports": new_code_cell(TURN),
        "parameters": new_code_cell("FACTOR = 2", metadata={"tags": ["parameters"]}),
        "guess": new_code_cell('guess = predict("how-much", "How much?", "points")'),
        "doubled-answer": new_code_cell(unanswered, metadata={"tags": ["your-turn"]}),
        "doubled-check": new_code_cell(CHECK),
        "doubled-solution": new_markdown_cell(SOLUTION),
        "claims": new_code_cell('claims(Claim("one is one", True))'),
        "ending": new_markdown_cell(ENDING),
    }


@pytest.fixture
def lesson_of(tmp_path):
    """Makes a lesson from cells by id."""

    def make(cells, stem="toy"):
        for identity, cell in cells.items():
            cell["id"] = identity
        path = tmp_path / f"{stem}.ipynb"
        nbformat.write(new_notebook(cells=list(cells.values())), path)
        return Lesson(path)

    return make


def outcomes(lesson, answer=None):
    return [outcome.outcome for outcome in lesson.outcomes("doubled", answer)]


def test_an_exercise_is_told_apart_unanswered_right_and_wrong(lesson_of):
    lesson = lesson_of(sound_cells())
    assert outcomes(lesson) == ["not attempted"]
    assert outcomes(lesson, lesson.solution("doubled")) == ["pass"]
    wrong = lesson.outcomes("doubled", "def doubled(x):\n    return x * x + 1")
    assert [outcome.outcome for outcome in wrong] == ["fail"]
    assert "Twice, not squared plus one." in wrong[0].message


def test_a_solution_that_is_wrong_does_not_pass(lesson_of):
    cells = sound_cells()
    cells["doubled-solution"]["source"] = SOLUTION.replace("FACTOR * x", "x")
    lesson = lesson_of(cells)
    assert outcomes(lesson, lesson.solution("doubled")) == ["fail"]


def test_a_check_that_raises_unanswered_is_seen(lesson_of):
    cells = sound_cells()
    cells["doubled-check"]["source"] = f"doubled(1)\n{CHECK}"
    with pytest.raises(NotImplementedError):
        outcomes(lesson_of(cells))


def test_a_cell_named_check_that_checks_nothing_is_seen(lesson_of):
    cells = sound_cells()
    cells["doubled-check"]["source"] = "print('well done')"
    with pytest.raises(AssertionError, match="ends in no check"):
        outcomes(lesson_of(cells))


def test_a_solution_without_code_is_seen(lesson_of):
    cells = sound_cells()
    cells["doubled-solution"]["source"] = "Multiply by two."
    with pytest.raises(AssertionError, match="holds no block"):
        lesson_of(cells).solution("doubled")


def with_extra(before: dict[str, str], check: str = CHECK) -> dict:
    """The sound cells, with further code cells between the parameters and the prediction."""
    cells = sound_cells()
    head = {name: cells.pop(name) for name in ("imports", "parameters")}
    cells["doubled-check"]["source"] = check
    return head | {name: new_code_cell(source) for name, source in before.items()} | cells


def test_a_cell_that_the_exercise_does_not_need_is_not_run(lesson_of):
    lesson = lesson_of(with_extra({"heavy-training": "x = 1 / 0\nrows = [x for x in range(3)]"}))
    assert outcomes(lesson, "def doubled(x):\n    rows = [x, x]\n    return sum(rows)") == ["pass"]


@pytest.mark.parametrize(
    "before",
    [
        {"table": "table = {}", "filling": "table['by'] = FACTOR"},
        {"base": "import math\nroot = math.sqrt(4)", "table": "table = {'by': root}"},
        {"old-table": "table = 1 / 0", "table": "table = {'by': 2}"},
        {"table": "class Holder:\n    by = FACTOR\n\n\ntable = {'by': Holder.by}"},
        {"number": "by = 1", "more": "by += 1", "table": "def made():\n    return {'by': by}\n\n\ntable = made()"},
    ],
    ids=["stored into", "two steps back", "assigned anew", "in a class", "in a function, added to"],
)
def test_what_an_exercise_needs_is_found_backwards(lesson_of, before):
    check = 'check("doubled", lambda x: table["by"] * x if table["by"] == 2 else doubled(x))'
    assert outcomes(lesson_of(with_extra(before, check))) == ["pass"]


def incomplete(lesson):
    return list(rules.incomplete_exercises(lesson))


def test_a_lessons_module_is_the_one_that_it_takes_its_check_from(lesson_of):
    cells = sound_cells()
    assert rules.module_of(lesson_of(cells)) == ""
    cells["imports"]["source"] = "import json\n\nfrom lessons.tools_storage.checks import check"
    assert rules.module_of(lesson_of(cells, "01_storage")) == "lessons.tools_storage.checks"


def test_a_complete_exercise_has_no_breach(lesson_of):
    assert incomplete(lesson_of(sound_cells())) == []


@pytest.mark.parametrize(
    ("holds", "breaches"),
    [
        ("abs(lead) < lead_half", 1),
        ("abs(pair[0]) < pair[1]", 1),
        ("np.all(np.abs(harm[0]) < tie)", 1),
        ("abs(lead) + lead_half < margin", 0),
        ("abs(ratio - 1) < 0.05", 0),
    ],
)
def test_equal_without_a_margin_is_a_breach(lesson_of, holds, breaches):
    cells = sound_cells()
    cells["claims"]["source"] = f'claims(Claim("the two are equal", {holds}))'
    assert len(list(rules.equal_by_chance(lesson_of(cells)))) == breaches


@pytest.mark.parametrize("part", ["check", "solution"])
def test_an_exercise_without_check_or_solution_is_a_breach(lesson_of, part):
    cells = sound_cells()
    del cells[f"doubled-{part}"]
    assert incomplete(lesson_of(cells)) == [f"toy: 'doubled-answer' has no cell doubled-{part}"]


def test_a_solution_before_the_exercise_is_a_breach(lesson_of):
    cells = sound_cells()
    cells = {"doubled-solution": cells.pop("doubled-solution")} | cells
    assert incomplete(lesson_of(cells)) == ["toy: doubled-solution stands before 'doubled-answer'"]


def test_a_your_turn_cell_of_another_name_is_a_breach(lesson_of):
    cells = {("my-turn" if name == "doubled-answer" else name): cell for name, cell in sound_cells().items()}
    assert "must be named SLUG-answer" in incomplete(lesson_of(cells))[0]


def test_a_turn_without_a_statement_directly_before_it_is_a_breach(lesson_of):
    statement = new_markdown_cell("### Your turn\n\nTwice x.")
    cells = sound_cells()
    assert "directly before 'doubled-answer'" in next(rules.turns_without_a_statement(lesson_of(cells)))
    names = list(cells)
    names.insert(names.index("doubled-answer"), "turn")
    stated = {name: statement if name == "turn" else cells[name] for name in names}
    assert list(rules.turns_without_a_statement(lesson_of(stated))) == []
    stated["turn"]["source"] = "The doubled value is twice as large."
    assert len(list(rules.turns_without_a_statement(lesson_of(stated)))) == 1


@pytest.mark.parametrize(
    ("source", "breaches"),
    [
        ("ax = plot.lines(x)\nax.fill_between(\n    x,\n)", 1),
        ("axes[1].axhline(2)", 1),
        ("plt.plot(x)", 1),
        ("ax.axhline(2);", 0),
        ("plot.lines(x)", 0),
        ("for ax in axes:\n    ax.axhline(2)", 0),
        ("axis_labels(x)", 0),
    ],
)
def test_a_cell_that_shows_the_name_of_a_drawn_object_is_a_breach(lesson_of, source, breaches):
    assert len(list(rules.shown_objects(lesson_of({"plot": new_code_cell(source)})))) == breaches


@pytest.mark.parametrize(
    ("cell", "was", "becomes", "breach"),
    [
        ("guess", "predict(", "print(", "no cell calls predict()"),
        ("claims", "claims(", "print(", "no cell calls claims()"),
        ("ending", "- c\n", "", "2 bullets under '## Take-aways'"),
        ("ending", "- c\n", "- c\n- d\n- e\n- f\n", "6 bullets under '## Take-aways'"),
        ("ending", "\n- y", "", "1 bullets under '## References'"),
        ("ending", "do not show", "show", "does not say **What the experiments do not show**"),
    ],
)
def test_a_lesson_that_lacks_a_part_is_told_which(lesson_of, cell, was, becomes, breach):
    cells = sound_cells()
    assert was in cells[cell]["source"]
    cells[cell]["source"] = cells[cell]["source"].replace(was, becomes)
    found = [text for text in rules.missing_parts(lesson_of(cells)) if "your-turn" not in text]
    assert len(found) == 1
    assert breach in found[0]


def test_a_lesson_with_one_exercise_has_too_few(lesson_of):
    assert list(rules.missing_parts(lesson_of(sound_cells()))) == ["toy: 1 your-turn cells; a lesson has at least 2"]


def test_an_id_that_two_lessons_ask_for_is_found(lesson_of):
    first, second = lesson_of(sound_cells(), "one"), lesson_of(sound_cells(), "two")
    assert rules.repeated_ids([first.path]) == []
    assert rules.repeated_ids([first.path, second.path]) == [
        "prediction 'how-much' is asked 2 times",
        "check 'doubled' is asked 2 times",
    ]
