"""What every test needs: the course's root on the path, no reader's record touched, no limit on an example's time."""

import gc
import multiprocessing
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from notebook_runner.result_store import VARIABLE, users_store

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for bootstrap.py, which belongs to no package, and for tests by their full names

from tests.proof import plugin  # noqa: E402
from tests.proof.progress import Progress  # noqa: E402
from tests.worker_scheduling import TestsThatShare  # noqa: E402

# Hypothesis fails an example that takes .2 s, or inputs that are slow to make: on a busy machine any may.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")
# What cannot be had here is left out, and said; a failure on a machine that stood still says so.
pytest_plugins = ["tests.needs", "tests.machine"]
USERS_STORE = os.environ.get(VARIABLE, "")


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


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Search no garbage while tests are collected, nor later among them: modules and tests stay until the run ends."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True, scope="session")
def no_readers_record_is_touched(tmp_path_factory):
    """Predictions and checks made by tests go to a folder of their own; results of notebooks in tests are not kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_HOME", str(tmp_path_factory.mktemp("record")))
        patch.setenv(VARIABLE, "none")
        yield


@pytest.fixture(autouse=True, scope="session")
def each_user_of_the_fork_server_finds_its_modules_loaded():
    """A process has one server to fork from, which loads what its first user names. A worker of tests has many users,
    banks and gradings: all but the first would import what they need in each of their processes."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import forkserver

    server = forkserver._forkserver

    def preload(modules):
        if server._forkserver_pid:
            if set(modules) <= set(server._preload_modules) or multiprocessing.active_children():
                return
            os.kill(server._forkserver_pid, signal.SIGKILL)
            server._stop()  # made for unit tests; alone it waits for whoever else knows the server
        server.set_forkserver_preload(list(modules))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forkserver, "set_forkserver_preload", preload)
        yield


@pytest.fixture(autouse=True)
def results_of_the_courses_own_notebooks_are_kept(request, monkeypatch):
    """The tests that are the proof of a notebook use the store of whoever runs them."""
    if request.node.get_closest_marker("notebook"):
        monkeypatch.setenv(VARIABLE, USERS_STORE)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The scheduler for `--dist loadscope`; None leaves another choice as it is."""
    return TestsThatShare(config, log) if config.getvalue("dist") == "loadscope" else None
