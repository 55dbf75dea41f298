"""What decides marks beside a submission: each part's digest changes with that part, and with nothing else."""

import pytest

from grader import secret
from grader.grading import mark_digests
from grader.grading.intake.submission import assignment, submission
from grader.grading.mark_digests import answers_digest, decided_by, has_changed, keyed, reasons
from grader.grading.records import LIMITS, Job
from tests import toy_course as toy

TREE = {
    "grader/suites/one/suite.py": "from grader.suite_kit import (\n    points,\n)\nimport mlsd_lib.simulation.traces\n",
    "grader/suites/one/cases.json": "[1]",
    "grader/suites/other/suite.py": "",
    "grader/suites/one/hidden/oracle.py": "from mlsd_lib import lesson",
    "grader/suite_kit/points.py": "from mlsd_lib.modeling import curve_table\n",
    "grader/suite_kit/growth.py": "",
    "mlsd_lib/__init__.py": "",
    "mlsd_lib/simulation/traces.py": "",
    "mlsd_lib/modeling/curve_table.py": "",
    "mlsd_lib/modeling/curve_table.npz": "1",
    "mlsd_lib/lesson/__init__.py": "",
}
REACHES = {
    "grader/suites/one/suite.py": {"suite"},
    "grader/suites/one/cases.json": {"suite"},
    "grader/suites/one/new.py": {"suite"},
    "grader/suites/one/hidden/oracle.py": {"hidden"},
    "grader/suites/one/bank/bank.toml": set(),
    "grader/suite_kit/points.py": {"kit"},
    "mlsd_lib/simulation/traces.py": {"kit"},
    "mlsd_lib/modeling/curve_table.npz": {"kit"},
    "grader/suites/other/suite.py": set(),
    "grader/suite_kit/growth.py": set(),
    "mlsd_lib/lesson/__init__.py": set(),
    "grader/suites/one/__pycache__/suite.cpython-311.pyc": set(),
}


@pytest.fixture
def shared(course, tmp_path, monkeypatch):
    """The toy exercise, whose first locked cell uses a suite of a small project's."""
    for name, text in TREE.items():
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text(text)
    monkeypatch.setattr(mark_digests, "ROOT", tmp_path / "project")
    mark_digests._module.cache_clear()
    found = assignment(course, "halves", Job("halves", "", {}))
    object.__setattr__(found.originals[0].cells[1], "source", "from grader.suites.one import suite")
    yield found
    mark_digests._module.cache_clear()


@pytest.mark.parametrize(("name", "parts"), REACHES.items())
def test_a_file_changes_the_digest_of_its_part_alone(shared, tmp_path, name, parts):
    before = decided_by(shared, tmp_path)
    path = tmp_path / "project" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "# changed\n")
    after = decided_by(shared, tmp_path)
    assert {part for part in before if before[part] != after[part]} == parts
    assert has_changed({"decided": before}, after) == bool(parts)
    extra = {"seed": 0, "limits": dict.fromkeys(LIMITS, 1.0)}
    told = reasons({"decided": before | {"answers": ""}, **extra}, {"decided": after | {"answers": ""}, **extra})
    assert told == (["a test changed"] if parts else [])


def test_a_released_test_counts_and_the_instructors_own_answer_does_not(shared, tmp_path):
    before = decided_by(shared, tmp_path)
    cells = {cell.grade_id: cell for cell in shared.originals[0].cells}
    object.__setattr__(cells["half"], "source", "def half(x):\n    return x * 0.5")
    assert decided_by(shared, tmp_path) == before
    object.__setattr__(cells["half-test"], "source", "assert half(8) == 4")
    assert {part for part, digest in decided_by(shared, tmp_path).items() if digest != before[part]} == {"tests"}


def test_the_secret_is_known_by_a_digest_that_no_guess_can_be_tried_on(shared, tmp_path, monkeypatch):
    monkeypatch.setenv("MLSD_SECRET_FILE", str(tmp_path / "secret"))
    assert decided_by(shared, tmp_path)["secret"] == ""
    secret.create(tmp_path / "secret")
    first = decided_by(shared, tmp_path)
    assert decided_by(shared, tmp_path) == first
    assert first["secret"] == keyed([secret.exercise_key("one")], tmp_path / ".mlsd-salt")
    assert first["secret"] != keyed([secret.exercise_key("one")], tmp_path / "another-salt")
    assert (tmp_path / ".mlsd-salt").stat().st_mode & 0o077 == 0
    (tmp_path / "secret").write_text("0" * 64)
    now = decided_by(shared, tmp_path)
    assert {part for part in first if first[part] != now[part]} == {"secret"}


def test_results_of_an_earlier_version_are_not_taken_for_changed():
    assert not has_changed({}, {"tests": "1"})
    assert reasons({}, {"decided": {}}) == ["graded by an earlier version"]


BIT = "BITS = [1]"  # an extra cell that is run or not tells the answers something


def with_bit(course, after: str, **parts) -> dict:
    """Right work with one more cell."""
    notebook = toy.answered(course, **toy.RIGHT)
    names = [cell["id"] for cell in notebook["cells"]]
    notebook["cells"].insert(names.index(after) + 1, toy.cell("code", "own", BIT) | parts)
    return notebook


@pytest.mark.parametrize(
    ("after", "parts", "alike"),
    [
        ("half", {}, True),
        ("half", {"execution_count": 7, "id": "another"}, True),
        ("half", {"cell_type": "markdown"}, False),
        ("half", {"cell_type": "raw"}, False),
        ("half", {"metadata": {"tags": ["skip-execution"]}}, False),
        ("half-test", {}, False),
        ("title", {}, False),
    ],
)
def test_a_hand_in_that_runs_otherwise_is_another_one(course, after, parts, alike):
    """Who handed in again keeps the round only with the same answers: texts alone do not say that."""
    shared, digests = assignment(course, toy.NAME, Job(toy.NAME, "", {})), []
    for notebook in (with_bit(course, "half"), with_bit(course, after, **parts)):
        place = toy.submit(course, "ann", notebook).parent
        digests.append(answers_digest(submission(shared, "ann", place)))
    assert (digests[0] == digests[1]) == alike
