"""What every test needs: the course's root on the path, no reader's record touched, no limit on an example's time.

And how the workers of `mlsd test` share the tests out: a module that prepares something for its tests goes to one
worker, which prepares it once; every other test goes to whichever worker is free.
"""

import functools
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for bootstrap.py, which belongs to no package
# Hypothesis fails an example that takes .2 s, or inputs that are slow to make: on a busy machine any may.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")
PREPARES = 'scope="module"'


@pytest.fixture(autouse=True, scope="session")
def no_readers_record_is_touched(tmp_path_factory):
    """Predictions and checks made by tests go to a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_HOME", str(tmp_path_factory.mktemp("record")))
        yield


class ModulesThatPrepare(LoadScopeScheduling):
    """xdist's `--dist loadscope`, in which only the tests of a module with a fixture of its own stay together."""

    def _split_scope(self, nodeid):
        path = nodeid.partition("::")[0]
        return path if prepares(self.config.rootpath / path) else nodeid


@functools.cache
def prepares(path):
    """Whether the text of a module has a fixture that its tests share; the process that deals out imports none."""
    return PREPARES in path.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The scheduler for `--dist loadscope`; None leaves another choice as it is."""
    return ModulesThatPrepare(config, log) if config.getvalue("dist") == "loadscope" else None
