"""`mlsd check --seeds`: a notebook's claims under other seeds than its own, told claim by claim."""

import pytest

from notebook_runner import NotebookError, seeds

IMPORTS = "from mlsd_lib.lesson import Claim, claims"
SEED = {"parameters": ["parameters"]}
HOLDS = {"imports": IMPORTS, "parameters": "seed = 0", "claims": "claims(Claim('a sum of squares', seed**2 >= 0))"}
ONLY_AT_0 = {
    "imports": IMPORTS,
    "parameters": "seed = 0  # the lucky one",
    "claims": "claims(Claim('luck lasts', seed == 0, f'{seed} wins'), Claim('one is one', 1 == 1))",
    "claims-later": "claims(Claim('small seeds win', seed < 2, f'with {seed}'))",
}


def test_seeds_are_other_than_the_notebooks_own():
    assert seeds.other_seeds(own=0, count=3) == [1, 2, 3]
    assert seeds.other_seeds(own=2, count=3) == [0, 1, 3]
    assert seeds.other_seeds(own=99, count=2) == [0, 1]


def test_a_claim_that_holds_holds_under_every_seed(mini_course, mlsd):
    mini_course.notebook("holds", HOLDS, tags=SEED)
    code, output = mlsd("check", "--seeds", "2", "holds.ipynb")
    assert code == 0, output
    assert "chapters/holds.ipynb, seed 1" in output
    assert "Every claim holds, in 1 notebook under 2 seeds each" in output


def test_a_claim_that_holds_only_at_its_own_seed_is_told_in_its_words(mini_course, mlsd):
    path = mini_course.notebook("lucky", ONLY_AT_0, tags=SEED)
    mini_course.notebook("holds", HOLDS, tags=SEED)
    assert mini_course.run(path).passed
    code, output = mlsd("check", "--seeds", "2", "--jobs", "2")
    assert code == 1
    table = {line.split()[-1]: line.split()[:-1] for line in output.splitlines() if line.endswith(".ipynb")}
    assert table == {"chapters/holds.ipynb": [".", "."], "chapters/lucky.ipynb": ["1", "2"]}
    assert "seed 1: does not hold: luck lasts (measured: 1 wins)" in output
    assert "seed 2: does not hold: luck lasts (measured: 2 wins)" in output
    assert "seed 2: does not hold: small seeds win (measured: with 2)" in output
    assert "one is one" not in output
    assert "Every claim holds" not in output


def test_the_same_words_under_several_seeds_are_told_once(mini_course, mlsd):
    cells = ONLY_AT_0 | {"claims": "claims(Claim('luck lasts', seed == 0))", "claims-later": "1"}
    mini_course.notebook("lucky", cells, tags=SEED)
    assert "seeds 1, 2, 3: does not hold: luck lasts\n" in mlsd("check", "--seeds", "3", "lucky.ipynb")[1]


def test_an_error_under_a_seed_and_a_run_without_claims_are_no_success(mini_course, mlsd):
    mini_course.notebook("breaks", HOLDS | {"breaks": "1 / (1 - seed)"}, tags=SEED)
    mini_course.notebook("silent", {"parameters": "seed = 0"}, tags=SEED)
    code, output = mlsd("check", "--seeds", "1")
    assert code == 1
    assert "seed 1: ZeroDivisionError: division by zero (cell breaks)" in output
    assert "seed 1: it claimed nothing" in output


def test_what_held_and_has_not_changed_is_not_run_again(mini_course, mlsd):
    path = mini_course.notebook("lucky", ONLY_AT_0 | {"claims-later": "1"}, tags=SEED)
    own = mini_course.run(path)
    cells = ONLY_AT_0 | {"claims": "claims(Claim('small seeds win', seed < 2))", "claims-later": "1"}
    mini_course.notebook("lucky", cells, tags=SEED)
    assert mini_course.run(path).passed
    mlsd("check", "--seeds", "1", "lucky.ipynb")
    code, output = mlsd("check", "--seeds", "2", "lucky.ipynb", "--why")
    assert code == 1
    assert "unchanged  chapters/lucky.ipynb, seed 1" in output
    assert "failed     chapters/lucky.ipynb, seed 2" in output
    again = mini_course.run(path)
    assert again.cached, "a run under another seed replaced the record of the notebook's own"
    assert again.at > own.at
    mini_course.notebook("lucky", cells | {"claims-later": "2"}, tags=SEED)
    assert "cell claims-later changed" in mlsd("check", "--seeds", "1", "lucky.ipynb", "--why")[1]


def test_the_executed_copy_stays_that_of_the_notebooks_own_seed(mini_course, mlsd):
    path = mini_course.notebook("shows", HOLDS | {"shows": "print(seed)"}, tags=SEED)
    mini_course.run(path)
    mlsd("check", "--seeds", "1", "shows.ipynb")
    assert mini_course.executed(path)["cells"][-1]["outputs"][0]["text"] == "0\n"


@pytest.mark.parametrize(
    ("cells", "tags"),
    [
        ({"parameters": "size = 3"}, SEED),
        ({"parameters": "seed = 0"}, {}),
        ({"parameters": "seed = 'a'"}, SEED),
        ({"parameters": "seed = True"}, SEED),
    ],
    ids=["no seed", "no tag", "a text", "a truth value"],
)
def test_a_notebook_without_a_seed_is_named_before_anything_runs(mini_course, mlsd, cells, tags):
    path = mini_course.notebook("seedless", cells, tags=tags)
    mini_course.notebook("another", {"parameters": "size = 3"}, tags=SEED)
    mini_course.notebook("holds", HOLDS, tags=SEED)
    with pytest.raises(NotebookError, match=r"another.ipynb, chapters/seedless.ipynb.* no parameter `seed`.*seed = 0"):
        mlsd("check", "--seeds", "2")
    assert not (mini_course.root / ".mlsd" / "records").exists(), f"something ran beside {path}"


def test_no_seeds_and_a_path_that_is_no_notebook_are_refused(mini_course, mlsd):
    mini_course.notebook("holds", HOLDS, tags=SEED)
    with pytest.raises(NotebookError, match=r"--seeds is 0; it must be 1 or more"):
        mlsd("check", "--seeds", "0", "holds.ipynb")
    with pytest.raises(NotebookError, match=r"gone.ipynb is no notebook of this course"):
        mlsd("check", "--seeds", "2", "gone.ipynb")
