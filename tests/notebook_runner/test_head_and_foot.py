"""Head, foot and minutes follow from the course map and the cells, and what is stale is told and fixed."""

import json
import re

import pytest

from notebook_runner import find_notebooks
from notebook_runner.head_and_foot import FOOT, HEAD, foot, head, minutes_of, promised_minutes

FIRST, SECOND, CASE = "chapters/01_a.ipynb", "chapters/02_b.ipynb", "chapters/c/case.ipynb"


@pytest.fixture
def course(mini_course):
    """A start page, two lessons, a case study after the first, an exercise after the second in both its forms."""
    mini_course.notebook("00_start", {"imports": "1"}, kind="start", title="Start")
    mini_course.notebook("01_a", {"imports": "1"}, title="A", objectives=["See", "Say"])
    mini_course.notebook("02_b", {"imports": "1"}, title="B", requires=[FIRST])
    mini_course.notebook("c/case", {"imports": "1"}, title="Case", kind="case_study", requires=[FIRST])
    exercise = mini_course.notebook("e", {"imports": "1"}, title="Exercise", kind="exercise", requires=[SECOND])
    for folder in ("solutions", "exercises"):
        mini_course.write(f"{folder}/e/e.ipynb", exercise.read_text())
    exercise.unlink()
    return mini_course


def by_name(course):
    every = find_notebooks(course.root)
    return {notebook.name: notebook for notebook in every}, every


def cells(course, name):
    found = json.loads((course.root / name).read_text())["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in found}


def test_the_foot_links_only_what_exists_relative_to_the_notebook(course):
    named, every = by_name(course)
    assert foot(named[FIRST], every).splitlines() == [
        "## Continue",
        "",
        "- Next lesson: [B](02_b.ipynb)",
        "- Case study: [Case](c/case.ipynb)",
        "- Every notebook, and your progress: [Start](00_start.ipynb)",
    ]
    last = foot(named[SECOND], every)
    assert "Next lesson" not in last
    assert "- Exercise: [Exercise](../exercises/e/e.ipynb)" in last
    assert "solutions" not in last
    assert "- Previous lesson: [A](01_a.ipynb)" in last
    case = named[CASE]
    for target in re.findall(r"\]\((.*?)\)", foot(case, every) + head(case, every)):
        assert (case.path.parent / target).exists()


def test_the_head_says_objectives_minutes_and_what_comes_before(course):
    named, every = by_name(course)
    assert head(named[FIRST], every).endswith("- See.\n- Say.\n\nIt takes about 1 minute.")
    assert head(named[SECOND], every).endswith("It builds on [A](01_a.ipynb).")


def test_fix_writes_head_and_foot_and_check_finds_a_stale_one(course, mlsd):
    code, output = mlsd("notebooks", "--check")
    assert code == 1
    assert "The cell 'continue' at the end is not what the course map says. `mlsd notebooks --fix`" in output
    assert mlsd("notebooks", "--fix")[0] == 0
    assert mlsd("notebooks", "--check")[0] == 0
    assert list(cells(course, FIRST)) == ["title", HEAD, "imports", FOOT]
    assert list(cells(course, "chapters/00_start.ipynb")) == ["title", "imports"]
    assert list(cells(course, "exercises/e/e.ipynb")) == ["title", "imports"]
    course.notebook("03_new", {"imports": "1"}, title="New", requires=[SECOND])
    code, output = mlsd("notebooks", "--check")
    assert code == 1
    assert "chapters/02_b.ipynb:\n  The cell 'continue'" in output
    assert "chapters/01_a.ipynb:" not in output
    mlsd("notebooks", "--fix")
    assert "- Next lesson: [New](03_new.ipynb)" in cells(course, SECOND)[FOOT]


def test_a_cell_after_the_foot_is_told_and_moved_before_it(course, mlsd):
    mlsd("notebooks", "--fix")
    path = course.root / FIRST
    data = json.loads(path.read_text())
    data["cells"].append(data["cells"].pop(-2))
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    assert "The cell 'continue'" in mlsd("notebooks", "--check", "01_a.ipynb")[1]
    mlsd("notebooks", "--fix")
    assert list(cells(course, FIRST))[-1] == FOOT


def test_what_comes_next_is_not_said_by_hand(course, mlsd):
    mlsd("notebooks", "--fix")
    path = course.root / FIRST
    data = json.loads(path.read_text())
    data["cells"][0]["source"] = ["# A\n", "\n", "**Continue with** *Z*,\n", "some day.\n", "\n", "## References"]
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    assert "It says **Continue with** by hand" in mlsd("notebooks", "--check", "01_a.ipynb")[1]
    mlsd("notebooks", "--fix")
    assert cells(course, FIRST)["title"] == "# A\n\n## References"


def markdown(text, identity="prose"):
    return {"cell_type": "markdown", "id": identity, "metadata": {}, "source": text}


def code(text, *tags):
    return {"cell_type": "code", "id": "code", "metadata": {"tags": list(tags)}, "source": text}


def test_minutes_are_counted_from_words_code_lines_and_turns():
    assert minutes_of([markdown("word " * 400)]) == 2
    assert minutes_of([code("x = 1\n\n# why\n" * 24)]) == 2
    assert minutes_of([code("", "your-turn"), code("", "parameters")]) == 8
    assert minutes_of([markdown("word " * 400, HEAD), markdown("word " * 400, FOOT)]) == 0


def test_minutes_within_the_tolerance_stand_and_others_become_the_rules():
    an_hour = [markdown("word " * 200 * 60)]
    assert [promised_minutes(stated, an_hour) for stated in (54, 55, 65, 66)] == [60, 55, 65, 60]


def test_untrue_minutes_are_refused_with_the_fix_and_written(course, mlsd):
    course.notebook("01_a", {"imports": "1", "half": "1", "whole": "2"}, minutes=50, tags={"half": ["your-turn"]})
    mlsd("notebooks", "--fix", "02_b.ipynb")
    code, output = mlsd("notebooks", "--check", "01_a.ipynb")
    assert code == 1
    assert "It promises 50 minutes (mlsd.minutes); its words, code lines and turns take 8" in output
    assert "Shorten it or promise 10. `mlsd notebooks --fix`" in output
    mlsd("notebooks", "--fix", "01_a.ipynb")
    assert by_name(course)[0][FIRST].minutes == 10
    assert "It takes about 10 minutes" in cells(course, FIRST)[HEAD]
