"""Loaded into the pytest of a round: keeps the tests that are to run, and notes each as soon as it has ended."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.repeated import reach
from tests.repeated.book import Book, Run

JOB = "MLSD_OFTEN"
"""Names the variable with the job of this round: `book`, `round`, `every` (test, not the chosen ones alone), `done`."""
LONGEST = 300
OF_EVERY_TEST = "tests.conftest"
"""The module whose fixtures every test has, so that they tell none from another."""


def pytest_configure(config: pytest.Config) -> None:
    """Take notes, in the process that all reports come to."""
    if JOB in os.environ and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Notes(json.loads(os.environ[JOB])))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what ended in this round already, and what no process or clock is part of."""
    job = json.loads(os.environ[JOB])
    done = set(job["done"])
    kept = [item for item in items if item.nodeid not in done and (job["every"] or reason(item))]
    left = set(items) - set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item in left])
    items[:] = kept


def reason(item: Any) -> str:
    """What a test and its fixtures come to, or for a notebook its own cells: what runs it has tests of its own."""
    if item.get_closest_marker("notebook"):
        return reach.reason(iter([reach.of_cells(_cells(item.callspec.params["notebook"]))]))
    return reach.reason(_started_from(item))


def _cells(path: Path) -> list[str]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _started_from(item: Any) -> Iterator[object]:
    """The test's function, its fixtures' but those that every test has, and what its parameters hold."""
    yield item.function
    for name in item.fixturenames:
        definitions = item._fixtureinfo.name2fixturedefs.get(name, ())
        yield from (definition.func for definition in definitions if definition.func.__module__ != OF_EVERY_TEST)
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    yield from reach.ours([(value, ()) for value in parameters.values()])


class Notes:
    """Puts the outcome of each test into the book when its last part was reported."""

    def __init__(self, job: dict[str, Any]):
        self.book, self.round = Book(Path(job["book"])), job["round"]
        self.seen: dict[str, Run] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test, before = report.nodeid, self.seen.get(report.nodeid)
        if before is None or (report.outcome != "passed" and before.outcome != "failed"):
            told = message(report) if report.failed else ""
            self.seen[test] = Run(self.round, test, report.outcome, told)
        if report.when not in ("setup", "call"):  # its end, or the death of the worker that it ran in
            self.book.add(self.seen.pop(test))


def message(report: pytest.TestReport) -> str:
    """The first line of a failure."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:LONGEST]
