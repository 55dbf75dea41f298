"""Rules and questions of lessons: each points to what is there, and a faulty entry is named."""

from pathlib import Path

import pytest

from mlsd.lesson_recall import FOLDER, read_recall, recall_file
from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.reader_tasks import asked_in
from notebook_runner import course_root
from notebook_runner.course import find_notebooks, read_json

ROOT = course_root(Path(__file__))
LESSONS = {notebook.path.stem: notebook for notebook in find_notebooks(ROOT) if recall_file(ROOT, notebook).is_file()}
ANSWERS = """
[[question.answers]]
says = "one"
because = "It is."
right = true
[[question.answers]]
says = "two"
because = "No."
[[question.answers]]
says = "three"
because = "No."
"""
QUESTION = f'[[question]]\nid = "how-many"\nasks = "How many?"\ncell = "count"\n{ANSWERS}'
RULE = '[[rule]]\nrule = "Count."\nwhen = "Always."\nfails = "Never."\ncell = "count"\n'


def missing_cells(recall, cells, predictions):
    """What a lesson's rules and questions point to and is not there, as sentences; empty if all is there.

    `cells`: the type of each cell of the notebook by its id; `predictions`: the ids of what it asks to predict.
    """
    pointed = [(rule.rule, rule.cell) for rule in recall.rules] + [
        (question.asks, question.cell) for question in recall.questions
    ]
    lost = [f"{text!r} points to {cell!r}, no code cell" for text, cell in pointed if cells.get(cell) != "code"]
    asked = [(rule.rule, rule.prediction) for rule in recall.rules if rule.prediction]
    return lost + [f"{text!r} names the prediction {name!r}" for text, name in asked if name not in predictions]


@pytest.fixture(scope="module")
def recalls():
    return {name: read_recall(ROOT, notebook) for name, notebook in LESSONS.items()}


@pytest.mark.parametrize("name", LESSONS)
def test_rules_and_questions_point_to_cells_and_predictions_of_their_lesson(recalls, name):
    path = LESSONS[name].path
    cells = {cell["id"]: cell["cell_type"] for cell in read_json(path)["cells"]}
    assert missing_cells(recalls[name], cells, asked_in(path).predictions) == []


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_rules_and_five_questions_whose_length_gives_nothing_away(recalls, name):
    found = recalls[name]
    assert 3 <= len(found.rules) <= 5
    assert len(found.questions) == 5
    longest = [max(question.answers, key=lambda answer: len(answer.says)).right for question in found.questions]
    assert sum(longest) <= 3
    assert all(question.asks.endswith("?") for question in found.questions)


def test_every_file_belongs_to_a_notebook():
    assert {recall_file(ROOT, notebook) for notebook in LESSONS.values()} == set((ROOT / FOLDER).rglob("*.toml"))


def test_what_points_nowhere_is_named(write):
    found = write(RULE.replace("[[rule]]", '[[rule]]\nprediction = "size"') + QUESTION)
    assert missing_cells(found, {"count": "code"}, ["size"]) == []
    assert missing_cells(found, {"count": "markdown"}, []) == [
        "'Count.' points to 'count', no code cell",
        "'How many?' points to 'count', no code cell",
        "'Count.' names the prediction 'size'",
    ]


@pytest.fixture
def write(tmp_path):
    """What is read of a file with this text."""
    notebook = next(iter(LESSONS.values()))
    file = recall_file(tmp_path, notebook)
    file.parent.mkdir(parents=True)

    def written(text):
        file.write_text(text)
        return read_recall(tmp_path, notebook)

    return written


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[rule", "cannot be read .* Correct it, or delete it"),
        (RULE.replace('when = "Always."\n', ""), "rule 1: 'when' is missing"),
        (QUESTION.replace("because", "why"), "question 1, answer 1: 'because' is missing"),
        (QUESTION + 'level = "hard"', "question 1, answer 3: 'level' is missing or not known"),
        (QUESTION.replace("right = true", ""), "question 1: it has 0 right answers"),
        (QUESTION.replace('says = "two"', 'says = "one"'), "question 1: it has 1 right answers, 2 different ones of 3"),
        (QUESTION + QUESTION, "two questions have the id 'how-many'"),
    ],
)
def test_a_faulty_entry_is_named(write, text, named):
    with pytest.raises(LessonError, match=named):
        write(text)
