"""Without a secret a test meets public cases, with `secret` hidden ones; `sandboxes` gives a warmed one an exercise.

With `hidden_cases` they are found once a process, as in the grader's.
"""

import sys

import pytest

from grader.sandbox import make_sandbox
from grader.suite_kit.answer import ImportGuard
from grader.suite_kit.exercise import missing_cases
from tests.grader.grading.patience_limits import PATIENT
from tests.grader.suites.contract import ROOT, found, secrets_of, suite_of

FORBIDDEN_BY_SOME = ("case_studies.", "lessons.", "mlsd_lib.operations.")  # and loaded by no suite


@pytest.fixture(scope="module", autouse=True)
def nothing_stays_forbidden():
    """What an exercise forbids when an answer begins, the tests of other folders in this process may import."""
    yield
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, ImportGuard)]


@pytest.fixture(autouse=True)
def cases_are_stored(request):
    """Of an exercise without stored cases, each test says how they are made, and nothing more."""
    name = request.getfixturevalue("name") if "name" in request.fixturenames else ""
    if name and (left := missing_cases(ROOT, name)):
        pytest.fail(left, pytrace=False)


@pytest.fixture(autouse=True)
def no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("MLSD_SECRET_FILE", str(tmp_path / "none"))
    # An import guard of one test, or of the answer that a module's tests share, is not another's.
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if not isinstance(finder, ImportGuard)])
    # A guard refuses imports, and what other tests loaded in this process would not be imported anew.
    for name in [name for name in sys.modules if f"{name}.".startswith(FORBIDDEN_BY_SOME)]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def secret(request, monkeypatch, tmp_path):
    """The file of a secret; the first of those of the exercise `name`, for a test that has one."""
    name = request.getfixturevalue("name") if "name" in request.fixturenames else ""
    path = tmp_path / "secret"
    path.write_text(secrets_of(name)[0])
    path.chmod(0o600)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(path))
    return path


@pytest.fixture
def hidden_cases(name, secret, monkeypatch):
    """All tests of an exercise meet the same hidden cases."""
    monkeypatch.setattr(suite_of(name).CASES, "kept", found(name))


@pytest.fixture(scope="module")
def sandboxes():
    """A warmed sandbox an exercise."""
    open_ones = {}

    def find(name):
        if name not in open_ones:
            exercise = suite_of(name).EXERCISE
            imports = [f"grader.suites.{name}", *exercise.preloads]
            open_ones[name] = make_sandbox(imports, forbids=list(exercise.forbids), limits=PATIENT)
            open_ones[name].__enter__()
        return open_ones[name]

    yield find
    for sandbox in open_ones.values():
        sandbox.__exit__(None, None, None)
