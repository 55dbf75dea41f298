"""The foreign course, released once by stock nbgrader and copied by every test."""

import tempfile
from pathlib import Path

import pytest

from tests.attacks.course.ps1 import PS1
from tests.attacks.foreign_course import release, write


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A released course with problem set 1."""
    return release(write(tmp_path_factory.mktemp("foreign") / "course", PS1))


@pytest.fixture
def root():
    """A folder with a short name: socket files below it may not have long ones."""
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
