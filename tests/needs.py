"""What a test needs of this machine that the course does not install: a program, a level of the sandbox.

`@pytest.mark.needs("chromium")`, or `skip_without("chromium")` within a fixture, skips a test by name where that cannot
be had. The run goes on at the strongest level of the sandbox; where none works, each test that asks for one is skipped.
One line at the end says how many tests were left out for lack of what, and the command that brings it. With CI set in
the environment, or with `--tools`, a skip is a failure if `.ci/run` installs what is missing. A skip for the user or
the kernel is a plain one and is not counted here.
"""

import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.sandbox import Level, SandboxError, best_level, probe
from grader.sandbox.isolation import bubblewrap

ROOT = Path(__file__).parents[1]
PROPERTY, TOOLS = "needs", "the tools' environments"
LEFT_OUT = re.compile("the sandbox level [a-z]+ is not available here")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PROXY = ROOT / "deploy/jupyterhub/node_modules/.bin/configurable-http-proxy"
INSTALL_PROXY = "npm install --prefix deploy/jupyterhub --no-package-lock"
asked = []  # the errors of a sandbox that was asked for and cannot be had, since the last test


class Lack(NamedTuple):
    """Why something cannot be had here; packages of Debian that bring it, then a command; else how to get it."""

    why: str
    packages: tuple[str, ...] = ()
    command: str = ""


class Lacking(pytest.skip.Exception):
    """The test needs what cannot be had here."""

    def __init__(self, need, lack):
        super().__init__(f"no {need}: {lack.why}", _use_item_location=True)
        self.need = need


def program(*names):
    """The first of these programs that is on PATH; None if none is."""
    return next((path for name in names if (path := shutil.which(name))), None)


def _program(package, *names):
    return lambda: None if program(*names) else Lack(f"{names[0]} is not on PATH", (package,))


def _bubblewrap():
    return None if bubblewrap.program() else Lack("bubblewrap is not installed", ("bubblewrap",))


def _proxy():
    if PROXY.exists():
        return None
    return Lack("JupyterHub's proxy is not installed", () if program("npm") else ("npm",), INSTALL_PROXY)


def _level(level=None):
    def lack():
        try:
            best_level() if level is None else probe.require(level)
        except SandboxError as error:
            helps = level in (None, Level.NAMESPACES) and not os.environ.get(probe.CEILING) and _bubblewrap()
            return Lack(str(error).rpartition(" is not available here: ")[2], helps.packages if helps else ())
        return None

    return lack


NEEDS = {
    "chromium": _program("chromium", *CHROMIUM),
    "java": _program("default-jre-headless", "java"),
    "promtool": _program("prometheus", "promtool"),
    "the proxy of JupyterHub": _proxy,
    "bubblewrap": _bubblewrap,
    "sandbox": _level(),
    **{level.name.lower(): _level(level) for level in Level if level != Level.NONE},
    TOOLS: lambda: Lack("they are not made", command="make tools"),
}


def skip_without(*names):
    """Skip the test that runs if one of `names` cannot be had here; `NEEDS` holds the known ones."""
    for name in names:
        if name not in NEEDS:
            raise pytest.UsageError(f"a test needs {name!r}, which is not known. Known: {', '.join(NEEDS)}.")
        if lack := NEEDS[name]():
            raise Lacking(name, lack)


def pytest_configure(config):
    """Make the mark known, and note who asks for a level that cannot be had."""
    config.addinivalue_line("markers", "needs(name, ...): is left out where tests.needs says that it cannot be had")
    probe.require = _noting(probe.require)


def _noting(require):
    def noted(level):
        try:
            return require(level)
        except SandboxError as error:
            asked.append(error)
            raise

    return noted


def pytest_runtest_setup(item):
    """Skip a test that lacks what its marks name."""
    asked.clear()
    for mark in item.iter_markers("needs"):
        skip_without(*mark.args)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Note for the closing line what a skipped test lacks; a failure for want of any sandbox is such a skip, too."""
    report = yield
    if need := _lacked(item, call, report):
        lack, (path, line, _) = NEEDS[need](), item.reportinfo()
        report.outcome, why = "skipped", f"no {need}: {lack.why}"
        report.longrepr = (str(path), (line or 0) + 1, why)
        report.user_properties = [*report.user_properties, (PROPERTY, need)]
        if _is_demanded(item.config, lack):
            report.outcome, report.longrepr = "failed", f"with CI set nothing may be left out: {why}"
    return report


def _lacked(item, call, report):
    """The name of what the test that ended so lacks; None if it lacks nothing."""
    if report.skipped and call.excinfo and isinstance(call.excinfo.value, Lacking):
        return call.excinfo.value.need
    if report.skipped and item.get_closest_marker("tools"):
        return TOOLS
    for_want = report.failed and (asked or LEFT_OUT.search(_words(report)))
    return "sandbox" if for_want and NEEDS["sandbox"]() else None


def _words(report):
    return report.longreprtext + "".join(text for _, text in report.sections)


def _is_demanded(config, lack):
    return bool(lack and lack.packages and (os.environ.get("CI") or config.getoption("--tools", False)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """Close the run with what was left out."""
    yield
    reports = terminalreporter.stats.get("skipped", [])
    counts = Counter(value for report in reports for name, value in report.user_properties if name == PROPERTY)
    if counts:
        terminalreporter.write_line(closing_line(counts), yellow=True)


def closing_line(counts):
    """How many tests were left out for lack of what, and the one command that brings what can be brought."""
    lacks = {name: NEEDS[name]() or Lack("it was lacking") for name in sorted(counts)}
    told = [f"{counts[name]} for lack of {_named(name, lack)}" for name, lack in lacks.items()]
    packages = sorted({package for lack in lacks.values() for package in lack.packages})
    commands = [f"apt-get install {' '.join(packages)}"] if packages else []
    commands += dict.fromkeys(lack.command for lack in lacks.values() if lack.command)
    line = f"left out: {sum(counts.values())} tests: {', '.join(told)}."
    return f"{line} To run them too: {' && '.join(commands)}" if commands else line


def _named(need, lack):
    return need if lack.packages or lack.command else f"{need} ({lack.why.rstrip('.')})"
