"""A new version of a notebook over a student's copy: whatever both sides changed, no text of the student's is lost."""

import copy

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsd.students.merge import is_readable, merge
from notebook_runner.canonical import source_of

PLAIN, LOCKED, ANSWER, TURN = (
    {},
    {"nbgrader": {"locked": True}},
    {"nbgrader": {"solution": True}},
    {"tags": ["your-turn"]},
)
KINDS = {
    "plain": {},
    "locked": {"nbgrader": {"locked": True, "grade_id": "x"}, "editable": False},
    "fixed": {"editable": False},
    "answer": {"nbgrader": {"solution": True, "locked": False}},
    "turn": {"tags": ["your-turn"]},
}
NAMES = [f"cell-{letter}" for letter in "abcdefgh"]


def code(name, text, kind="plain", **more):
    return {
        "cell_type": "code", "id": name, "metadata": copy.deepcopy(KINDS[kind]), "source": text, "outputs": [],
        "execution_count": None, **more,
    }  # fmt: skip


def prose(name, text, kind="plain", **more):
    return {"cell_type": "markdown", "id": name, "metadata": copy.deepcopy(KINDS[kind]), "source": text, **more}


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def texts(nb):
    return {cell["id"]: source_of(cell) for cell in nb["cells"]}


@st.composite
def cells_of_a_course(draw):
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
    kinds = draw(st.lists(st.sampled_from([*KINDS]), min_size=6, max_size=6))
    return [
        draw(st.sampled_from([code, prose]))(name, f"{name} 1", kind) for name, kind in zip(names, kinds, strict=False)
    ]


@st.composite
def next_version(draw, cells):
    """The course's cells after edits of its authors: some removed, changed, relabelled, moved, and new ones."""
    kept = [copy.deepcopy(cell) for cell in cells if draw(st.integers(0, 4))]
    for cell in kept:
        if draw(st.booleans()):
            cell["source"] = f"{cell['id']} 2"
        if not draw(st.integers(0, 5)):
            cell["metadata"] = copy.deepcopy(KINDS[draw(st.sampled_from([*KINDS]))])
    names = [name for name in NAMES if name not in {cell["id"] for cell in cells}]
    added = draw(st.lists(st.sampled_from(names), unique=True, max_size=2)) if names else []
    for name in added:
        kind = draw(st.sampled_from([*KINDS]))
        kept.insert(draw(st.integers(0, len(kept))), code(name, f"{name} 2", kind))
    return draw(st.permutations(kept)) if draw(st.booleans()) else kept


@st.composite
def students_copy(draw, cells):
    """The cells after a student's edits: some changed, emptied, removed, moved, doubled, stripped, and own ones."""
    kept = [copy.deepcopy(cell) for cell in cells if draw(st.integers(0, 5))]
    for number, cell in enumerate(kept):
        change = draw(st.sampled_from(["none", "none", "text", "lines", "emptied", "kind", "id", "run"]))
        mine = f"\nmine {number}\n{cell['source']} \n"
        if change in ("text", "lines"):
            cell["source"] = mine if change == "text" else mine.splitlines(keepends=True)
        elif change == "emptied":
            cell["source"] = ""
        elif change == "kind":
            cell.update(cell_type="raw", source=mine)
            cell.pop("outputs", None), cell.pop("execution_count", None)
        elif change == "id":
            cell.pop("id")
        elif change == "run" and cell["cell_type"] == "code":
            cell.update(execution_count=3, outputs=[{"output_type": "stream", "name": "stdout", "text": "seen"}])
    for number in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from([f"own-{number}", *NAMES, "kept-by-update"]))
        own = draw(st.sampled_from([code, prose]))(name, f"own {number}")
        kept.insert(draw(st.integers(0, len(kept))), own)
    return draw(st.permutations(kept)) if draw(st.booleans()) else kept


@st.composite
def three_versions(draw):
    """What the student began with (or None, where nobody knows), the student's copy, and the new version."""
    cells = draw(cells_of_a_course())
    mine, new = draw(students_copy(cells)), draw(next_version(cells))
    base = notebook(*cells) if draw(st.integers(0, 3)) else None
    return base, notebook(*mine), notebook(*new)


def written_by_the_student(base, mine, new):
    """The texts of a copy that the course never gave the cell in which they stand."""
    courses = {**({} if base is None else texts(base))}
    now = texts(new)
    return [
        source_of(cell) for cell in mine["cells"]
        if source_of(cell) not in (courses.get(cell.get("id")), now.get(cell.get("id")))
    ]  # fmt: skip


@given(three_versions())
def test_no_text_of_the_students_is_lost(versions):
    merged, _ = merge(*copy.deepcopy(versions))
    left = [source_of(cell) for cell in merged["cells"]]
    for text in written_by_the_student(*versions):
        assert text in left
        left.remove(text)  # of two cells with one text both are kept


@given(three_versions())
def test_the_courses_cells_are_all_there_in_their_new_order_and_locked_ones_are_new(versions):
    new = versions[2]
    merged, _ = merge(*copy.deepcopy(versions))
    names = [cell["id"] for cell in new["cells"]]
    assert [cell["id"] for cell in merged["cells"] if cell["id"] in names] == names
    by_name = {cell["id"]: cell for cell in merged["cells"]}
    for cell in new["cells"]:
        assert by_name[cell["id"]]["metadata"] == cell["metadata"]
        if cell["metadata"] in (KINDS["locked"], KINDS["fixed"]):
            assert source_of(by_name[cell["id"]]) == cell["source"]


@given(three_versions())
def test_the_result_is_a_valid_notebook_with_ids_of_their_own(versions):
    merged, _ = merge(*copy.deepcopy(versions))
    nbformat.validate(nbformat.from_dict(merged))
    assert len({cell["id"] for cell in merged["cells"]}) == len(merged["cells"])
    assert is_readable(merged)


@given(three_versions())
def test_a_second_update_to_the_same_version_changes_nothing(versions):
    new = versions[2]
    merged, _ = merge(*copy.deepcopy(versions))
    assert merge(new, copy.deepcopy(merged), new) == (merged, [])


@given(three_versions())
def test_a_copy_that_was_only_run_becomes_the_new_version(versions):
    base, _, new = versions
    if base is not None:
        assert merge(base, copy.deepcopy(base), new) == (new, [])


@given(three_versions())
def test_neither_side_is_changed_in_place(versions):
    before = copy.deepcopy(versions)
    merge(*versions)
    assert versions == before


def test_an_answer_stays_where_its_starter_changed():
    for kind in ("answer", "turn"):
        base, new = notebook(code("f", "def f(): ...", kind)), notebook(code("f", "def f(x): ...", kind))
        merged, aside = merge(base, notebook(code("f", "def f(): return 1", kind)), new)
        assert (texts(merged), aside) == ({"f": "def f(): return 1"}, [])


def test_an_answer_that_was_not_begun_gets_the_new_starter():
    base, new = notebook(code("f", "def f(): ...", "answer")), notebook(code("f", "def f(x): ...", "answer"))
    assert texts(merge(base, base, new)[0]) == {"f": "def f(x): ..."}


def test_a_setting_stays_unless_the_course_changed_it():
    base = notebook(code("size", "n = 10"), code("guess", "low=None"))
    mine = notebook(code("size", "n = 99"), code("guess", "low=3"))
    merged, aside = merge(base, mine, notebook(code("size", "n = 20"), code("guess", "low=None")))
    assert list(texts(merged).values())[:2] == ["n = 20", "low=3"]
    assert aside == ["size"]
    report, kept = merged["cells"][2:]
    assert "`size`" in report["source"]
    assert (kept["cell_type"], kept["source"]) == ("raw", "n = 99")


def test_an_own_cell_stays_behind_the_cell_that_it_stood_behind():
    base = notebook(prose("one", "1"), prose("gone", "2"), prose("two", "3"))
    mine = notebook(
        prose("first", "f"), prose("one", "1"), prose("a", "A"), prose("gone", "2"), prose("b", "B"), prose("two", "3")
    )
    new = notebook(prose("two", "3"), prose("more", "4"), prose("one", "1"))
    assert list(texts(merge(base, mine, new)[0])) == ["first", "two", "more", "one", "a", "b"]


def test_a_cell_that_the_student_doubled_stays_beside_the_first():
    base = notebook(code("one", "1"), code("two", "2"))
    mine = notebook(code("one", "1"), code("one", "1"), code("two", "2"))
    assert texts(merge(base, mine, base)[0]) == {"one": "1", "one-2": "1", "two": "2"}


def test_outputs_stay_with_their_text_alone():
    seen = {"outputs": [{"output_type": "stream", "name": "stdout", "text": "7"}], "execution_count": 2}
    base = notebook(code("same", "1"), code("other", "1"))
    mine = notebook(code("same", "1", **seen), code("other", "1", **seen))
    merged, _ = merge(base, mine, notebook(code("same", "1"), code("other", "2")))
    assert [cell["execution_count"] for cell in merged["cells"]] == [2, None]


def test_a_cell_of_an_older_format_is_known_by_the_name_that_nbgrader_gave_it():
    entry = {"nbgrader": {"solution": True, "grade_id": "f"}}
    starter = {**code("f", "..."), "metadata": entry}
    mine = {**code("f", "return 1"), "metadata": entry}
    del mine["id"]
    assert texts(merge(notebook(starter), notebook(mine), notebook(starter))[0]) == {"f": "return 1"}


@pytest.mark.parametrize(
    "content",
    [
        [], {}, {"cells": [3]}, {"cells": [{"cell_type": "code"}]}, {"cells": [code("a", 3)]},
        {"cells": [code("a", ["x", 3])]}, {"cells": [{**code("a", "x"), "metadata": None}]},
        {"cells": [{**code("a", "x"), "metadata": {"nbgrader": "x"}}]}, {"cells": 3},
        {"cells": [{**code("a", "x"), "metadata": {"tags": None}}]},
    ],
)  # fmt: skip
def test_what_is_no_notebook_is_not_merged(content):
    assert not is_readable(content)
