"""The course map: what metadata must say, and the order in which to read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from notebook_runner import NotebookError, course_root, find_notebooks, read_notebook, reading_order
from notebook_runner.course import Notebook

SEEN = 25
"""Characters of a name that JupyterLab's list of files shows in its usual width."""


def put(course, name, **metadata):
    return course.notebook(name, {"imports": "import os"}, **metadata)


def test_course_root_is_found_from_any_folder_inside_it(mini_course):
    deep = mini_course.root / "chapters" / "a" / "b"
    deep.mkdir(parents=True)
    (deep.parent / "pyproject.toml").write_text('[project]\nname = "another"\n')
    assert course_root(deep) == mini_course.root


def test_no_course_above_a_folder_is_an_error_with_the_fix(tmp_path):
    with pytest.raises(NotebookError, match="Change into the course's folder"):
        course_root(tmp_path)


def test_notebooks_come_after_what_they_require_then_by_path(mini_course):
    put(mini_course, "b", requires=["chapters/z.ipynb"])
    put(mini_course, "z")
    put(mini_course, "c")
    assert [notebook.name for notebook in reading_order(find_notebooks(mini_course.root))] == [
        "chapters/c.ipynb",
        "chapters/z.ipynb",
        "chapters/b.ipynb",
    ]


def test_checkpoints_and_handed_in_notebooks_are_no_part_of_the_course(mini_course):
    kept = put(mini_course, "a")
    for folder in ("chapters/.ipynb_checkpoints", "exercises/classroom/submitted", "elsewhere"):
        mini_course.write(f"{folder}/copy.ipynb", kept.read_text())
    assert [notebook.path for notebook in find_notebooks(mini_course.root)] == [kept]


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        ({"kind": "chapter"}, "kind is 'chapter'"),
        ({"title": " "}, "title is ' '"),
        ({"objectives": []}, r"objectives is \[\]"),
        ({"objectives": "one"}, "objectives is 'one'"),
        ({"minutes": 2.5}, "minutes is 2.5"),
        ({"minutes": True}, "minutes is True"),
        ({"cores": 0}, "cores is 0"),
        ({"cpu_s": -1}, "budget.cpu_s is -1"),
        ({"budget": {"cpu_s": 1}}, "budget is {'cpu_s': 1}"),
        ({"requires": [3]}, r"requires is \[3\]"),
        ({"facts": {"data": ""}}, "facts is {'data': ''}"),
        ({"level": "hard"}, "level is 'hard'; it is not known"),
    ],
)
def test_faulty_metadata_is_named_with_its_value(mini_course, metadata, named):
    path = put(mini_course, "a", **metadata)
    with pytest.raises(NotebookError, match=f"chapters/a.ipynb: metadata mlsd.{named}"):
        read_notebook(mini_course.root, path)


def test_a_notebook_without_course_metadata_is_named(mini_course):
    path = mini_course.write("chapters/plain.ipynb", '{"cells": [], "metadata": {}}')
    with pytest.raises(NotebookError, match=r'chapters/plain.ipynb: the notebook metadata has no "mlsd" entry'):
        read_notebook(mini_course.root, path)


def test_a_file_that_is_no_notebook_is_named(mini_course):
    path = mini_course.write("chapters/broken.ipynb", "<<<<<<< HEAD")
    with pytest.raises(NotebookError, match=r"broken.ipynb cannot be read as a notebook"):
        read_notebook(mini_course.root, path)


def test_a_requirement_that_does_not_exist_is_named(mini_course):
    put(mini_course, "a", requires=["chapters/gone.ipynb"])
    with pytest.raises(NotebookError, match=r"chapters/a.ipynb requires 'chapters/gone.ipynb'"):
        reading_order(find_notebooks(mini_course.root))


def test_a_circle_is_named_link_by_link(mini_course):
    put(mini_course, "a", requires=["chapters/b.ipynb"])
    put(mini_course, "b", requires=["chapters/c.ipynb"])
    put(mini_course, "c", requires=["chapters/b.ipynb"])
    with pytest.raises(NotebookError, match=r"circle: chapters/b.ipynb -> chapters/c.ipynb -> chapters/b.ipynb"):
        reading_order(find_notebooks(mini_course.root))


def faults_of_names(notebooks: Iterable[Notebook]) -> Iterator[str]:
    """What a reader of a list of files would take wrongly: the order of study within a folder, or two names for one."""
    folders = defaultdict(list)
    for one in reading_order(notebooks):
        folders[Path(one.name).parent.as_posix()].append(Path(one.name).name)
    for folder, names in folders.items():
        for studied, listed in zip(names, sorted(names), strict=True):
            if studied != listed:
                yield f"{folder}: {studied} is studied where {listed} is listed"
                break
        if len({name[:SEEN] for name in names}) < len(names):
            yield f"{folder}: two names have the same first {SEEN} characters"


def test_names_of_chapters_sort_by_the_order_of_study_and_can_be_told_apart():
    assert list(faults_of_names(find_notebooks(course_root(Path(__file__))))) == []


def test_a_name_that_sorts_before_what_it_requires_is_found(mini_course):
    put(mini_course, "02_queues")
    put(mini_course, "01_stocks", requires=["chapters/02_queues.ipynb"])
    found = list(faults_of_names(find_notebooks(mini_course.root)))
    assert found == ["chapters: 02_queues.ipynb is studied where 01_stocks.ipynb is listed"]


def test_names_that_differ_late_are_found(mini_course):
    put(mini_course, "02_latency_and_throughput_at_night")
    put(mini_course, "02_latency_and_throughput_by_day")
    assert list(faults_of_names(find_notebooks(mini_course.root))) == [
        "chapters: two names have the same first 25 characters"
    ]
