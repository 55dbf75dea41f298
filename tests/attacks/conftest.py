"""The foreign course with its small assignments, released once by stock nbgrader and copied by every test."""

import tempfile
from pathlib import Path

import pytest

from tests.attacks.course.ps1 import PS1
from tests.attacks.course.ps2 import PS2
from tests.attacks.foreign_course import release, write
from tests.prepared import once


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A released course with the problem sets."""
    folder = once(tmp_path_factory, "foreign", lambda folder: release(write(folder / "course", PS1, PS2)))
    return folder / "course"


@pytest.fixture
def root():
    """A folder with a short name: socket files below it may not have long ones."""
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
