"""The small fleet that the tests of this case use."""

import pytest

from tests.case_studies.maintenance import hooks


@pytest.fixture(scope="session")
def fleet():
    return hooks.fleet()


@pytest.fixture(scope="session")
def fleet_features():
    return hooks.fleet_features()


@pytest.fixture(scope="session")
def rig():
    return hooks.rig()


@pytest.fixture(scope="session")
def release_day():
    return hooks.release_day()
