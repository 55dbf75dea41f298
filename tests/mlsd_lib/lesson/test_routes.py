"""Routes by hand: what each promises is what its notebooks take, in an order that can be studied."""

from itertools import pairwise
from pathlib import Path

import pytest

from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.routes import FILE, hours_of, part_of, read_routes, study_order
from mlsd_lib.lesson.start_page import read_course, routes_table
from notebook_runner import course_root
from tests.mlsd_lib.lesson.test_start_page import CASE, EXERCISE, FIRST, SECOND, START, names, small_course

ROOT = course_root(Path(__file__))
COURSE = {notebook.name: notebook for notebook in read_course(ROOT).notebooks}
ROUTES = read_routes(ROOT)
NEEDED = {
    "serving": "10_serving_options",
    "deployment": "03_deployment",
    "monitoring": "04_monitoring",
}


def faults(route, course):
    """What is wrong with a route, in words: unknown notebooks, hours that are not those promised, order, parts."""
    known = [course[name] for name in route.notebooks if name in course]
    found = [f"{name} is no notebook" for name in route.notebooks if name not in course]
    if not 0.85 <= hours_of(known) / route.hours <= 1.15:
        found.append(f"it takes {hours_of(known):.1f} hours")
    for at, notebook in enumerate(known):
        before = {other.name for other in known[:at]}
        found += [f"{notebook.name} comes before {name}" for name in notebook.requires if name not in before]
    stems = {notebook.path.stem for notebook in known}
    if route.hours >= 10:
        found += [f"no {what}" for what, stem in NEEDED.items() if stem not in stems]
        found += [] if any(notebook.kind == "exercise" for notebook in known) else ["no exercise"]
    return found


def test_there_is_a_route_for_an_afternoon_a_week_and_a_term():
    assert [route.hours for route in ROUTES] == [5, 10, 20, 40]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.hours:g} hours")
def test_a_route_keeps_what_it_promises(route):
    assert faults(route, COURSE) == []
    assert len({*route.notebooks}) == len(route.notebooks)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.hours:g} hours")
def test_a_route_is_in_the_order_of_study(route):
    order = list(COURSE)
    assert sorted(route.notebooks, key=order.index) == list(route.notebooks)


def test_a_longer_route_holds_the_shorter_ones():
    for shorter, longer in pairwise(ROUTES):
        assert {*shorter.notebooks} <= {*longer.notebooks}


def without(route, stem):
    return route._replace(notebooks=tuple(name for name in route.notebooks if Path(name).stem != stem))


@pytest.mark.parametrize(
    ("spoiled", "fault"),
    [
        (ROUTES[1]._replace(hours=20), "it takes "),
        (without(ROUTES[2], "10_serving_options"), "no serving"),
        (without(ROUTES[2], "04_monitoring"), "no monitoring"),
        (without(ROUTES[1], "design_prediction_service"), "no exercise"),
        (without(ROUTES[2], "01_project_setup"), "02_data_collection.ipynb comes before"),
        (ROUTES[1]._replace(notebooks=(*reversed(ROUTES[1].notebooks),)), "comes before chapters/00_start_here.ipynb"),
        (ROUTES[0]._replace(notebooks=(*ROUTES[0].notebooks, "chapters/gone.ipynb")), "gone.ipynb is no notebook"),
    ],
)
def test_a_spoiled_route_is_found(spoiled, fault):
    assert fault in "; ".join(faults(spoiled, COURSE))


def test_the_file_names_every_part_of_the_course():
    import tomllib

    stated = tomllib.loads((ROOT / FILE).read_text())["parts"]
    assert {part_of(notebook) for notebook in COURSE.values() if notebook.kind != "start"} <= {*stated}


@pytest.fixture
def root(tmp_path):
    return small_course(tmp_path)


def state(root, text):
    (root / FILE).write_text(text)


def test_parts_come_as_stated_and_each_notebook_after_what_it_requires(root):
    assert names(read_course(root).notebooks) == [START, FIRST, SECOND, CASE, EXERCISE]
    state(root, 'parts = ["Exercises", "A", "Case studies"]')
    assert names(read_course(root).notebooks) == [START, FIRST, EXERCISE, SECOND, CASE]
    state(root, 'parts = ["A", "Exercises"]')
    shuffled = [*reversed(read_course(root).notebooks)]
    assert names(study_order(root, shuffled)) == [START, FIRST, SECOND, EXERCISE, CASE]


def test_the_table_shows_a_routes_time_without_what_a_copy_lacks(root):
    listed = f'["{START}", "{FIRST}", "chapters/elsewhere.ipynb", "{EXERCISE}"]'
    state(root, f'[[route]]\nhours = 5\ngoal = "You can."\nnotebooks = {listed}\n')
    table = routes_table(root, read_course(root), root / START).data
    assert "| 5 hours | You can. | 4.7 hours | <details><summary>2 notebooks</summary>1. [Title of 01_x" in table
    assert "00_start_here" not in table
    assert "elsewhere" not in table
    assert "| all the time | The whole course. | 10 hours |" in table


def test_an_entry_with_a_wrong_key_and_a_file_that_cannot_be_read_are_named(root):
    state(root, '[[route]]\nhours = 5\nwhy = "x"\nnotebooks = []\n')
    with pytest.raises(LessonError, match="route 1: 'goal' is missing or not known"):
        read_routes(root)
    state(root, "route = [")
    with pytest.raises(LessonError, match=r"routes\.toml cannot be read"):
        read_routes(root)
