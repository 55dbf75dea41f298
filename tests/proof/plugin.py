"""pytest's side: what was proven before is not run again, and what passes is kept.

Switched on by `--kept` (leave out what holds) and `--cold` (run all of it); both keep what passes. The process that
deals out the tests decides once what is left out; its workers do as it says, watch what tests touch, and report it.
"""

import os
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from notebook_runner.result_store import ResultStore
from tests.proof.earlier_results import ALWAYS_RUN, EarlierResults, Proof, environment
from tests.proof.tree import Tree
from tests.proof.watch import Watch
from tests.worker_scheduling import shared_by

LONG_S = 20.0


def add_options(parser: pytest.Parser) -> None:
    """Register the two options."""
    group = parser.getgroup("proofs", "results of earlier runs")
    group.addoption("--kept", action="store_true", help="do not run what passed before and depends on nothing changed")
    group.addoption("--cold", action="store_true", help="run everything, and keep what passes")


def wanted(config: pytest.Config) -> bool:
    """Whether results are kept in this run."""
    return bool(config.getoption("--kept") or config.getoption("--cold"))


class Proofs:
    """One for the process that deals out and one for each worker; without workers one is both."""

    def __init__(self, config: pytest.Config, root: Path, store: ResultStore) -> None:
        self.config, self.tree = config, Tree(root)
        self.is_worker = hasattr(config, "workerinput")
        self.runs_tests = self.is_worker or not config.getoption("numprocesses", None)
        self.watch = Watch(self.tree) if self.runs_tests else None
        self.collected: dict[str, list[str]] = {}
        self.at_import: dict[str, set[str]] = {}
        self.by_fixture: dict[object, set[str]] = {}
        self.touched: set[str] = set()
        self.told = False
        self.proofs: dict[str, Proof] = {}
        self.seconds: dict[str, float] = {}  # by test, of this run
        self.cpu_s: dict[str, float] = {}  # the same, of processors; a busy machine does not make them more
        self.began_s = 0.0
        self.failed: set[str] = set()
        self.left_out: dict[str, float] = {}
        self.earlier: dict[str, float] = {}
        self.whole: set[str] = set()
        self.long: dict[str, float] = {}
        if self.is_worker:
            taken, whole, self.long = config.workerinput["proofs"]  # type: ignore[attr-defined]
            self.left_out, self.whole = dict.fromkeys(taken, 0.0), set(whole)
        else:
            self.earlier_results = EarlierResults(self.tree, store, environment(root))
            self._decide()

    def _decide(self) -> None:
        self.earlier = self.earlier_results.times(self._is_cold)
        for name, module in self.earlier_results.modules().items():
            if self.config.getoption("--kept") and name not in ALWAYS_RUN:
                self.left_out |= module.passed
                self.whole |= {name} if module.complete else set()
        together = Counter[str]()
        for name, seconds in self.earlier.items():
            together[shared_by(self.tree.root, name)] += seconds
        self.long = {name: seconds for name, seconds in together.items() if seconds > LONG_S}

    # What is left out

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker what was decided."""
        node.workerinput["proofs"] = [list(self.left_out), list(self.whole), self.long]

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """A module of which everything holds is not even imported."""
        return True if self.whole and self._path(collection_path) in self.whole else None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        """Watch what modules read when they are imported."""
        if self.watch is None:
            return (yield)
        with self.watch.importing():
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the tests that hold, and begin with those that took long, so that no worker is left with one."""
        if not any("::" in str(argument) for argument in self.config.args):
            for item in items:
                self.collected.setdefault(item.nodeid.partition("::")[0], []).append(item.nodeid)
        items[:] = [item for item in items if item.nodeid not in self.left_out]
        items.sort(key=lambda item: -self.long.get(shared_by(self.tree.root, item.nodeid), 0.0))

    # What is watched

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        """What a fixture of several tests touches counts for each of them."""
        if self.watch is None or fixturedef.scope == "function":
            return (yield)
        with self.watch.into(self.by_fixture.setdefault(fixturedef, set())):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Watch one test."""
        if self.watch is None:
            return (yield)
        self.touched, self.began_s = set(), _cpu_s()
        with self.watch.into(self.touched):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
        """Send what a test touched with its last report.

        A notebook's proof is kept by the runner itself; a tool's environment is not among what is compared here.
        """
        report = yield
        if call.when == "teardown":
            report.cpu_s = _cpu_s() - self.began_s
        if call.when == "teardown" and not (item.get_closest_marker("notebook") or item.get_closest_marker("tools")):
            report.proof = sorted(self.touched.union(*self._by_fixtures_of(item)))
        if not self.told:  # with the first report: a run that is interrupted later keeps what passed
            at_import = self.watch.at_import if self.watch else {}
            report.proof_collection = [self.collected, {reader: sorted(read) for reader, read in at_import.items()}]
            self.told = True
        return report

    def _by_fixtures_of(self, item: pytest.Item) -> Iterable[set[str]]:
        found = getattr(item, "_fixtureinfo", None)
        definitions = found.name2fixturedefs.values() if found else ()
        return [self.by_fixture.get(definition, set()) for several in definitions for definition in several]

    # What is kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather how each test ended, and what it touched."""
        if self.is_worker:
            return
        if hasattr(report, "proof_collection"):
            self._take(*report.proof_collection)
        name = report.nodeid
        self.seconds[name] = self.seconds.get(name, 0.0) + report.duration
        self.cpu_s[name] = getattr(report, "cpu_s", 0.0)
        if not report.passed:
            self.failed.add(name)  # or skipped: neither is a proof
        elif hasattr(report, "proof") and name not in self.failed:
            self.proofs[name] = Proof(frozenset(report.proof), round(self.seconds[name], 2))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that cannot be imported fails with all of its tests."""
        if report.failed:
            self.failed.add(report.nodeid)

    def _take(self, collected: dict[str, list[str]], at_import: dict[str, Iterable[str]]) -> None:
        self.collected |= collected
        for reader, read in at_import.items():
            self.at_import.setdefault(reader, set()).update(read)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """A run of which everything holds is green."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.left_out:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_unconfigure(self) -> None:
        """Keep what passed, when every worker has ended."""
        if not self.is_worker:
            self.earlier_results.keep(self.proofs, self.collected, self.at_import, self.failed)
            passed = {name: took_s for name, took_s in self.seconds.items() if name not in self.failed}
            self.earlier_results.keep_times(self._is_cold, passed)
            self.earlier_results.store.trim()

    @property
    def _is_cold(self) -> bool:
        return bool(self.config.getoption("--cold"))

    def _path(self, path: Path) -> str:
        try:
            return path.relative_to(self.tree.root).as_posix()
        except ValueError:
            return ""


def _cpu_s() -> float:
    """CPU seconds of this process and of those children that ended."""
    return sum(os.times()[:4])
