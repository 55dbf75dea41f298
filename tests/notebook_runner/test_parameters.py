"""No parameter is computed from another one: papermill sets parameters after their cell has run."""

from pathlib import Path

import pytest

from notebook_runner import NotebookError, course_root, seeds
from notebook_runner.course import notebook_paths
from notebook_runner.parameters import computed, own_seed

ROOT = course_root(Path(__file__).parent)
SEED = {"parameters": ["parameters"]}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("seed = 0\ntraining_seeds = range(seed, seed + 6)", {"training_seeds": ["seed"]}),
        ("rows, seed = 3, 0\ntotal: int = rows * 2", {"total": ["rows"]}),
        ("seed = 0\nseed += 1", {"seed": ["seed"]}),
        ("seed = 0\nrng = {'a': [default_rng(seed)]}", {"rng": ["seed"]}),
        ("seed = 0\nprint(seed)", {"print(seed)": ["seed"]}),
        ("seed = 0\nif seed:\n    rows = 3", {"if seed:\n    rows = 3": ["seed"]}),
        ("seed = 0\nsizes = [2**k for k in range(3)]\ntried = range(63, 70)", {}),
        ("size = 2\nseeds = 16\nseed = 0", {}),
        ("seed = (", {}),
    ],
)
def test_what_is_computed_from_a_parameter_is_found(mini_course, source, found):
    assert computed(mini_course.notebook("a", {"parameters": source}, tags=SEED)) == found


def test_a_cell_without_the_tag_holds_no_parameters(mini_course):
    path = mini_course.notebook("a", {"parameters": "seed = 0\nmore = seed"})
    assert computed(path) == {}
    assert own_seed(path) is None


def test_a_seed_that_would_not_reach_what_was_computed_from_it_is_not_set(mini_course):
    cells = {"parameters": "seed = 0\ntraining_seeds = range(seed, seed + 6)"}
    path = mini_course.notebook("a", cells, tags=SEED)
    with pytest.raises(NotebookError, match=r"chapters/a.ipynb: .* computes training_seeds from `seed`"):
        seeds.tasks(mini_course.root, [path], 2)
    size = {"parameters": "seed = 0\nsize = 2\ntwice = 2 * size"}
    assert len(seeds.tasks(mini_course.root, [mini_course.notebook("b", size, tags=SEED)], 2)) == 2


@pytest.mark.parametrize("path", notebook_paths(ROOT), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_notebook_of_the_course_computes_a_parameter_from_another(path):
    assert computed(path) == {}, "compute it in the cell after the parameters, or a value set from outside is half set"
