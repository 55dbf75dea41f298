"""What all submissions of a class need alike is done once, in the warmed processes, before these fork."""

import pytest

from grader.grading.analysis.grading_plan import Plan, Plans, plans
from grader.grading.analysis.name_analysis import Names
from grader.grading.intake.instructor_notebook import InstructorNotebook
from grader.grading.sealed import checker_process
from grader.grading.sealed.checker import Checker
from grader.sandbox import make_sandbox
from grader.suites import reduce_latency
from tests.grader.grading.bench import locked
from tests.grader.grading.beside import SERVER


@pytest.mark.parametrize("name", ["reduce_latency", "implement_feature_store"])
def test_a_fork_of_the_checker_has_the_cases_that_its_parent_found(name):
    made = Plans({"nb": Plan("nb", names=Names())}, [f"grader.suites.{name}"])
    with make_sandbox(server=SERVER) as sandbox, Checker(made) as checker, sandbox.open() as session:
        assert checker.failed == []
        with checker.open("nb", session) as fork:
            kept = f"from grader.suites.{name} import cases\nlen(cases._KEPT)"
            assert fork.run(session, "cell", kept, 1.0, 20.0).points == 1.0


def test_a_suite_that_cannot_be_warmed_is_told_and_no_other_module_is_asked(monkeypatch):
    def fail():
        raise RuntimeError("no file")

    monkeypatch.setattr(reduce_latency, "warm", fail)
    assert checker_process._warm(["grader.suites.reduce_latency", "json"]) == [
        "grader.suites.reduce_latency: RuntimeError: no file"
    ]


def test_what_a_suites_own_code_imports_late_is_loaded_before_the_forks():
    found = plans(
        [InstructorNotebook("nb", (locked("imports", "from grader.suites import reduce_latency as suite"),))], {}
    )
    assert {"grader.suites.reduce_latency", *reduce_latency.PRELOADS} <= set(found.modules)
    assert found.forbids == sorted(reduce_latency.FORBIDS)
