"""pytest as the runner: each notebook is a test, longest first, with `--why` and `--force`.

Loaded by `-p mlsd_lib.notebooks.pytest_plugin` in pyproject.toml, because options must be known before any conftest of
a folder is read. A test asks for the fixture `check_notebook` and carries the mark `notebook`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mlsd_lib.notebooks.result import Result

PROPERTY = "mlsd_notebook"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options of the runner."""
    group = parser.getgroup("notebooks", "notebooks of the course")
    group.addoption("--why", action="store_true", help="say what made each notebook run")
    group.addoption("--force", action="store_true", help="run notebooks even if nothing changed since they passed")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "notebook: runs one notebook of the course (parameter: its path from the root)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the notebooks first, by CPU seconds of their last run, so that no long one starts last."""
    marked = {_path(item): item for item in items if item.get_closest_marker("notebook")}
    if not marked:
        return
    from mlsd_lib.notebooks.course import course_root
    from mlsd_lib.notebooks.runner import longest_first

    root = course_root(config.rootpath)
    ordered = [marked[path] for path in longest_first(root, marked)]
    items[:] = ordered + [item for item in items if item not in ordered]


def _path(item: pytest.Item) -> Path:
    return Path(item.callspec.params["notebook"])  # type: ignore[attr-defined]


@pytest.fixture
def check_notebook(request: pytest.FixtureRequest) -> Callable[[Path], Result]:
    """Runs the notebook at a path if it must, and fails the test with a report that is about the notebook alone."""
    from mlsd_lib.notebooks.course import course_root
    from mlsd_lib.notebooks.result import report
    from mlsd_lib.notebooks.runner import check

    def check_one(path: Path) -> Result:
        result = check(course_root(request.config.rootpath), path, force=request.config.getoption("--force"))
        request.node.user_properties.append((PROPERTY, json.dumps(result.to_json())))
        if not result.passed:
            pytest.fail(report(result), pytrace=False)
        return result

    return check_one


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """A line a notebook: what it used, whether it ran, and with `--why` what made it."""
    from mlsd_lib.notebooks.result import Result

    reports = [one for outcome in ("passed", "failed") for one in terminalreporter.stats.get(outcome, [])]
    found = [value for one in reports for name, value in getattr(one, "user_properties", []) if name == PROPERTY]
    if not found:
        return
    results = sorted((Result.from_json(json.loads(value)) for value in found), key=lambda result: -result.cpu_s)
    levels = ", ".join(sorted({result.offline for result in results if result.offline})) or "nothing ran"
    terminalreporter.section(f"notebooks (kept offline by: {levels})")
    for result in results:
        word = "unchanged" if result.cached else result.verdict
        terminalreporter.write_line(f"{word:9s} {result.cpu_s:7.1f} CPU s {result.peak_mb:7,.0f} MB  {result.notebook}")
        if config.getoption("--why"):
            for reason in result.why:
                terminalreporter.write_line(f"{'':9s} because {reason}")
