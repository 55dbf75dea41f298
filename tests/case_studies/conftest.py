"""Every case study, and a run of each, trained once for all workers; a test that changes a run works on a copy."""

import functools
import importlib
import shutil
import sys
from pathlib import Path

import pytest

from case_studies.kit import Run
from mlsd_lib.serving import ServerProcess
from tests.prepared import once

MODULES = ("data", "features", "labels", "policy", "models", "train", "service", "monitor", "incident", "cli")


class CaseStudy:
    """A case by its name: its modules, and what its `hooks` say for the tests of all cases."""

    def __init__(self, name, factory):
        self.name, self.factory = name, factory
        root = Path(__file__).parents[2]
        self.notebook = root / "case_studies" / name / f"{name}.ipynb"
        self.hooks = importlib.import_module(f"tests.case_studies.{name}.hooks")

    def module(self, name):
        return importlib.import_module(f"case_studies.{self.name}.{name}")

    @functools.cached_property
    def trained(self):
        out = once(self.factory, f"trained-{self.name}", lambda folder: self.hooks.train(Run.new(folder)))
        return Run.latest(out)

    def copied(self, folder):
        """A copy of the trained run below `folder`."""
        return Run(shutil.copytree(self.trained.path, folder / "run"))

    def command(self, *words):
        return [sys.executable, "-m", f"case_studies.{self.name}", *map(str, words)]

    def served(self, run, *options):
        """The service of a run, as a process to be entered."""
        return ServerProcess(self.command("serve", "--run", run.path, "--port", "{port}", *options))


@pytest.fixture(scope="session")
def case_study(tmp_path_factory):
    """A case by its name, the same object for all tests."""
    return functools.cache(lambda name: CaseStudy(name, tmp_path_factory))


@pytest.fixture(scope="module")
def trained(request, case_study):
    """The trained run of the case in whose folder the test stands; not to be changed."""
    return case_study(request.path.parent.name).trained


@pytest.fixture
def run(request, case_study, tmp_path):
    """A copy of it."""
    return case_study(request.path.parent.name).copied(tmp_path)


def _of_hooks(name):
    @pytest.fixture(scope="module", name=name)
    def made(request, case_study):
        """What the function of this name in the hooks of the case in whose folder the test stands gives."""
        return getattr(case_study(request.path.parent.name).hooks, name)()

    return made


stream, stream_features, release_day = map(_of_hooks, ("stream", "stream_features", "release_day"))
fleet, fleet_features, rig = map(_of_hooks, ("fleet", "fleet_features", "rig"))
log, release, prepared = map(_of_hooks, ("log", "release", "prepared"))
