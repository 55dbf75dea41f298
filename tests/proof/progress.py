"""How far a run is: how much there is to do and how long that takes here, a bar, and seconds by folder at the end."""

import os
import sys
import time
from collections import Counter
from typing import Any

import pytest
from tqdm import tqdm

from tests.proof.plugin import Proofs

UNKNOWN_S = {"a notebook": 50.0, "another test": 1.1}
"""What takes how long that has not run here yet: means of a whole run by four workers on two cores."""
TELL_S = 60.0
COSTLIEST = 20
"""Tests that a run names at its end, for whoever wants it quicker."""
LEARNT_AFTER_S = 120.0
BUSY = 1.6
"""How many times as long a run takes where other work, or tests for which nothing is known, slow it down."""


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """Takes the place of pytest's dots: a bar on a terminal, elsewhere a line a minute; failures are named at once."""

    def __init__(self, config: pytest.Config, proofs: Proofs) -> None:
        self.config, self.proofs = config, proofs
        self.workers = int(config.getoption("numprocesses", None) or 1)
        self.total, self.done, self.failures = 0, 0, 0
        self.todo_s = self.whole_s = 0.0
        self.expected: dict[str, float] = {}
        self.started = self.told = time.monotonic()
        self.bar: Any = None

    def pytest_report_header(self) -> str:
        """What is left out, and from where."""
        folder = self.proofs.earlier_results.store.folder
        if not self.proofs.left_out:
            return f"store: {folder or 'none'}; nothing in it holds here, or --cold was given"
        count, spared = len(self.proofs.left_out), sum(self.proofs.left_out.values())
        return (
            f"store: {count:,} tests passed before and depend on nothing that changed; {clock(spared)} of work are not "
            f"done again (from {folder}; --cold does all)"
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The workers know what there is."""
        if not self.total:
            self._begin(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """So does this process, where it runs the tests itself."""
        if session.items:
            self._begin([item.nodeid for item in session.items])

    def _begin(self, ids: list[str]) -> None:
        self.total = len(ids)
        self.expected = {name: self.proofs.earlier.get(name, unknown_s(name)) for name in ids}
        self.todo_s = self.whole_s = sum(self.expected.values())
        unknown = sum(name not in self.proofs.earlier for name in ids)
        basis = f", {unknown:,} of them by a guess" if unknown else ""
        self._say(f"\n{self.total:,} tests, about {self._left()} here{basis}")
        self.started = self.told = time.monotonic()
        if sys.stderr.isatty():
            self.bar = tqdm(total=self.total, unit="test", dynamic_ncols=True, leave=False)

    def _left(self) -> str:
        """What is left: by what was expected, and by the pace so far, or that of a busy machine at the beginning."""
        plan_s = self.todo_s / min(self.workers, 2 * (os.cpu_count() or 1))
        done_share, spent_s = 1 - self.todo_s / (self.whole_s or 1.0), time.monotonic() - self.started
        learnt = spent_s >= LEARNT_AFTER_S and done_share > 0
        pace_s = spent_s * (1 - done_share) / done_share if learnt else BUSY * plan_s
        return f"{clock(min(plan_s, pace_s))} to {clock(max(plan_s, pace_s))}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """A test writes no letter, however it ends; the word is for summaries and `-v`."""
        if hasattr(report, "wasxfail") or (report.passed and report.when != "call"):
            return None
        category = "error" if report.failed and report.when != "call" else report.outcome
        return category, "", category.upper()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One step further when a test has ended."""
        if report.failed:
            self.failures += 1
            self._say(f"FAILED {report.nodeid} ({report.when})")
        if report.when != "teardown":
            return
        self.done += 1
        self.todo_s -= self.expected.get(report.nodeid, 0.0)
        if self.bar is not None:
            self.bar.set_postfix_str(f"{self.failures} failed, {self._left()} left", refresh=False)
            self.bar.update()
        elif time.monotonic() - self.told > TELL_S:
            self.told = time.monotonic()
            spent = clock(self.told - self.started)
            self._say(
                f"{spent}  {self.done:,} of {self.total:,} tests, {self.failures} failed, about {self._left()} left"
            )

    def _say(self, text: str) -> None:
        tqdm.write(text, file=sys.stdout)
        sys.stdout.flush()

    def pytest_sessionfinish(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Where the time went."""
        spent, cpu_s, count, kept = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
        for name, seconds in self.proofs.seconds.items():
            spent[folder_of(name)] += seconds
            cpu_s[folder_of(name)] += self.proofs.cpu_s[name]
            count[folder_of(name)] += 1
        for name in self.proofs.left_out:
            kept[folder_of(name)] += 1
        if not count:
            return
        terminalreporter.section("seconds by folder")
        terminalreporter.line(f"{'seconds':>9s} {'CPU s':>8s} {'tests run':>10s} {'from store':>11s}  folder")
        for folder in sorted(count | kept, key=lambda name: -spent[name]):
            figures = f"{spent[folder]:9.0f} {cpu_s[folder]:8.0f} {count[folder]:10,d} {kept[folder]:11,d}"
            terminalreporter.line(f"{figures}  {folder}")
        wall = time.monotonic() - self.started
        whole = f"{sum(spent.values()):9.0f} {sum(cpu_s.values()):8.0f} {count.total():10,d} {kept.total():11,d}"
        terminalreporter.line(f"{whole}  all, in {clock(wall)} by {self.workers} workers")
        terminalreporter.section("most CPU seconds")
        for name, seconds in sorted(self.proofs.cpu_s.items(), key=lambda test: -test[1])[:COSTLIEST]:
            terminalreporter.line(f"{seconds:9.0f}  {name}")


def unknown_s(test: str) -> float:
    """What a test that never ran here is expected to take."""
    return UNKNOWN_S["a notebook" if "::test_notebook_runs_to_its_end[" in test else "another test"]


def folder_of(test: str) -> str:
    """The folder that a test stands in, two levels below `tests` at most."""
    return "/".join(test.partition("::")[0].split("/")[:-1][:3])
