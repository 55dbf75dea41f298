"""Canonical form: what is written, what is refused, and what the fixer leaves to the author."""

import json

import nbformat
import pytest

from notebook_runner import NotebookError, canonical, problems
from notebook_runner.canonical import code_lines, says_something, shell_call


def soiled(course):
    """A notebook as a front end leaves it after a run."""
    data = course.data({"imports": "import os\nos.getcwd()"}, tags={"imports": ["setup", "a", "a"]})
    code = data["cells"][1]
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    code["execution_count"] = 7
    code["metadata"].update(
        collapsed=True, execution={"x": 1}, nbgrader={"grade": True, "points": 2}, deletable=False, jupyter={}
    )
    data["metadata"].update(
        kernelspec={"name": "venv-3.12", "display_name": "mine", "language": "python"},
        language_info={"name": "python", "version": "3.12.1"},
        widgets={},
        toc={},
    )
    data["nbformat_minor"] = 4
    return data


def test_canonical_form_drops_what_a_run_leaves_and_keeps_what_an_author_wrote(mini_course):
    clean = json.loads(canonical(soiled(mini_course)))
    code = clean["cells"][1]
    assert code["outputs"] == []
    assert code["execution_count"] is None
    assert code["metadata"] == {
        "deletable": False,
        "nbgrader": {"grade": True, "points": 2},
        "tags": ["a", "setup"],
    }
    assert sorted(clean["metadata"]) == ["kernelspec", "language_info", "mlsd"]
    assert clean["metadata"]["kernelspec"]["name"] == "python3"
    assert clean["nbformat_minor"] == 5


def test_canonical_text_is_what_nbformat_writes(mini_course):
    text = canonical(soiled(mini_course))
    node = nbformat.reads(text, as_version=4)
    nbformat.validate(node)
    assert nbformat.writes(node) + "\n" == text
    assert canonical(node) == text


def test_a_notebook_as_a_front_end_leaves_it_is_told(mini_course):
    path = mini_course.write("chapters/a.ipynb", json.dumps(soiled(mini_course)))
    assert "not in canonical form (a cell has outputs)" in problems(path)[0]
    path.write_text(canonical(json.loads(path.read_text())))
    assert problems(path) == []


def test_a_deviation_in_one_line_is_shown(mini_course):
    path = mini_course.notebook("a", {"imports": "import os"})
    path.write_text(path.read_text().replace('"minutes": 1', '"minutes":  1'))
    assert "'\"minutes\":  1,'" in problems(path)[0]


@pytest.mark.parametrize(
    "identity",
    ["3f9a1c2b", "deadbe12", "12", "cell-3", "cell-0a1b2c3d4e5f6071", "code", "aB3_dE", "Open-Loop", "open_loop", "-a",
     "6c1f2a34-9b1e-4f0e-8a53-7d0c2b9e4f11", "x" * 65, "a"],
)  # fmt: skip
def test_an_id_that_says_nothing_is_refused(mini_course, identity):
    path = mini_course.notebook("a", {"imports": "import os"})
    path.write_text(path.read_text().replace('"id": "imports"', f'"id": "{identity}"'))
    before = path.read_text()
    assert f"has the id {identity!r}, which says nothing" in problems(path)[0]
    with pytest.raises(NotebookError, match="says nothing"):
        canonical(json.loads(before))


@pytest.mark.parametrize("identity", ["imports", "open-loop-p99", "sql-join", "step-2-fit", "facade", "api", "beta2"])
def test_an_id_with_a_word_in_it_passes(identity):
    assert says_something(identity)


def test_missing_and_doubled_ids_are_told_by_number(mini_course):
    data = mini_course.data({"imports": "import os", "plot": "1"})
    del data["cells"][1]["id"]
    data["cells"][2]["id"] = "title"
    path = mini_course.write("chapters/a.ipynb", json.dumps(data))
    found = problems(path)
    assert any("Cell 2 ('import os') has no id" in fault for fault in found)
    assert any("Cell 3 has the id 'title' of an earlier cell" in fault for fault in found)


@pytest.mark.parametrize("tag", ["skip-execution", "raises-exception"])
def test_tags_that_hide_a_failure_are_forbidden(mini_course, tag):
    path = mini_course.notebook("a", {"imports": "import os"}, tags={"imports": [tag]})
    assert f"the tag {tag!r} makes a run green" in problems(path)[0]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("!ls", "!ls"),
        ("files = !ls *.py", "!ls *.py"),
        ("if True:\n    !false", "!false"),
        ("%%bash\nfalse", "%%bash"),
        ("%%time\n!false", "!false"),
        ("%pip install x", "%pip"),
        ("%sx ls", "%sx"),
        ("get_ipython().system('false')", "!false"),
        ("import os\nos.system('false')", "os.system false"),
        ("print('!ls')", ""),
        ('text = """\n!ls\n%%bash\n"""', ""),
        ("a != b", ""),
        ("%matplotlib inline", ""),
        ("7 % 3", ""),
    ],
)
def test_a_shell_is_found_wherever_ipython_would_start_one(source, found):
    assert shell_call(source) == found


def test_a_shell_line_is_a_problem(mini_course):
    path = mini_course.notebook("a", {"listing": "!ls"})
    assert "Cell 'listing': '!ls' runs a shell" in problems(path)[0]


def test_a_cell_holds_at_most_25_lines_of_code(mini_course):
    longest = "\n\n# why\n".join(f"x{i} = {i}" for i in range(25))
    assert code_lines(longest) == 25
    assert problems(mini_course.notebook("a", {"numbers": longest})) == []
    assert (
        "26 lines of code; 25 is the most" in problems(mini_course.notebook("b", {"numbers": longest + "\nx = 1"}))[0]
    )


def test_an_empty_code_cell_is_a_problem(mini_course):
    assert "empty code cell" in problems(mini_course.notebook("a", {"nothing": " \n"}))[0]
