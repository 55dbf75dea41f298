"""A failure on a machine that stood still says so, whatever else it says."""

import pytest

from tests.waiting import Machine

MACHINE = pytest.StashKey[Machine]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Note how the machine treats this process from the test's begin on."""
    item.stash[MACHINE] = Machine()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Add to a failure what the machine did meanwhile."""
    report = yield
    if report.failed and (told := item.stash[MACHINE].told()):
        report.sections.append(("the machine", told))
    return report
