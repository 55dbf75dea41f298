"""What every test needs: the course's root on the path, no reader's record touched, no limit on an example's time.

And how the workers of `mlsd test` share the tests out. What is prepared for several tests is prepared once if these go
to one worker: those of a module with a fixture of its own, of a case study, of an exercise's sandbox; and the notebooks
that run alone, which would else keep every worker waiting for one of them. Every other test goes to whichever worker is
free. What only lies in a folder, `tests.prepared` has made once for all workers.
"""

import functools
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from mlsd_lib.notebooks.result_store import VARIABLE, users_store

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for bootstrap.py, which belongs to no package, and for tests by their full names

from tests.proof import plugin  # noqa: E402
from tests.proof.progress import Progress  # noqa: E402

# Hypothesis fails an example that takes .2 s, or inputs that are slow to make: on a busy machine any may.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")
USERS_STORE = os.environ.get(VARIABLE, "")
PREPARES, WARMS = 'scope="module"', "sandboxes(name)"


def pytest_addoption(parser):
    """Register the options of the room that keeps results."""
    plugin.add_options(parser)


def pytest_configure(config):
    """Leave out what was proven before, and keep what passes, where that is asked for."""
    if not plugin.wanted(config):
        return
    config.option.force = config.option.force or config.option.cold
    proofs = plugin.Proofs(config, ROOT, users_store())
    config.pluginmanager.register(proofs)
    if not proofs.is_worker:
        config.pluginmanager.register(Progress(config, proofs))


@pytest.fixture(autouse=True, scope="session")
def no_readers_record_is_touched(tmp_path_factory):
    """Predictions and checks made by tests go to a folder of their own; results of notebooks in tests are not kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_HOME", str(tmp_path_factory.mktemp("record")))
        patch.setenv(VARIABLE, "none")
        yield


@pytest.fixture(autouse=True)
def results_of_the_courses_own_notebooks_are_kept(request, monkeypatch):
    """The tests that are the proof of a notebook use the store of whoever runs them."""
    if request.node.get_closest_marker("notebook"):
        monkeypatch.setenv(VARIABLE, USERS_STORE)


class TestsThatShare(LoadScopeScheduling):
    """xdist's `--dist loadscope`, in which only the tests that share what is prepared for them stay together."""

    def _split_scope(self, nodeid):
        return shared_by(self.config.rootpath, nodeid)


def shared_by(root, nodeid):
    """The name of what a test shares with others; its own where it shares nothing."""
    path, _, test = nodeid.partition("::")
    folder, module = path.rpartition("/")[::2]
    about = re.search(r"\[(\w+)", test)  # the first of its parameters: the case study, the exercise
    if folder == "tests/notebooks" and (notebook := re.search(r"\[(.+\.ipynb)\]", test)):
        from mlsd_lib.notebooks.runner import runs_alone

        return f"{folder}/alone" if runs_alone(root / notebook[1]) else nodeid
    if folder == "tests/case_studies" and module == "test_contract.py" and about:
        return f"{folder}/{about[1]}"
    if folder.startswith("tests/case_studies/"):
        return folder
    text = text_of(root / path)
    if WARMS in text and about:
        return f"{path}::{about[1]}"
    return path if PREPARES in text else nodeid


@functools.cache
def text_of(path):
    """The text of a module; the process that deals out imports none."""
    return path.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The scheduler for `--dist loadscope`; None leaves another choice as it is."""
    return TestsThatShare(config, log) if config.getvalue("dist") == "loadscope" else None
