"""Courses to test on: a fresh one each test, one released and one graded that are shared and only read."""

import os
import pickle

import pytest

from grader.grading import batch
from grader.sandbox import probe
from grader.sandbox.isolation import bubblewrap
from grader.workflow import feedback, release, stock
from tests import toy_course as toy
from tests.grader.grading import engine_course
from tests.prepared import once

OUTCOMES = "outcomes.pickle"


@pytest.fixture(scope="session")
def released_once(tmp_path_factory):
    return toy.Course.open(once(tmp_path_factory, "released", lambda to: release.release(toy.make(to), toy.NAME)))


@pytest.fixture
def course(released_once, tmp_path):
    """A released course of the test's own."""
    return engine_course.copied(released_once, tmp_path / "course")


@pytest.fixture(scope="session")
def marked_once(released_once, tmp_path_factory):
    """A class of five that the plain grader graded. Read it, do not change it."""

    def make(folder):
        toy.hand_in_five(course := engine_course.copied(released_once, folder))
        engine_course.run(course, jobs=1)

    return toy.Course.open(once(tmp_path_factory, "marked", make))


@pytest.fixture
def marked(marked_once, tmp_path):
    """That class, the test's own."""
    return engine_course.copied(marked_once, tmp_path / "marked")


@pytest.fixture(scope="session")
def graded(released_once, tmp_path_factory):
    """A course whose class was graded and given feedback, with the outcomes by student. Read it, do not change it."""

    def make(folder):
        toy.hand_in(course := engine_course.copied(released_once, folder))
        students = batch.chosen(course, toy.NAME, "*")
        outcomes = {outcome.student: outcome for outcome in stock.grade(course, toy.NAME, students, timeout_s=2)}
        pages = {outcome.student: outcome for outcome in feedback.give_feedback(course, toy.NAME, sorted(outcomes))}
        (folder / OUTCOMES).write_bytes(pickle.dumps((outcomes, pages)))

    folder = once(tmp_path_factory, "graded by stock", make)
    return toy.Course.open(folder), *pickle.loads((folder / OUTCOMES).read_bytes())


@pytest.fixture
def graded_own(graded, tmp_path):
    """That course, the test's own; what was graded is newer than what was handed in, as it was there."""
    course = engine_course.copied(graded[0], tmp_path / "graded")
    for student in graded[1]:
        os.utime(course.folder("autograded", student, toy.NAME))
    return course


@pytest.fixture
def without_bubblewrap(monkeypatch):
    """A machine that offers no namespaces, and is asked again."""
    monkeypatch.setattr(bubblewrap, "program", str)
    monkeypatch.delenv(probe.CEILING, raising=False)
    monkeypatch.setattr(probe, "_TRIED", [])
    probe.found_missing.cache_clear()
    yield
    probe.found_missing.cache_clear()
