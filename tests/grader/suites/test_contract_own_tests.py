"""The contract of exercises that ask for tests: the objects that a student's tests get, right or with a bug."""

import functools

import pytest

from grader.answer_bank.runner import Job, run_cells
from tests.grader.suites.contract import (
    PLANTING,
    bank_of,
    calls_of,
    cells_of,
    every_planting_exercise,
    marks_in_the_engine,
    reference_of,
    suite_of,
)  # fmt: skip


class OwnTests:
    """The reference's tests of an exercise, tried on one object: of its own, or of the grader's made by `lent`."""

    def __init__(self, name):
        self.suite, bank = suite_of(name), bank_of(name)
        self.planted, self.hidden = self.suite.PLANTED, self.suite.EXERCISE.hidden()
        (names,) = [names for test, names in calls_of(bank).values() if test == "own_tests"]
        reference = cells_of(bank, reference_of(bank))
        self.check, self.own = reference[names[0]], reference[names[1]]

    def tried(self, check, bug="", size=0, lent=None):
        shop = self.planted.shop(lent) if lent else None
        return getattr(self.suite, f"try_{self.planted.kind}")(check, self.own, bug, size, shop)


@every_planting_exercise
def test_hidden_bugs_are_the_public_ones_with_sizes_in_the_published_ranges(name, secret):
    suite = suite_of(name)
    bugs, public = suite.PLANTED.bugs, suite.PLANTED.public_trials()
    assert len(bugs) >= 14
    drawn = [suite.CASES.drawn(1, seed).trials for seed in range(8)]
    for trials in [*drawn, public]:
        assert sorted(trial.bug for trial in trials if trial.family) == sorted(bugs)
        for trial in trials:
            least, most = sorted(bugs[trial.bug].sizes) if trial.family else (0, 0)
            assert least <= trial.size <= most
            assert not trial.family or trial.family == bugs[trial.bug].family
    assert len({tuple(trial.bug for trial in trials) for trials in drawn}) == len(drawn)
    sized = [name for name, bug in bugs.items() if bug.sizes[0] != bug.sizes[1]]
    assert all(len({trial.size for trials in drawn for trial in trials if trial.bug == bug}) > 1 for bug in sized)


@pytest.mark.parametrize(("name", "bug"), [(name, bug) for name in PLANTING for bug in suite_of(name).PLANTED.bugs])
def test_the_references_tests_reject_every_bug_in_either_kind_of_object(name, bug, secret):
    own = OwnTests(name)
    for size in set(own.planted.bugs[bug].sizes):
        lent = functools.partial(own.planted.bugs[bug].wrapper, own.hidden.RIGHT[0], size)
        for given in ({"lent": lent}, {"bug": bug, "size": size}):
            with pytest.raises(AssertionError):
                own.tried(own.check, **given)


@every_planting_exercise
def test_the_references_tests_accept_every_right_object(name, secret):
    own, bank = OwnTests(name), bank_of(name)
    written = [cells_of(bank, answer)[own.own.__name__] for answer in bank.answers if answer.kind == "alternative"]
    for lent in (*own.hidden.RIGHT, *written):
        own.tried(own.check, lent=lent)
    for way in ("", *own.planted.either_way):
        own.tried(own.check, way)


@every_planting_exercise
def test_a_tested_object_tells_nothing_of_what_is_behind_it(name, secret):
    own, names = OwnTests(name), set()
    for trial in own.suite.CASES.drawn(1, 1).trials:
        found = []
        own.tried(found.append, trial.bug if trial.lent is None else "", 0, trial.lent)
        names.add((found[0].__name__, found[0].__qualname__, found[0].__module__, found[0].__doc__))
    assert len(names) == 1


@every_planting_exercise
def test_a_bug_of_another_name_is_refused_with_the_known_ones(name, secret):
    own = OwnTests(name)
    with pytest.raises(ValueError, match=next(iter(own.planted.bugs))):
        own.tried(own.check, "no such bug")


IN_THREADS = """

def in_threads(check):
    from concurrent.futures import ThreadPoolExecutor

    def check_in_threads(tested):
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(check, tested) for _ in range(3)]:
                done.result()

    return check_in_threads


{name} = in_threads({name})
{name}.__name__ = "{name}"
"""


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("in_engine", [False, True])
@every_planting_exercise
def test_tests_that_use_objects_from_threads_get_their_marks(name, hidden, in_engine, sandboxes, secret):
    bank = bank_of(name)
    ((test, (check, *_)),) = [
        (cell, names) for cell, (called, names) in calls_of(bank).items() if called == "own_tests"
    ]
    if not hidden:
        secret.unlink()
    cells = dict(bank.source(reference_of(bank)))
    last = [cell for cell, source in cells.items() if f"def {check}(" in source][-1]
    cells[last] += IN_THREADS.format(name=check)
    if in_engine:
        assert marks_in_the_engine(sandboxes(name), bank, list(cells.items()), [test]) == {test: bank.maxima[test]}
    else:
        result = run_cells(Job(list(cells.items()), [test]))
        assert result.points == {test: bank.maxima[test]}, result
