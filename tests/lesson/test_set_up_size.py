"""The size of installed packages."""

import importlib.metadata
import subprocess
import sys

from mlsd_lib.lesson import set_up_size
from mlsd_lib.lesson.set_up_size import set_up_mb


def own_mb(name):
    package = importlib.metadata.distribution(name)
    return sum(package.locate_file(file).stat().st_size for file in package.files) / 2**20


def test_what_is_required_counts_once_however_it_is_written():
    flask, werkzeug = set_up_mb(["flask"]), set_up_mb(["Werkzeug"])
    assert flask > own_mb("flask") + own_mb("werkzeug")
    assert set_up_mb(["flask", "werkzeug", "Flask"]) == flask
    assert werkzeug < flask


def test_a_package_that_is_not_installed_adds_nothing():
    assert set_up_mb(["no-such-package"]) == 0.0


def test_as_a_program_it_prints_the_number():
    done = subprocess.run([sys.executable, set_up_size.__file__, "flask"], capture_output=True, text=True, check=True)
    assert float(done.stdout) == set_up_mb(["flask"])
