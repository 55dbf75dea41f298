"""pytest as the runner: each notebook is a test, with `--why`, `--force` and `--tools`.

Loaded by `-p notebook_runner.pytest_plugin` in pyproject.toml, because options must be known before any conftest of
a folder is read. A test asks for the fixture `check_notebook` and carries the mark `notebook`; one that calls a tool of
another environment carries the mark `tools` with the tool's name, and is skipped where that is missing; a notebook gets
that mark from its metadata, so that `-m tools` selects both. With `--tools` no such test may be skipped, and no section
left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from notebook_runner.result import Result

PROPERTY = "mlsd_notebook"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options of the runner."""
    group = parser.getgroup("notebooks", "notebooks of the course")
    group.addoption("--why", action="store_true", help="say what made each notebook run")
    group.addoption("--force", action="store_true", help="run notebooks even if nothing changed since they passed")
    group.addoption("--tools", action="store_true", help="leave out nothing that needs the tools of make tools")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known, and demand the tools where `--tools` does."""
    config.addinivalue_line("markers", "notebook: runs one notebook of the course (parameter: its path from the root)")
    config.addinivalue_line("markers", "tools(name): calls a tool of the environment that make tools makes")
    if config.getoption("--tools"):
        from notebook_runner.tools import DEMAND

        os.environ[DEMAND] = "demanded"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the notebooks by CPU seconds of their last run, longest first: those that run alone before all other tests.

    The others come at the end. In between they would wait for those that run alone, with a worker each, idle.
    """
    marked = {_path(item): item for item in items if item.get_closest_marker("notebook")}
    if not marked:
        return
    for item in marked.values():
        if names := _tools(item):
            item.add_marker(pytest.mark.tools(*names))
    from notebook_runner.course import course_root
    from notebook_runner.runner import longest_first, runs_alone

    root = course_root(config.rootpath)
    ordered = longest_first(root, marked)
    alone = [marked[path] for path in ordered if runs_alone(path)]
    beside = [marked[path] for path in ordered if not runs_alone(path)]
    notebooks = {*alone, *beside}
    items[:] = alone + [item for item in items if item not in notebooks] + beside


def _path(item: pytest.Item) -> Path:
    return Path(item.callspec.params["notebook"])  # type: ignore[attr-defined]


def _tools(item: pytest.Item) -> list[str]:
    """The tools that a test calls: those of its marks, or those that its notebook's metadata names."""
    named = [name for mark in item.iter_markers("tools") for name in mark.args]
    if not item.get_closest_marker("notebook"):
        return named
    from notebook_runner.course import NotebookError, course_root, read_notebook

    try:
        return [*named, *read_notebook(course_root(item.config.rootpath), _path(item)).tools]
    except NotebookError:  # its own test says what is wrong with it
        return named


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose tool is missing, naming the command that makes it; a notebook leaves out a section itself."""
    if item.get_closest_marker("notebook") or not any(item.iter_markers("tools")):
        return
    from notebook_runner.course import NotebookError, course_root
    from notebook_runner.tools import tool

    for name in _tools(item):
        try:
            tool(name, course_root(item.config.rootpath))
        except NotebookError as error:
            pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With `--tools`, a skip of what calls a tool is a failure."""
    report = yield
    if item.config.getoption("--tools") and report.skipped and item.get_closest_marker("tools"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"--tools permits no skip, and this test said: {reason}"
    return report


@pytest.fixture
def check_notebook(request: pytest.FixtureRequest) -> Callable[[Path], Result]:
    """Runs the notebook at a path if it must, and fails the test with a report that is about the notebook alone."""
    from notebook_runner.course import course_root
    from notebook_runner.result import report
    from notebook_runner.runner import check

    def check_one(path: Path) -> Result:
        result = check(course_root(request.config.rootpath), path, force=request.config.getoption("--force"))
        request.node.user_properties.append((PROPERTY, json.dumps(result.to_json())))
        if not result.passed:
            pytest.fail(report(result), pytrace=False)
        return result

    return check_one


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """A line a notebook: what it used, whether it ran, and with `--why` what made it."""
    from notebook_runner.result import Result

    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    found = [value for report in reports for name, value in getattr(report, "user_properties", []) if name == PROPERTY]
    if not found:
        return
    results = sorted((Result.from_json(json.loads(value)) for value in found), key=lambda result: -result.cpu_s)
    levels = ", ".join(sorted({result.offline for result in results if result.offline})) or "nothing ran"
    terminalreporter.section(f"notebooks (kept offline by: {levels})")
    for result in results:
        word = "unchanged" if result.cached else result.verdict
        terminalreporter.write_line(f"{word:9s} {result.cpu_s:7.1f} CPU s {result.peak_mb:7,.0f} MB  {result.notebook}")
        for remark in result.remarks():
            terminalreporter.write_line(f"{'':9s} {remark}")
        if config.getoption("--why"):
            for reason in result.why:
                terminalreporter.write_line(f"{'':9s} because {reason}")
