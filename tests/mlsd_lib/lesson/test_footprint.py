"""A package's weight on the disk is its own and that of what it needs, each package once."""

import importlib.metadata

import pytest

from mlsd_lib.lesson.footprint import installed_mb
from mlsd_lib.lesson.reader import LessonError


def test_a_package_brings_what_it_needs_and_nothing_for_its_extras():
    found = installed_mb("scikit-learn")
    assert {"scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl"} <= set(found)
    assert not {"matplotlib", "pytest"} & set(found)


def test_the_size_of_a_package_is_that_of_its_files():
    files = [path.locate() for path in importlib.metadata.distribution("threadpoolctl").files or []]
    own = sum(file.stat().st_size for file in files if file.is_file()) / 1e6
    # Byte code may be written meanwhile.
    assert installed_mb("threadpoolctl") == {"threadpoolctl": pytest.approx(own, rel=0.2)}


def test_an_extra_counts_where_a_requirement_asks_for_it():
    assert "webcolors" in installed_mb("jupyter-events")  # it requires jsonschema[format-nongpl]
    assert "webcolors" not in installed_mb("jsonschema")


def test_an_extra_counts_where_it_is_asked_for():
    assert "webcolors" in installed_mb("jsonschema[format-nongpl]")


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(LessonError, match="'no-such-package'"):
        installed_mb("no-such-package")
