from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from lessons.start_here.self_check import ANSWERS, self_check
from mlsd_lib.lesson.reader import LessonError, record
from mlsd_lib.lesson.reader_tasks import asked_in
from mlsd_lib.lesson.start_page import course_table, facts_table, read_course
from notebook_runner import course_root

ROOT = course_root(Path(__file__))


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path / "record"))


def write(root, name, kind="lesson", minutes=50, requires=(), cells=(), **more):
    entry = {
        "kind": kind,
        "title": f"Title of {Path(name).stem} | x",
        "section": "s",
        "objectives": ["o"],
        "minutes": minutes,
        "budget": {"cpu_s": 60, "peak_mb": 1500},
        "requires": list(requires),
        **more,
    }
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(c) for c in cells], metadata={"mlsd": entry}), path)
    return path


START, FIRST, SECOND = "chapters/00_start_here.ipynb", "chapters/01_a/01_x.ipynb", "chapters/01_a/02_y.ipynb"
EXERCISE, CASE = "exercises/r/r.ipynb", "case_studies/f/f.ipynb"


def small_course(root):
    """A course of five notebooks at `root`, and the solution of its exercise, which no reader studies."""
    write(root, START, kind="start", minutes=30)
    write(root, FIRST, requires=[START])
    write(root, SECOND, requires=[FIRST])
    for name in (EXERCISE, "solutions/r/r.ipynb"):
        write(root, name, kind="exercise", minutes=200, requires=[FIRST])
    write(root, CASE, kind="case_study", minutes=300, requires=[SECOND])
    return root


@pytest.fixture
def root(tmp_path):
    return small_course(tmp_path)


def names(notebooks):
    return [notebook.name for notebook in notebooks]


def test_a_reader_sees_every_notebook_but_the_sources_of_exercises(root):
    course = read_course(root)
    assert set(names(course.notebooks)) == {START, FIRST, SECOND, EXERCISE, CASE}
    assert course.faults == []
    assert course.notebooks[0].name == START


def test_a_faulty_notebook_is_named_and_does_not_hide_the_others(root):
    write(root, "chapters/01_a/03_z.ipynb", minutes="long", requires=["chapters/gone.ipynb"])
    write(root, "chapters/01_a/04_u.ipynb", requires=["chapters/01_a/03_z.ipynb"])
    course = read_course(root)
    assert "03_z" in course.faults[0]
    assert "chapters/01_a/04_u.ipynb" in names(course.notebooks)
    assert course.faults[0] in course_table(course, root / START).data


def test_what_a_notebook_asks_is_read_from_calls_with_a_plain_id(tmp_path):
    cells = [
        'guess = predict("one", "?", "s")\nother = predict(name, "?", "s")\nresult = check("two", f, [])',
        "%timeit 1\npredict('in a magic cell')",
        "print('check(\"three\")'); model.predict('four'); check()",
    ]
    asked = asked_in(write(tmp_path, FIRST, cells=cells))
    assert (asked.predictions, asked.checks) == (("one",), ("two",))


def test_the_table_links_from_the_page_to_every_other_notebook(root):
    page = root / START
    table = course_table(read_course(root), page).data
    for name in (FIRST, SECOND, EXERCISE, CASE):
        target = table.split(f"[Title of {Path(name).stem} \\| x](")[1].split(")")[0]
        assert (page.parent / target).resolve() == (root / name).resolve()
    assert "00_start_here" not in table
    assert "60 s, 1500 MB" in table


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("case_study", ["the question", "data", "an answer is due", "the truth comes", "what goes wrong"]),
        ("exercise", ["kind", "you hand in", "it is measured by"]),
    ],
)
def test_every_notebook_of_a_kind_states_the_facts_that_an_overview_shows(kind, columns):
    course = read_course(ROOT)
    page = ROOT / "chapters" / "03_case_studies" / "01_case_studies.ipynb"
    header, _, *rows = facts_table(course, page, kind, columns).data.splitlines()
    assert header.startswith(f"| {kind.replace('_', ' ')} | {columns[0]} | {columns[1]} |")
    notebooks = (ROOT / ("exercises" if kind == "exercise" else "case_studies")).glob("*/*.ipynb")
    assert len(rows) == len({path.parent for path in notebooks})
    assert [row for row in rows if "|  |" in row] == []


def test_the_real_start_page_is_on_the_map_and_each_question_is_asked_once():
    course = read_course(ROOT)
    assert course.faults == []
    page = course.notebooks[0]
    assert page.kind == "start"
    source = page.path.read_text(encoding="utf-8")
    assert {name: source.count(f'\\"{name}\\": ...') for name in ANSWERS} == dict.fromkeys(ANSWERS, 1)


def test_a_self_check_tells_right_wrong_and_unanswered_apart_and_keeps_them():
    results = self_check({"merged-rows": 4.0, "scaler-rows": "All", "flagged-share": ..., "safe-to-repeat": " put "})
    assert [result.outcome for result in results] == ["pass", "fail", "not attempted", "pass"]
    assert results[1].message == ANSWERS["scaler-rows"].remedy
    with record() as connection:
        kept = dict(connection.execute("SELECT id, outcome FROM checks").fetchall())
    assert kept["self-check/scaler-rows"] == "fail"


@pytest.mark.parametrize(
    ("name", "given", "outcome"),
    [
        ("flagged-share", 15.38, "pass"),
        ("flagged-share", 15, "pass"),
        ("flagged-share", 0.154, "fail"),
        ("standard-error", float("nan"), "fail"),
        ("merged-rows", "4", "fail"),
        ("merged-rows", True, "fail"),
        ("merged-rows", None, "not attempted"),
        ("scaler-rows", 3, "fail"),
    ],
)
def test_an_answer_is_judged_by_kind_and_tolerance(name, given, outcome):
    assert self_check({name: given})[0].outcome == outcome


@pytest.mark.parametrize(
    ("name", "given", "unit"),
    [
        ("standard-error", 0.02, "percentage points"),
        ("flagged-share", 0.154, "per cent"),
        ("majority-accuracy", 0.99, "per cent"),
    ],
)
def test_an_answer_in_another_unit_hears_which_one_is_asked_for(name, given, unit):
    [result] = self_check({name: given})
    assert (result.outcome, result.message.endswith(f"The question asks for {unit}.")) == ("fail", True)


def test_every_wrong_answer_has_a_remedy_that_says_where_to_read():
    assert len(ANSWERS) == 10
    assert [name for name, known in ANSWERS.items() if "Read: " not in known.remedy] == []


def test_a_question_that_does_not_exist_is_named():
    with pytest.raises(LessonError, match="no question 'merged-row'"):
        self_check({"merged-row": 4})
